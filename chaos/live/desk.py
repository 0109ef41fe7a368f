"""A site and a panel beside its copier: enough to spend money, and quicker than a whole branch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chaos.history import Outcome
from chaos.live.panel import Copies
from chaos.live.waiting import until

if TYPE_CHECKING:
    from chaos.live.json_client import Answer
    from chaos.live.lab import Lab
    from chaos.live.nodes import SiteNode
    from chaos.live.panel import Panel

WITHIN_MS: Final = 40_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where somebody with a card copies pages."""

    site: SiteNode
    panel: Panel

    async def copy(self, card_number: str, pages: int = 1) -> Answer:
        """One visit that copies so many pages; the answer is that of the first refusal, if any."""
        logged_in = await self.panel.log_in(card_number)
        if logged_in.outcome is not Outcome.OK:
            return logged_in
        session_id = str(logged_in.field("session_id"))
        started = await self.panel.start_copies(session_id, Copies(pages=pages))
        if started.outcome is not Outcome.OK:
            return started
        finished = await self.panel.finish_copies(
            session_id, str(started.field("copy_uuid")), mono_pages=pages, colour_pages=0
        )
        await self.panel.log_out(session_id)
        return finished

    async def status(self) -> dict[str, Any]:
        """All that the site says of itself."""
        return await self.site.admin.status()

    async def until_status(self, name: str, value: object) -> None:
        """Wait until that part of its status is so."""

        async def is_so() -> bool:
            return bool((await self.status())[name] == value)

        await until(is_so, f"{name} of {self.site.name} to be {value!r}", within_ms=WITHIN_MS)

    async def until_merged(self) -> None:
        """Wait until its replica knows all that it did."""

        async def is_merged() -> bool:
            return await self.site.admin.unmerged_entries() == 0

        await until(is_merged, f"{self.site.name} to be merged", within_ms=WITHIN_MS)


async def desk_of(lab: Lab, site: SiteNode) -> Desk:
    """A desk of that site, once its replica knows the panel."""
    api, name = lab.primary.api, site.name
    token = await api.device_token(f"{name}-panel", name, f"{name}-laser")
    txid = await api.txid()
    await until(lambda: site.has_directory(txid), f"{name}'s directory", within_ms=WITHIN_MS)
    return Desk(site=site, panel=site.panel(token))
