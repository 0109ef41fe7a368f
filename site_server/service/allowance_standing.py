"""How a payer stands at this site, for the question whether to ask headquarters for more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failure_modes.allowance import GrantFacts, more_micros
from failure_modes.vocabulary import Micros
from replication.entry_bodies import MONEY_MAX
from replication.messages import AllowanceNeed
from site_server.service.allowance import allowance_of
from site_server.service.money import balance_of
from site_server.store.grants import NO_GRANT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from site_server.service.allowance import Allowance
    from site_server.service.money import Balance
    from site_server.store.directory import Directory
    from site_server.store.grants import Grant
    from site_server.store.site_store import SiteStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A payer's money and allowance, all of one moment, and what they usually spend here."""

    payer: str
    money: Balance
    grant: Grant
    allowance: Allowance
    usual_micros: Micros

    def is_lacking(self, amount_micros: Micros) -> bool:
        """Whether so much could not be spent here now."""
        return min(self.allowance.left_micros, self.money.effective_micros) < amount_micros

    def is_worth_asking(self, amount_micros: Micros) -> bool:
        """Whether headquarters would grant more, or could have it given back by others."""
        need = self.need(amount_micros)
        facts = GrantFacts(
            balance_micros=self.money.replica_micros,
            granted_here_micros=self.grant.here_micros,
            granted_everywhere_micros=self.grant.everywhere_micros,
            want_micros=Micros(need.want_micros),
            usual_micros=Micros(need.usual_micros),
        )
        others_have_some = self.grant.everywhere_micros > self.grant.here_micros
        return more_micros(facts) > 0 or (self.is_lacking(amount_micros) and others_have_some)

    def need(self, amount_micros: Micros) -> AllowanceNeed:
        """How high the grant must stand for so much to be left."""
        want_micros = self.allowance.gone_micros + amount_micros
        return AllowanceNeed(
            payer=self.payer,
            want_micros=min(max(want_micros, 0), MONEY_MAX),
            usual_micros=min(max(self.usual_micros, 0), MONEY_MAX),
        )


def standings(
    directory: Directory, store: SiteStore, payers: Sequence[str], usual_since_ms: int
) -> list[Standing]:
    """How these payers stand now; nobody stands anywhere on a site without a replica."""
    with directory.read() as snapshot:
        if snapshot is None:
            return []
        grants, watermarks = snapshot.grants(payers), snapshot.watermarks()
        balances = {payer: snapshot.balance_micros(payer) for payer in payers}
    found = []
    with store.read() as site:
        for payer in payers:
            money = balance_of(site, payer, balances[payer], watermarks)
            grant = grants.get(payer, NO_GRANT)
            standing = Standing(
                payer=payer,
                money=money,
                grant=grant,
                allowance=allowance_of(site, payer, money.used_micros, grant, watermarks),
                usual_micros=site.spent_micros(payer, usual_since_ms),
            )
            found.append(standing)
    return found
