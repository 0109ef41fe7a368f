"""Whom a certificate names, and whom it does not."""

import pytest

from replication.peer import JoinPeer, SitePeer, peer_of


def cert(*names: tuple[str, str], serial: str = "0A1B") -> dict[str, object]:
    return {"subjectAltName": names, "serialNumber": serial}


def test_a_site_is_known_with_its_epoch() -> None:
    names = (("URI", "holdfast://site/oslo-2/12"), ("DNS", "localhost"))
    assert peer_of(cert(*names)) == SitePeer(site_name="oslo-2", epoch=12)


def test_a_token_is_known_by_its_serial_without_leading_zeros() -> None:
    peer = peer_of(cert(("URI", "holdfast://join/oslo")))
    assert peer == JoinPeer(site_name="oslo", serial="a1b")


@pytest.mark.parametrize(
    "uri",
    [
        "holdfast://site/oslo/0",
        "holdfast://site/oslo/01",
        "holdfast://site/oslo/1/",
        "holdfast://site/Oslo/1",
        "holdfast://site//1",
        "holdfast://site/oslo",
        "holdfast://join/",
        "holdfast://join/oslo/1",
        "https://site/oslo/1",
        "holdfast://site/oslo/1\nholdfast://site/lima/1",
    ],
)
def test_anything_else_is_nobody(uri: str) -> None:
    assert peer_of(cert(("URI", uri))) is None


def test_two_names_of_ours_a_dns_name_or_nothing_at_all_are_nobody() -> None:
    both = (("URI", "holdfast://site/oslo/1"), ("URI", "holdfast://site/lima/1"))
    assert peer_of(cert(*both)) is None
    assert peer_of(cert(("DNS", "holdfast://site/oslo/1"))) is None
    assert peer_of({}) is None
    assert peer_of(None) is None
