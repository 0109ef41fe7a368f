"""Where the link's application keeps its services, and a request whom it comes from."""

from typing import Final

from aiohttp import web

from primary.http.said_last import SaidLast
from primary.service.admission import Admission
from primary.service.enrol import Enrol
from primary.service.link_session import LinkGround
from primary.service.links import Links
from replication.adapters.ltx_store import LtxStore
from replication.peer import JoinPeer, SitePeer

GROUND: Final = web.AppKey("ground", LinkGround)
STORE: Final = web.AppKey("store", LtxStore)
ENROL: Final = web.AppKey("enrol", Enrol)
LINKS: Final = web.AppKey("links", Links)
ADMISSION: Final = web.AppKey("admission", Admission)
SAID_LAST: Final = web.AppKey("said_last", SaidLast)
SILENCE: Final = web.AppKey("silence_ms", int)
SITE: Final = web.RequestKey("site", SitePeer)
UNTIL_MS: Final = web.RequestKey("until_ms", int)
"""When the certificate ends by which it came in."""
JOIN: Final = web.RequestKey("join", JoinPeer)
