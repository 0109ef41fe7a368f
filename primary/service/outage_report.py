"""If this site's WAN were cut now: who could still print where, who could not, and why.

The report puts two standard jobs to the same `decide` that the site asks, for everybody at every
printer of the site, at the beginning of an outage and again at each moment at which its rules
change: escalation steps, the warning, the end (`outage_moments.py`).

Money is at risk where a balance can be spent twice, here and at another site that hears nothing of
it: under `replica_balance` all of it, under `offline_ceiling` up to the ceiling, under `strict`
nothing, and under `allow_overdraft` there is no bound. Users without a limit are not counted.

Headquarters does not know a branch's clock. So opening hours are not counted in: the report says
at which printers they hold, and counts as if it were open.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from failure_modes.facts import AccountView, UserView
from failure_modes.policy import Policy, resolve
from failure_modes.vocabulary import CreditPolicy, Layer, Micros, WallMs
from primary.names import MICROS_MAX
from primary.service import outage_answers
from primary.service.outage_answers import (
    ANYBODY,
    JOBS,
    PLAIN_JOB,
    SPECIAL_JOBS,
    Answers,
    Asker,
    Ruled,
    ask,
)
from primary.service.outage_findings import (
    JobReport,
    LaterReport,
    OutageReport,
    PrinterReport,
    SpecialReport,
)
from primary.service.outage_moments import hours_text, turns
from primary.store.outage_rows import accounts_named, credit_micros, people, printers_at
from primary.store.policies import StoredPolicy, all_policies

NO_LIMIT: Final = MICROS_MAX
FIRST_JOB: Final = next(iter(JOBS))
RICH: Final = UserView(
    user_name=ANYBODY, enabled=True, restricted=False, balance_micros=Micros(NO_LIMIT)
)
"""Is refused nothing for want of money: what is left are the rules about accounts."""


class _Reporter:
    """Reports about one site, moment by moment."""

    def __init__(self, connection: Connection, site_name: str, ruled: Sequence[Ruled]) -> None:
        self._connection = connection
        self.ruled = ruled
        bounds, lists = outage_answers.costs(ruled), outage_answers.group_lists(ruled)
        groups = frozenset(name for names in lists for name in names)
        found = people(connection, site_name, groups, bounds[-1])
        self._rich = replace(RICH, groups=groups)
        self._accounts: dict[str, Mapping[str, AccountView]] = {}
        self.alike = outage_answers.alike(found, bounds, lists)
        self._asker = Asker(self.alike)
        self._credit: dict[int, int] = {}

    def could_print(self, after_ms: int) -> int:
        """How many could print at least the first standard job somewhere."""
        answers = [self._asker.answers(each, after_ms) for each in self.ruled]
        return sum(
            count
            for who, count in self.alike.items()
            if any(answer[FIRST_JOB, who] is None for answer in answers)
        )

    def printer(self, ruled: Ruled, after_ms: int) -> PrinterReport:
        """One printer so long after the cut."""
        policy = ruled.policy.after(after_ms)
        answers = self._asker.answers(ruled, after_ms)
        return PrinterReport(
            printer_name=ruled.printer.printer_name,
            policy_version=policy.version,
            credit=policy.credit,
            jobs=tuple(self._job(job, answers) for job in JOBS),
            opening_hours=hours_text(policy.opening_hours),
            special=tuple(self._special(ruled, after_ms)),
        )

    def printers(self, after_ms: int) -> tuple[PrinterReport, ...]:
        """Every printer so long after the cut."""
        return tuple(self.printer(each, after_ms) for each in self.ruled)

    def at_risk(self, after_ms: int) -> int | None:
        """The most that could be spent twice, at the printer whose rules are the laxest."""
        bound_micros = 0
        for each in self.ruled:
            policy = each.policy.after(after_ms)
            match policy.credit:
                case CreditPolicy.ALLOW_OVERDRAFT:
                    return None
                case CreditPolicy.REPLICA_BALANCE:
                    bound_micros = NO_LIMIT
                case CreditPolicy.OFFLINE_CEILING:
                    bound_micros = max(bound_micros, policy.offline_ceiling_micros)
                case CreditPolicy.STRICT:
                    pass
        if bound_micros not in self._credit:
            self._credit[bound_micros] = credit_micros(self._connection, bound_micros)
        return self._credit[bound_micros]

    def _job(self, job: str, answers: Answers) -> JobReport:
        counted: Counter[str | None] = Counter()
        for who, count in self.alike.items():
            counted[answers[job, who]] += count
        could_print = counted.pop(None, 0)
        refused = {str(reason): count for reason, count in counted.most_common()}
        return JobReport(job=job, could_print=could_print, refused=refused)

    def _special(self, ruled: Ruled, after_ms: int) -> Iterable[SpecialReport]:
        """What becomes of special jobs, where that is not what becomes of a plain one."""
        policy = ruled.policy.after(after_ms)
        name = policy.offline_account_name
        if name not in self._accounts:
            self._accounts[name] = accounts_named(self._connection, [name])
        asked = {
            job: ask(ruled, facts, self._rich, after_ms=after_ms, accounts=self._accounts[name])
            for job, facts in {"": PLAIN_JOB, **SPECIAL_JOBS}.items()
        }
        plain = asked.pop("")
        for job, decision in asked.items():
            if decision is None or plain is None:
                continue
            if SPECIAL_JOBS[job].choose_account and not policy.ask_for_account:
                continue
            own = [reason for reason in decision.reasons if reason not in plain.reasons]
            if own:
                yield SpecialReport(job=job, action=decision.action, reason=own[-1])


def outage_report(
    connection: Connection, site_name: str, currency: str, wall_ms: WallMs
) -> OutageReport:
    """The report about this site, which exists, with the prices in force at that time."""
    stored = all_policies(connection)
    reporter = _Reporter(
        connection,
        site_name,
        [
            Ruled(printer=each, policy=_policy(stored, site_name, each.printer_name))
            for each in printers_at(connection, site_name, wall_ms)
        ],
    )
    return OutageReport(
        site_name=site_name,
        currency=currency,
        users=reporter.alike.total(),
        could_print=reporter.could_print(0),
        at_risk_micros=reporter.at_risk(0),
        printers=reporter.printers(0),
        later=tuple(_later(reporter, currency)),
    )


def _later(reporter: _Reporter, currency: str) -> Iterable[LaterReport]:
    changes: dict[int, dict[str, list[str]]] = {}
    for each in reporter.ruled:
        for turn in turns(each.policy, currency):
            at_once = changes.setdefault(turn.after_ms, {})
            for change in turn.changes:
                at_once.setdefault(change, []).append(each.printer.printer_name)
    for after_ms, at_once in sorted(changes.items()):
        yield LaterReport(
            after_ms=after_ms,
            changes={change: tuple(where) for change, where in at_once.items()},
            could_print=reporter.could_print(after_ms),
            at_risk_micros=reporter.at_risk(after_ms),
            printers=reporter.printers(after_ms),
        )


def _policy(stored: Iterable[StoredPolicy], site_name: str, printer_name: str) -> Policy:
    scopes = {Layer.GLOBAL: "", Layer.SITE: site_name, Layer.PRINTER: printer_name}
    return resolve(
        {
            each.layer: {**each.rules, "version": each.version}
            for each in stored
            if scopes.get(each.layer) == each.scope
        }
    )
