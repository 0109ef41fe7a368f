"""Who calls over the link, by the certificate alone: one purpose for each, and none without."""

from __future__ import annotations

import pytest

from primary.service.who_calls import (
    HAS_EXPIRED,
    IS_FOR_OTHERS,
    JOIN_PATH,
    JoinerCalls,
    SiteCalls,
    who_calls,
)
from replication.peer import JoinPeer, SitePeer
from replication.renewal import RENEW_PATH

BEGIN_MS, END_MS = 1_767_225_600_000, 1_769_904_000_000
NOW_MS = BEGIN_MS + 1
LINK = "/v1/link"


def cert(uri: str) -> dict[str, object]:
    return {
        "subjectAltName": (("URI", uri),),
        "serialNumber": "0A",
        "notBefore": "Jan  1 00:00:00 2026 GMT",
        "notAfter": "Feb  1 00:00:00 2026 GMT",
    }


OSLO = cert("holdfast://site/oslo/2")
JOINING = cert("holdfast://join/oslo")


def test_a_site_may_do_everything_but_join() -> None:
    peer = SitePeer(site_name="oslo", epoch=2)
    assert who_calls(OSLO, LINK, NOW_MS) == SiteCalls(peer=peer, until_ms=END_MS)
    assert who_calls(OSLO, JOIN_PATH, NOW_MS) is IS_FOR_OTHERS


def test_the_holder_of_a_token_may_join_and_nothing_else() -> None:
    peer = JoinPeer(site_name="oslo", serial="a")
    assert who_calls(JOINING, JOIN_PATH, NOW_MS) == JoinerCalls(peer=peer)
    assert who_calls(JOINING, LINK, NOW_MS) is IS_FOR_OTHERS
    assert who_calls(JOINING, RENEW_PATH, NOW_MS) is IS_FOR_OTHERS


@pytest.mark.parametrize("now_ms", [BEGIN_MS - 1, END_MS + 1])
def test_out_of_its_time_a_certificate_renews_itself_and_nothing_else(now_ms: int) -> None:
    assert who_calls(OSLO, LINK, now_ms) is HAS_EXPIRED
    assert who_calls(JOINING, JOIN_PATH, now_ms) is HAS_EXPIRED
    assert isinstance(who_calls(OSLO, RENEW_PATH, now_ms), SiteCalls)


@pytest.mark.parametrize("path", [LINK, JOIN_PATH, RENEW_PATH])
def test_without_a_certificate_nobody_may_do_anything(path: str) -> None:
    assert who_calls(None, path, NOW_MS) in {HAS_EXPIRED, IS_FOR_OTHERS}
