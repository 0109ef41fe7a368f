"""The addresses that answers carry."""

from __future__ import annotations

import pytest

from site_server.ipp.uris import Uris


def test_a_queue_is_shown_where_it_was_asked_for_and_then_at_the_other_door() -> None:
    uris = Uris(authority="oslo.example:8631", other_port=8632)

    assert [each.queue("a b") for each in uris.all] == [
        "ipp://oslo.example:8631/printers/a%20b",
        "ipps://oslo.example:8632/printers/a%20b",
    ]
    assert [each.security for each in uris.all] == ["none", "tls"]
    assert [each.takes_basic for each in uris.all] == [False, True]


def test_from_this_machine_a_password_may_come_without_tls() -> None:
    uris = Uris(authority="[::1]:8632", is_secure=True, other_port=8631, is_loopback=True)

    assert uris.all[1].queue("q") == "ipp://[::1]:8631/printers/q"
    assert [each.takes_basic for each in uris.all] == [True, True]


@pytest.mark.parametrize("authority", ["oslo", "10.0.0.1", "[fe80::1]"])
def test_an_address_without_a_port_gets_that_of_the_other_door(authority: str) -> None:
    assert Uris(authority=authority, other_port=1).all[1].authority == f"{authority}:1"


def test_where_there_is_one_door_there_is_one_address() -> None:
    uris = Uris(authority="oslo:8631")

    assert uris.all == (uris,)
