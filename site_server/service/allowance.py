"""A payer's allowance at this site, part by part, and what a decision says of the need for it.

The sum is the one of the balance (`site_server.service.view`), from the same snapshot and the same
transaction, so all that is said there of exactness holds here. `failure_modes.allowance` has the
theory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from failure_modes.vocabulary import Action, Micros, Reason
from replication.entry_bodies import account_payer, user_payer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from failure_modes.decision import Decision
    from site_server.store.grants import Grant
    from site_server.store.unit_of_work import SiteView


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What this site alone may spend of a payer's balance."""

    granted_micros: Micros
    """The grant, as the replica has it."""
    returned_micros: Micros
    """What was given back of it and the replica does not know yet."""
    used_micros: Micros
    """What was spent and set aside of it, likewise."""

    @property
    def left_micros(self) -> Micros:
        """What is neither spent nor set aside; below 0 where more was spent than was granted."""
        return Micros(self.granted_micros - self.returned_micros - self.used_micros)

    @property
    def gone_micros(self) -> Micros:
        """By how much the replica's grant is higher than what is left."""
        return Micros(self.granted_micros - self.left_micros)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A payer is at hand here; this much more is to be charged to them, as far as is known."""

    payer: str
    amount_micros: Micros


def allowance_of(
    site: SiteView,
    payer: str,
    used_micros: Micros,
    grant: Grant,
    watermarks: Mapping[tuple[str, int], int],
) -> Allowance:
    """The payer's allowance; all but `site` must be of one snapshot that was read before it."""
    return Allowance(
        granted_micros=grant.here_micros,
        returned_micros=site.returned_micros(payer, watermarks),
        used_micros=used_micros,
    )


def needs_of(
    decision: Decision, user_name: str | None, account_names: Iterable[str]
) -> Iterator[Need]:
    """Who is at hand by this decision, and what they lack: a held job, or a refused one.

    `user_name` is None for a user whose own spending nothing limits; `account_names` are the
    accounts that the question may touch.
    """
    is_lacking = decision.action is Action.HOLD or Reason.ALLOWANCE_SPENT in decision.reasons
    amount = decision.cost_micros if is_lacking else Micros(0)
    if Reason.ACCOUNT_CHARGED in decision.reasons:
        for account_name in account_names:
            yield Need(payer=account_payer(account_name), amount_micros=amount)
        amount = Micros(0)
    if user_name is not None:
        yield Need(payer=user_payer(user_name), amount_micros=amount)
