"""Who calls over the link, by the certificate that TLS verified, and what that is good for.

TLS has looked at chain, signature and key, not at time (ADR 21). So the first question for every
path, the WebSocket too, is whether the certificate is good now, by the clock of headquarters. A
join certificate may do one thing, that of a site everything else, and one that has ended may renew
itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from replication.adapters.tls import validity_of
from replication.peer import JoinPeer, SitePeer, peer_of
from replication.renewal import EXPIRED, RENEW_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping

JOIN_PATH: Final = "/v1/join"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCalls:
    """A site of ours. `until_ms`: when its certificate ends."""

    peer: SitePeer
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinerCalls:
    """Whoever holds a join token."""

    peer: JoinPeer


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyCalls:
    """Nobody who may do this: `code` for programs, `detail` for people."""

    code: str
    detail: str


HAS_EXPIRED: Final = NobodyCalls(
    code=EXPIRED,
    detail="This certificate has expired, or its time has not come. A site renews its own by "
    "itself; an expired join token needs a new one: holdfast-primary token.",
)
IS_FOR_OTHERS: Final = NobodyCalls(
    code="wrong_certificate",
    detail="This certificate is not good for this. A join token is good for joining only, and "
    "only a site that has joined may come in here.",
)


def who_calls(
    cert: Mapping[str, object] | None, path: str, now_ms: int
) -> SiteCalls | JoinerCalls | NobodyCalls:
    """Who asks for `path` with that verified certificate (`ssl.SSLSocket.getpeercert`)."""
    peer, validity = peer_of(cert), validity_of(cert)
    if path != RENEW_PATH and not validity.covers(now_ms):
        return HAS_EXPIRED
    if path == JOIN_PATH and isinstance(peer, JoinPeer):
        return JoinerCalls(peer=peer)
    if path != JOIN_PATH and isinstance(peer, SitePeer):
        return SiteCalls(peer=peer, until_ms=validity.until_ms)
    return IS_FOR_OTHERS
