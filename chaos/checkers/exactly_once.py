"""Promise 2: every (site, epoch, seq) takes effect exactly once, in order.

"In order" is the hash chain without a hole from 1 to the watermark. "Once" also holds a level above
the numbers: a job is charged once, a copy session is charged once, a request at headquarters is
booked once.

One of these is weaker: what was not at its end when a site's disk was copied or put back may end in
both of its pasts, and is booked in each (`chaos.checkers.disasters`).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from chaos.checkers.disasters import CALM, Disasters
from chaos.checkers.entries import bodies, journals
from chaos.checkers.verdict import Verdict, verdict
from replication.entry_bodies import (
    BalanceAdjusted,
    CardUsed,
    CopyFinished,
    JobPrinted,
    JobPrintedLate,
)
from replication.journal import Entry, JournalHead, follows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaos.final_state import FinalState, JournalKey, SiteFound, Watermark

CHECKER: Final = "exactly_once"


def exactly_once(state: FinalState, disasters: Disasters = CALM) -> Verdict:
    """Invalid where the ledger has a hole, a repetition, another past, or a fact booked twice."""
    ledger = journals(state.primary.entries)
    marks = {mark.key: mark for mark in state.primary.watermarks}
    findings: list[str] = []
    for key in sorted({*ledger, *marks}):
        findings.extend(_broken_chain(key, ledger.get(key, []), marks.get(key)))
    for site in state.sites:
        findings.extend(_differs_from_ledger(site, ledger))
    findings.extend(_booked_twice(state, disasters))
    entries = len(state.primary.entries)
    return verdict(2, CHECKER, findings, judged=entries, measured=f"{entries} entries in order")


def _broken_chain(key: JournalKey, entries: list[Entry], mark: Watermark | None) -> Iterator[str]:
    name = f"{key[0]}, epoch {key[1]}"
    head = JournalHead(site_name=key[0], epoch=key[1])
    for entry in entries:
        if not follows(entry, head):
            yield f"{name}: entry {entry.seq} does not follow entry {head.seq}"
            return
        head = entry.head
    if mark is None:
        yield f"{name}: {head.seq} entries in the ledger and no watermark"
    elif (mark.seq, mark.entry_hash) != (head.seq, head.entry_hash):
        yield f"{name}: the watermark is at {mark.seq}, the ledger at {head.seq}"


def _differs_from_ledger(site: SiteFound, ledger: dict[JournalKey, list[Entry]]) -> Iterator[str]:
    for key, own in journals(site.entries).items():
        received = {entry.seq: entry.entry_hash for entry in ledger.get(key, [])}
        for place, entry in enumerate(own, start=1):
            if entry.seq != own[0].seq + place - 1:
                yield f"{site.site_name}: its journal has a hole or a repetition at {entry.seq}"
                break
            if received.get(entry.seq, entry.entry_hash) != entry.entry_hash:
                yield f"{site.site_name}: entry {entry.seq} is another one in the ledger"


def _booked_twice(state: FinalState, disasters: Disasters) -> Iterator[str]:
    entries = state.primary.entries
    booked = Counter(
        [
            *(f"job {body.job_uuid}" for body in bodies(entries, JobPrinted)),
            *(f"job {body.job_uuid}" for body in bodies(entries, JobPrintedLate)),
            *(f"copy session {body.copy_uuid}" for body in bodies(entries, CopyFinished)),
            *(f"card use {body.use_uuid}" for body in bodies(entries, CardUsed)),
            *(
                f"adjustment {body.request_id}"
                for body in bodies(entries, BalanceAdjusted)
                if body.request_id
            ),
        ]
    )
    open_ones = disasters.open_when_parted(entries)
    for fact, times in booked.items():
        if times > 1 and fact.rpartition(" ")[2] not in open_ones:
            yield f"{fact} was booked {times} times"
