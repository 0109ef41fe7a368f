"""The books of the day: opening + credits - debits = balances, per site and in all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.checkers.entries import beyond, every_entry, money_moved
from chaos.final_state import FinalState, PrimaryFound, SiteFound
from chaos.live.nodes import PRIMARY
from chaos.live.observe import directory_balances
from replication.entry_bodies import user_payer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos.final_state import Opening
    from chaos.live.lab import Lab
    from chaos.live.nodes import SiteNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one node's entries did to money."""

    node: str
    entries: int
    credits_micros: int
    debits_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """All of them; `closing_micros` is what the directory has, `ledger_micros` what it sums to."""

    opening_micros: int
    lines: tuple[Line, ...]
    closing_micros: int
    ledger_micros: int

    @property
    def expected_micros(self) -> int:
        """Opening, and everything since."""
        moved = sum(line.credits_micros - line.debits_micros for line in self.lines)
        return self.opening_micros + moved

    @property
    def are_right(self) -> bool:
        """Whether all three agree to the micro."""
        return self.expected_micros == self.closing_micros == self.ledger_micros


def books_of(state: FinalState) -> Books:
    """Added up from the bodies of all entries."""
    since = list(beyond(every_entry(state), state.opening.watermarks))
    nodes = [*sorted(site.site_name for site in state.sites), PRIMARY]
    return Books(
        opening_micros=sum(state.opening.balances.values()),
        lines=tuple(
            _line(node, [entry for entry in since if entry.site_name == node]) for node in nodes
        ),
        closing_micros=sum(state.primary.balances.values()),
        ledger_micros=sum(state.primary.ledger_balances.values()),
    )


def _line(node: str, entries: Sequence[object]) -> Line:
    moved = [money_moved([entry]).total() for entry in entries]  # type: ignore[list-item]
    return Line(
        node=node,
        entries=len(entries),
        credits_micros=sum(each for each in moved if each > 0),
        debits_micros=-sum(each for each in moved if each < 0),
    )


async def observe_company(
    lab: Lab, opening: Opening, came: Mapping[str, Sequence[str]]
) -> FinalState:
    """Every node as it is now. A site is asked for the balances of those who `came` to it."""
    api = lab.primary.api
    sites = [await _site(site, came.get(site.name, ())) for site in lab.sites.values()]
    names = {PRIMARY, *lab.sites}
    entries = [entry for entry in await api.entries() if entry.site_name in names]
    return FinalState(
        opening=opening,
        primary=PrimaryFound(
            balances=await directory_balances(api),
            ledger_balances=await api.ledger_balances(),
            entries=tuple(entries),
            watermarks=await api.watermarks(),
        ),
        sites=tuple(sites),
        documents=await asyncio.to_thread(lab.documents),
    )


async def _site(site: SiteNode, user_names: Sequence[str]) -> SiteFound:
    return SiteFound(
        site_name=site.name,
        balances={user_payer(name): await site.admin.balance(name) for name in user_names},
        entries=await site.admin.journal(),
        jobs=await site.admin.jobs(),
    )
