"""How much the primary's link carries, and how much it may: put together from who knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from primary.ports import Check
from primary.service.admission import Admission, Bounds, Load, Why, sentence
from replication.adapters.narrow_door import Doorway

if TYPE_CHECKING:
    from collections.abc import Callable

    from primary.config import LinkConfig
    from primary.service.links import Links
    from primary.service.publish import Publisher
    from replication.ports import Clock


class LinkLoad:
    """The bounds of one primary's link, and what stands at them."""

    def __init__(
        self, config: LinkConfig, clock: Clock, publisher: Publisher, known: Callable[[], int]
    ) -> None:
        """`known`: how many sites headquarters has."""
        self._known = known
        bounds = Bounds(sites_max=config.sites_max, downloads_max=config.downloads_max)
        self.admission = Admission(clock=clock, bounds=bounds)
        self.doorway = Doorway(
            setups_max=config.handshakes_max, on_stale=self.admission.waited_too_long
        )
        self._publisher = publisher
        self.links: Links | None = None

    def load(self) -> Load:
        """What is under way now, and what was refused since the start."""
        return self.admission.load(
            connected=0 if self.links is None else self.links.count,
            handshakes=self.doorway.under_way,
            fell_behind=self._publisher.fell_behind,
        )

    def check(self) -> Check:
        """For `GET /health`: not well while sites are sent away for good, until told otherwise."""
        load = self.load()
        return Check(is_ok=Why.SITES not in load.busy, detail=sentence(load, self._known()))
