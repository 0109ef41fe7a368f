"""The uses of cards as a device tells them. Each is read alone: a bad one spoils no good one."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from failure_modes.pricing import PageCount
from failure_modes.vocabulary import Sides, WallMs
from replication.entry_bodies import Uuid  # noqa: TC001 - pydantic reads the fields
from site_server.http.bodies import Body
from site_server.service.charge_cards import ToldUse

USES_MAX: Final = 50
"""Uses in one upload: about 30 ms of the server's time, and well within the bound of a body."""

Impressions = Annotated[int, Field(ge=0, le=100_000)]


class CardUsesBody(Body):
    """What a device did while nobody answered it."""

    uses: Annotated[list[object], Field(min_length=1, max_length=USES_MAX)]


class CardUseBody(Body):
    """One use. `use_uuid` is made once, at random, and stays the same in every repetition."""

    use_uuid: Uuid
    card_number: Annotated[str, Field(min_length=1, max_length=128)]
    used_wall_ms: Annotated[int, Field(ge=0, le=10**15)]
    mono_pages: Impressions
    colour_pages: Impressions = 0
    sides: Sides = Sides.ONE_SIDED
    paper_size: Annotated[str, Field(max_length=255)] = ""

    def told(self, card_hash: str) -> ToldUse:
        """The use without the card's number."""
        return ToldUse(
            use_uuid=self.use_uuid,
            card_hash=card_hash,
            used_wall_ms=WallMs(self.used_wall_ms),
            pages=PageCount(mono=self.mono_pages, colour=self.colour_pages),
            sides=self.sides,
            paper_size=self.paper_size,
        )
