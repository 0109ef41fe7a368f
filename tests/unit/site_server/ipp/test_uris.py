"""The addresses that answers carry."""

from __future__ import annotations

import pytest

from site_server.ipp.uris import Uris


@pytest.mark.parametrize(
    ("is_secure", "uri", "security"),
    [
        (False, "ipp://oslo.example:8631/printers/a%20b", "none"),
        (True, "ipps://oslo.example:8631/printers/a%20b", "tls"),
    ],
)
def test_a_queue_is_shown_where_it_was_asked_for(is_secure: bool, uri: str, security: str) -> None:
    uris = Uris(authority="oslo.example:8631", is_secure=is_secure)

    assert (uris.queue("a b"), uris.security) == (uri, security)


@pytest.mark.parametrize(
    ("is_secure", "is_loopback", "takes_basic"),
    [(False, False, False), (True, False, True), (False, True, True), (True, True, True)],
)
def test_a_password_may_come_over_tls_or_from_this_machine(
    is_secure: bool, is_loopback: bool, takes_basic: bool
) -> None:
    uris = Uris(authority="oslo", is_secure=is_secure, is_loopback=is_loopback)

    assert uris.takes_basic is takes_basic
