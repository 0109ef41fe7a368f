"""Looks at every node of a lab, and into every printer's tray, and writes down what is there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from chaos.errors import NotReadyError
from chaos.final_state import FinalState, Opening, PrimaryFound, SiteFound
from chaos.live.nodes import PRIMARY
from chaos.live.waiting import until
from failure_modes.link import UP
from replication.entry_bodies import account_payer, user_payer

if TYPE_CHECKING:
    from chaos.live.admin_api import AdminApi
    from chaos.live.lab import Lab
    from chaos.live.nodes import SiteNode
    from replication.ports import Micros

SETTLE_TIMEOUT_MS: Final = 40_000
OPEN_STATES: Final = frozenset({"accepted", "releasing"})
"""States of a job in which its site still has something to do."""


async def observe_opening(api: AdminApi) -> Opening:
    """The primary before the first operation of a scenario."""
    return Opening(balances=await directory_balances(api), watermarks=await api.watermarks())


async def directory_balances(api: AdminApi) -> dict[str, Micros]:
    """The balance of everybody and of every shared account in the directory, by payer."""
    users = {user_payer(name): micros for name, micros in (await api.balances()).items()}
    accounts = await api.account_balances()
    return users | {account_payer(name): micros for name, micros in accounts.items()}


async def until_settled(lab: Lab, *, within_ms: int = SETTLE_TIMEOUT_MS) -> None:
    """Wait until every site has a link, is drained, caught up, and has no job on its way.

    Not until it calls itself online: after several falls in a row that takes minutes, on purpose.
    """
    for site in lab.sites.values():
        try:
            await until(
                lambda site=site: _settled(site),  # type: ignore[misc]
                f"{site.name} to be drained and caught up",
                within_ms=within_ms,
                every_ms=100,
            )
        except NotReadyError as error:
            raise NotReadyError(f"{error} It says: {await site.admin.status()}") from error


async def _settled(site: SiteNode) -> bool:
    status = await site.admin.status()
    jobs = await site.admin.jobs()
    return (
        status["link_state"] in UP
        and status["watermark_seq"] == status["journal_seq"]
        and status["position"] == status["head_txid"]
        and not any(job.state in OPEN_STATES for job in jobs)
    )


async def observe(lab: Lab, opening: Opening) -> FinalState:
    """Everything that a checker needs, as it is now."""
    api = lab.primary.api
    balances = await directory_balances(api)
    sites = [await _site(site, tuple(await api.balances())) for site in lab.sites.values()]
    names = {PRIMARY, *lab.sites}
    ledger = [entry for entry in await api.entries() if entry.site_name in names]
    return FinalState(
        opening=opening,
        primary=PrimaryFound(
            balances=balances,
            ledger_balances=await api.ledger_balances(),
            entries=tuple(ledger),
            watermarks=await api.watermarks(),
        ),
        sites=tuple(sites),
        documents=await asyncio.to_thread(lab.documents),
    )


async def _site(site: SiteNode, user_names: tuple[str, ...]) -> SiteFound:
    return SiteFound(
        site_name=site.name,
        balances={user_payer(name): await site.admin.balance(name) for name in user_names},
        entries=await site.admin.journal(),
        jobs=await site.admin.jobs(),
    )
