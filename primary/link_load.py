"""How much the primary's link carries, and how much it may: put together from who knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from primary.http.link import make_link_app
from primary.http.link_keys import LINKS
from primary.ports import Check
from primary.service.admission import Admission, Bounds, Load, Why, sentence
from primary.service.links import Links
from replication.adapters.narrow_door import Doorway

if TYPE_CHECKING:
    from aiohttp import web

    from primary.config import LinkConfig
    from primary.service.enrol import Enrol
    from primary.service.link_session import LinkGround
    from replication.adapters.ltx_store import LtxStore


class LinkLoad:
    """The bounds of one primary's link, and what stands at them."""

    def __init__(self, config: LinkConfig, ground: LinkGround) -> None:
        self._ground = ground
        bounds = Bounds(sites_max=config.sites_max, downloads_max=config.downloads_max)
        self.admission = Admission(clock=ground.clock, bounds=bounds)
        self.doorway = Doorway(
            setups_max=config.handshakes_max, on_stale=self.admission.waited_too_long
        )
        self._links = Links()

    def make_app(self, store: LtxStore, enrol: Enrol) -> web.Application:
        """The link's application, within these bounds."""
        app = make_link_app(ground=self._ground, store=store, enrol=enrol, admission=self.admission)
        self._links = app[LINKS]
        return app

    def load(self) -> Load:
        """What is under way now, and what was refused since the start."""
        return self.admission.load(
            connected=self._links.count,
            handshakes=self.doorway.under_way,
            fell_behind=self._ground.publisher.fell_behind,
        )

    def check(self) -> Check:
        """For `GET /health`: not well while sites are sent away for good, until told otherwise."""
        load = self.load()
        return Check(
            is_ok=Why.SITES not in load.busy,
            detail=sentence(load, self._ground.directory.sites_count()),
        )
