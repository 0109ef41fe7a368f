"""What this site knows of one question, and its own answer to it.

Theory of operation
-------------------
The effective balance is `replica balance + own entries beyond the replica's watermark - own open
reservations`. Balance and watermark come from one snapshot of the replica, which is read first;
entries and reservations come from one transaction of `site.db`, which is read after it. An entry
that is in neither cannot exist: what the site wrote after the snapshot is beyond its watermark. An
entry that is in both is not counted twice: what the snapshot contains is not beyond its watermark.

A decision that spends is made inside the writer's transaction, of which there is one at a time. Two
releases of one user are therefore decided one after the other, and the second sees the first's
reservation: the same credit can never be spent twice.

The allowance that `strict` spends is the same sum over a grant (`site_server.service.allowance`).
It is looked up only where a step of the policy is strict.

The rejected alternative, deciding first and writing then, needs a lock around both to be exact.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from failure_modes.decide import decide
from failure_modes.facts import AccountView, FunctionFacts, UserView, View
from failure_modes.gates import outage_ms
from failure_modes.session_pin import pinned_state
from failure_modes.vocabulary import Action, Micros, Reason, WallMs
from replication.entry_bodies import account_payer, user_payer
from site_server.refusals import refusal_for, refusal_of
from site_server.service.allowance import Need, allowance_of, needs_of
from site_server.service.charged_to import THE_USER, Charge
from site_server.service.known import Known, known_at
from site_server.service.local_time import minute_of_week
from site_server.service.money import Balance, balance_of
from site_server.service.record_drill import Asked
from site_server.store.grants import NO_GRANT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import tzinfo

    from failure_modes.decision import Decision
    from failure_modes.facts import Facts
    from failure_modes.policy import Policy
    from failure_modes.vocabulary import Function, LinkState
    from replication.ports import Clock
    from site_server.ports import Link
    from site_server.service.allowance import Allowance
    from site_server.service.record_drill import RecordDrill
    from site_server.store.accounts import Account
    from site_server.store.directory import Directory
    from site_server.store.sessions import PanelSession
    from site_server.store.site_store import SiteStore
    from site_server.store.unit_of_work import SiteView


class Decider:
    """Asks the replica, then decides with what the site itself knows."""

    def __init__(
        self,
        directory: Directory,
        link: Link,
        clock: Clock,
        drill: RecordDrill,
        zone: tzinfo | None = None,
    ) -> None:
        self._directory = directory
        self._link = link
        self._clock = clock
        self.true_wall_ms: Callable[[], WallMs] = clock.wall_ms
        """By which prices are in force and doors are open; see `true_time`."""
        self._drill = drill
        self._zone = zone
        self.decisions = Counter[Action]()
        """How many were made since this process began, by their action."""
        self.on_need: Callable[[Need], None] = _nobody_asks
        """Who is told, from any thread, that a payer of `strict` is at hand, and what they lack."""

    def known(self, user_name: str, printer_name: str, charge: Charge = THE_USER) -> Known:
        """What headquarters said; raises `RefusedError` where that is not enough to decide."""
        with self._directory.read() as snapshot:
            if snapshot is None:
                raise refusal_for(Reason.NO_REPLICA)
            return known_at(snapshot, user_name, printer_name, charge, self.true_wall_ms())

    def known_of_all(
        self, user_names: Collection[str], printer_name: str, charge: Charge
    ) -> dict[str, Known]:
        """The same for several users at once; `charge` must ask for no account."""
        with self._directory.read() as snapshot:
            if snapshot is None:
                raise refusal_for(Reason.NO_REPLICA)
            nobody = known_at(snapshot, "", printer_name, charge, self.true_wall_ms())
            granted = nobody.granted
            if granted is not None:
                granted = snapshot.grants([user_payer(name) for name in user_names])
            return {
                name: replace(
                    nobody,
                    person=snapshot.person(name),
                    replica_micros=snapshot.balance_micros(user_payer(name)),
                    granted=granted,
                )
                for name in user_names
            }

    def _in_own_time(self, moment_ms: WallMs | None) -> WallMs | None:
        """A moment of headquarters' by this site's clock, by which the decision measures."""
        if moment_ms is None:
            return None
        return WallMs(moment_ms + self._clock.wall_ms() - self.true_wall_ms())

    def balance(self, site: SiteStore, payer: str) -> Balance:
        """The payer's money now, part by part; only own entries where there is no replica."""
        with self._directory.read() as snapshot:
            replica_micros = snapshot.balance_micros(payer) if snapshot else Micros(0)
            watermarks = snapshot.watermarks() if snapshot else {}
        with site.read() as view:
            return balance_of(view, payer, replica_micros, watermarks)

    def allowance(self, site: SiteStore, payer: str) -> Allowance:
        """The payer's allowance now, part by part."""
        with self._directory.read() as snapshot:
            replica_micros = snapshot.balance_micros(payer) if snapshot else Micros(0)
            watermarks = snapshot.watermarks() if snapshot else {}
            grants = snapshot.grants((payer,)) if snapshot else {}
        with site.read() as view:
            money = balance_of(view, payer, replica_micros, watermarks)
            grant = grants.get(payer, NO_GRANT)
            return allowance_of(view, payer, money.used_micros, grant, watermarks)

    def view(self, site: SiteView, known: Known) -> View:
        """Everything that a decision looks at; `site` must have been opened after `known`."""
        return View(
            user=_user(site, known),
            printer=known.printer_view,
            accounts={
                name: _account(site, known, account) for name, account in known.accounts.items()
            },
            offline_since_ms=self._link.offline_since_ms,
            replica_ms=self._in_own_time(known.replica_ms),
            local_minute=minute_of_week(self.true_wall_ms(), self._zone),
        )

    def policy_now(self, policy: Policy) -> Policy:
        """The rules of this moment: an outage may have replaced some."""
        lasted_ms = outage_ms(self._link.state, self._link.offline_since_ms, self._clock.wall_ms())
        return policy if lasted_ms is None else policy.after(lasted_ms)

    def expect(self, known: Known, amount_micros: int) -> None:
        """Say that so much may be charged to the user in a moment, all their jobs together."""
        user_name = known.limited_user
        if known.granted is not None and user_name is not None:
            self.on_need(Need(payer=user_payer(user_name), amount_micros=Micros(amount_micros)))

    def link_of(self, session: PanelSession) -> LinkState:
        """By the rules of which state that session is decided: for a while those of its login.

        Where a clock was set back nobody knows how old a session is, so the present state counts.
        """
        now, age_ms = self._link.state, self._clock.wall_ms() - session.opened_wall_ms
        if session.link_state is None or age_ms < 0:
            return now
        return pinned_state(session.link_state, now, age_ms)

    def foresee(
        self, view: View, known: Known, facts: Facts, link: LinkState | None = None
    ) -> Decision:
        """What `decide` would answer, for whoever only looks; `link` None is the present state."""
        return decide(facts, view, link or self._link.state, known.policy, self._clock.wall_ms())

    def decide(
        self, view: View, known: Known, facts: Facts, link: LinkState | None = None
    ) -> Decision:
        """The decision; inside one unit of work nothing comes between it and its effect.

        `link` is the state of a session (`link_of`); None is the present one. A drill counts it.
        """
        link, now_ms = link or self._link.state, self._clock.wall_ms()
        decision = decide(facts, view, link, known.policy, now_ms)
        self.decisions[decision.action] += 1
        if known.granted is not None:
            for need in needs_of(decision, known.limited_user, known.limited_accounts):
                self.on_need(need)
        if self._drill.is_on:
            asked = Asked(
                facts=facts,
                view=view,
                policy=known.policy,
                link=link,
                now_ms=now_ms,
                user_name=known.person.user_name if known.person else "",
            )
            self._drill.note(asked, decision)
        return decision

    def permit(
        self, view: View, known: Known, function: Function, session: PanelSession
    ) -> Decision:
        """The decision that lets whoever is logged in have it; raises `RefusedError` if none does.

        For the rows of the functions matrix that let no paper out; every other one has a question
        of its own. Nothing of it is reserved or charged, so a drill does not count it.
        """
        facts = FunctionFacts(function=function)
        decision = self.foresee(view, known, facts, self.link_of(session))
        if not decision.allowed:
            raise refusal_of(decision, known.currency)
        return decision


def _user(site: SiteView, known: Known) -> UserView | None:
    person = known.person
    if person is None:
        return None
    payer = user_payer(person.user_name)
    money = balance_of(site, payer, known.replica_micros, known.watermarks)
    return UserView(
        user_name=person.user_name,
        enabled=person.enabled,
        restricted=person.restricted,
        balance_micros=money.effective_micros,
        groups=person.groups,
        allowance_micros=_usable_micros(site, payer, money, known),
        offline_spent_micros=money.spent_micros,
    )


def _account(site: SiteView, known: Known, account: Account) -> AccountView:
    payer = account_payer(account.account_name)
    money = balance_of(site, payer, account.balance_micros, known.watermarks)
    return AccountView(
        account_name=account.account_name,
        balance_micros=money.effective_micros,
        enabled=account.enabled,
        restricted=account.restricted,
        open_to_user=account.open_to_user,
        allowance_micros=_usable_micros(site, payer, money, known),
        offline_spent_micros=money.spent_micros,
    )


def _usable_micros(site: SiteView, payer: str, money: Balance, known: Known) -> Micros:
    """What `strict` may spend; nothing is looked up where no step of the policy is strict.

    Never more than the balance as it is known here: a debit by headquarters may have gone past the
    grants.
    """
    if known.granted is None:
        return Micros(0)
    grant = known.granted.get(payer, NO_GRANT)
    allowance = allowance_of(site, payer, money.used_micros, grant, known.watermarks)
    return min(allowance.left_micros, money.effective_micros)


def _nobody_asks(_need: Need) -> None:
    """Nobody keeps allowances."""
