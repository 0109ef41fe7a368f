"""What an outage report finds, and how that is said in words."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from failure_modes.catalogue import CATALOGUE, money_text
from failure_modes.vocabulary import Action, CreditPolicy, Reason
from primary.service.outage_answers import NO_PRICE
from primary.service.outage_moments import duration_text

NAMED_MAX: Final = 5
"""Printers that are named one by one; of more, the number is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReport:
    """One standard job at one printer: how many could print it, and why the others not."""

    job: str
    could_print: int
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialReport:
    """What becomes of a job about whose user or account somebody should have been asked."""

    job: str
    action: Action
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterReport:
    """One printer at one moment. `opening_hours` are local to the site; empty: always open."""

    printer_name: str
    policy_version: int
    credit: CreditPolicy
    jobs: tuple[JobReport, ...]
    opening_hours: str
    special: tuple[SpecialReport, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterReport:
    """A moment of the outage at which rules change: at which printers which, and what comes of it.

    `could_print` and `at_risk_micros` are meant as in `OutageReport`.
    """

    after_ms: int
    changes: Mapping[str, tuple[str, ...]]
    """What changes in words, and at which printers."""
    could_print: int
    at_risk_micros: int | None
    printers: tuple[PrinterReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageReport:
    """One site during the outage. `at_risk_micros` is None where nothing bounds it."""

    site_name: str
    currency: str
    users: int
    could_print: int
    """Users who could print at least the first standard job on at least one printer."""
    at_risk_micros: int | None
    printers: tuple[PrinterReport, ...]
    later: tuple[LaterReport, ...] = ()

    def lines(self) -> list[str]:
        """The report in words."""
        return list(_lines(self))


def _lines(report: OutageReport) -> Iterator[str]:
    """The report in words: the cut itself, then whatever changes later."""
    who = f"{report.could_print} of {report.users} users could print"
    yield f"If the WAN of {report.site_name} were cut now, {who}."
    yield f"Money at risk: {_at_risk(report.at_risk_micros, report.currency)}"
    for each in report.printers:
        yield f"{each.printer_name}: credit {each.credit}, policy {each.policy_version}"
        yield from _jobs(each)
    yield from _hours(report)
    yield from _special(report)
    printers, at_risk_micros = report.printers, report.at_risk_micros
    for later in report.later:
        yield f"After {duration_text(later.after_ms)}: {later.could_print} users could print."
        yield from _changes(later, len(report.printers))
        if later.at_risk_micros != at_risk_micros:
            yield f"  Money at risk: {_at_risk(later.at_risk_micros, report.currency)}"
        for before, after in zip(printers, later.printers, strict=True):
            if after.jobs != before.jobs:
                yield f"  {after.printer_name}:"
                yield from (f"  {line}" for line in _jobs(after))
        printers, at_risk_micros = later.printers, later.at_risk_micros


def _jobs(printer: PrinterReport) -> Iterator[str]:
    for job in printer.jobs:
        yield f"  {job.job}: {job.could_print} could print"
        for reason, count in job.refused.items():
            yield f"    {count} refused, {reason}: {_title(reason)}"


def _hours(report: OutageReport) -> Iterator[str]:
    by_hours: dict[str, list[str]] = {}
    for each in report.printers:
        if each.opening_hours:
            by_hours.setdefault(each.opening_hours, []).append(each.printer_name)
    for hours, names in by_hours.items():
        yield f"Printing is limited at {_where(names, len(report.printers))}, the site's own time,"
        yield f"  to {hours}. It was counted as if it were open."


def _special(report: OutageReport) -> Iterator[str]:
    by_answer: dict[str, list[str]] = {}
    for each in report.printers:
        for special in each.special:
            answer = f"{special.job}: {special.action}, {_title(special.reason)}"
            by_answer.setdefault(answer, []).append(each.printer_name)
    for answer, names in by_answer.items():
        yield f"At {_where(names, len(report.printers))}, {answer}"


def _changes(later: LaterReport, printers: int) -> Iterable[str]:
    return (f"  {_where(names, printers)}: {what}" for what, names in later.changes.items())


def _where(names: Collection[str], printers: int) -> str:
    """At which printers, in few words."""
    if len(names) == printers:
        return "all printers" if printers > 1 else "its printer"
    return ", ".join(names) if len(names) <= NAMED_MAX else f"{len(names)} of {printers} printers"


def _at_risk(at_risk_micros: int | None, currency: str) -> str:
    if at_risk_micros is None:
        return "without bound, for debts are allowed"
    return f"at most {money_text(at_risk_micros, currency)}"


def _title(reason: str) -> str:
    return "The printer has no price" if reason == NO_PRICE else CATALOGUE[Reason(reason)].title
