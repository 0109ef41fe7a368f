"""Who is at the other end of a connection, by the certificate that our CA signed for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_SITE: Final = re.compile(r"holdfast://site/([a-z0-9][a-z0-9-]{0,62})/([1-9][0-9]{0,9})")
_JOIN: Final = re.compile(r"holdfast://join/([a-z0-9][a-z0-9-]{0,62})")


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePeer:
    """A site that joined, in the epoch that it joined with."""

    site_name: str
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinPeer:
    """Whoever holds the join token of this site. `serial` is the token's, lower-case hex."""

    site_name: str
    serial: str


Peer = SitePeer | JoinPeer


def peer_of(cert: Mapping[str, object] | None) -> Peer | None:
    """Whom a verified certificate (`ssl.SSLSocket.getpeercert`) names; None: nobody of ours."""
    if not cert:
        return None
    names = cert.get("subjectAltName", ())
    uris = [value for kind, value in names if kind == "URI"] if isinstance(names, tuple) else []
    if len(uris) != 1:
        return None
    if found := _SITE.fullmatch(uris[0]):
        return SitePeer(site_name=found[1], epoch=int(found[2]))
    if found := _JOIN.fullmatch(uris[0]):
        serial = f"{int(str(cert.get('serialNumber', '0')), 16):x}"
        return JoinPeer(site_name=found[1], serial=serial)
    return None
