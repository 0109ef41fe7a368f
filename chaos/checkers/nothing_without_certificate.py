"""Promise 10: without a valid certificate nothing is read and nothing is written.

The history says of every call at headquarters' door for sites with which papers it was made, and
what the administrator did: who was admitted with which epoch, who was revoked. From that alone it
is judged here which papers were good when they were shown:

* none, or those of another authority: never;
* a join token's: for joining, and nothing else;
* a site's: from its admission until its end, by headquarters' clock, and only as long as the site
  is not revoked and was not admitted with a newer epoch. After its end they still renew themselves
  (ADR 21), which reads nothing and writes nothing.

What was under way when a revocation was answered may still come to its end; what is asked later may
not. Nothing more is said over a connection that stood.

One promise is weaker: a headquarters that was restored has forgotten revocations and admissions
since the backup (docs/operations/restore.md). What it had forgotten is not held against it until
the administrator has said it again. What came before the backup is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chaos.checkers.verdict import Verdict, verdict
from chaos.history import Event, Fault, FaultKind, Gauge, Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chaos.history import History

CHECKER: Final = "nothing_without_certificate"
SITE: Final = "site"
JOIN: Final = "join"
JOINS_AT: Final = "/v1/join"
RENEWS_AT: Final = "/v1/renew"
RENEWABLE_MS: Final = 180 * 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the administrator did last about a site, as far as headquarters can know it."""

    at_ms: int
    operation: Operation
    epoch: int = 0


def nothing_without_certificate(history: History) -> Verdict:
    """Invalid where anything was read or written with papers that were not good for it."""
    rulings = _rulings(history)
    findings: list[str] = []
    refused = 0
    events = list(history.events(Operation.CALL, Operation.LINK))
    for event in events:
        refused += event.outcome is Outcome.REFUSED
        findings.extend(_wrong(event, rulings.get(event.text("site_name"), [])))
    findings.extend(_written_by_revoked(history))
    return verdict(
        10,
        CHECKER,
        findings,
        judged=len(events),
        measured=f"{len(events)} calls, {refused} of them refused",
    )


def _rulings(history: History) -> dict[str, list[Ruling]]:
    """By site, in order; what a restore has made forgotten is taken out at that moment."""
    found: dict[str, list[Ruling]] = {}
    for record in history.records:
        if isinstance(record, Fault) and record.kind is FaultKind.RESTORED:
            as_of_ms = int(record.what.split()[0])
            for rulings in found.values():
                known = [each for each in rulings if each.at_ms <= as_of_ms]
                forgotten = known[-1] if known else Ruling(at_ms=0, operation=Operation.ADMIT)
                if rulings and rulings[-1].at_ms > as_of_ms:
                    rulings.append(
                        Ruling(
                            at_ms=record.monotonic_ms,
                            operation=forgotten.operation,
                            epoch=forgotten.epoch,
                        )
                    )
        elif isinstance(record, Event) and record.operation in {Operation.REVOKE, Operation.ADMIT}:
            found.setdefault(record.text("site_name"), []).append(
                Ruling(
                    at_ms=record.monotonic_ms,
                    operation=record.operation,
                    epoch=record.number("epoch"),
                )
            )
    return found


def _wrong(event: Event, rulings: Sequence[Ruling]) -> Iterator[str]:
    against = _against(event, rulings, event.monotonic_ms)
    if event.operation is Operation.CALL and event.facts.get("is_read") and against:
        yield f"{_named(event)} read {event.text('path')} at {event.monotonic_ms} ms: {against}"
    last_ms = event.number("last_word_ms")
    if event.operation is Operation.LINK and last_ms:
        later = against or _against(event, rulings, last_ms)
        if later:
            yield f"{_named(event)} was told something at {last_ms} ms: {later}"


def _against(event: Event, rulings: Sequence[Ruling], at_ms: int) -> str:
    """Why these papers were not good at that moment; '' where they were."""
    kind, path = event.text("papers"), event.text("path")
    if kind == JOIN:
        return "" if path == JOINS_AT else "a join token is good for joining only"
    if kind != SITE or path == JOINS_AT:
        return "these are no papers of a site of ours"
    wall_ms = event.wall_ms + (at_ms - event.monotonic_ms)
    renewable_ms = RENEWABLE_MS if path == RENEWS_AT else 0
    if wall_ms > event.number("until_wall_ms") + renewable_ms:
        return "its certificate had ended"
    before = [each for each in rulings if each.at_ms < at_ms]
    if before and before[-1].operation is Operation.REVOKE:
        return "the site was revoked"
    newest = max((each.epoch for each in before), default=0)
    if before and before[-1].epoch > event.number("epoch"):
        return f"the site had epoch {newest} by then"
    return ""


def _named(event: Event) -> str:
    site = f" of {event.text('site_name')}, epoch {event.number('epoch')}"
    return f"{event.text('papers')}{site if event.text('site_name') else ''}"


def _written_by_revoked(history: History) -> Iterator[str]:
    restored_ms = 0
    for record in history.records:
        if isinstance(record, Fault):
            is_restored = record.kind is FaultKind.RESTORED
            restored_ms = record.monotonic_ms if is_restored else restored_ms
            continue
        if isinstance(record, Gauge):
            continue
        event = record
        before, after = event.number("before"), event.number("after")
        is_so = event.operation is Operation.SHUT_OUT and restored_ms < event.number("since_ms")
        if is_so and after > before >= 0:
            yield (
                f"{event.text('site_name')} handed in {after - before} entries while it was revoked"
            )
