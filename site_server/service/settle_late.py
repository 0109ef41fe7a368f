"""Charges what was printed while nobody answered, once somebody does.

Theory of operation
-------------------
What was printed waits in the offline log of this node. When somebody answers again, the node asks
about the user, decides `LateFacts` by the rules of that moment, and in one transaction journals the
charge and takes the record out of the log. From there the charge is an entry like any other: the
primary applies each (site, epoch, seq) once. A crash before that transaction leaves a record that
is settled later; a crash after it leaves an entry that is sent later. There is no third case, so a
job is charged exactly once, whatever is killed when.

Until then the cost that was estimated is set aside, so that the same credit is not spent again on
this node.

Rejected: to journal the raw record at once and let the primary make the bill. This node would not
know the charge before it came back in an answer, the offline log could not be bounded apart from
the journal, and the ledger would need a second way in which money moves.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from failure_modes.facts import LateFacts
from failure_modes.vocabulary import Micros, Reason
from replication.entry_bodies import JobPrintedLate, user_payer
from site_server.errors import RefusedError
from site_server.service.charged_to import charge_again, charged_payer
from site_server.service.release_job import facts_of

if TYPE_CHECKING:
    from failure_modes.decision import Decision
    from failure_modes.facts import PrinterView
    from failure_modes.vocabulary import WallMs
    from site_server.service.ground import Ground
    from site_server.service.hearsay import Hearsay
    from site_server.service.known import Known
    from site_server.service.view import Decider
    from site_server.store.directory import Directory
    from site_server.store.jobs import Job
    from site_server.store.unit_of_work import SiteView, UnitOfWork

SETTLED_PER_TICK_MAX: Final = 500
"""Records in one go: a few seconds of questions, then the other work of a tick has its turn."""

_log: Final = logging.getLogger(__name__)


def price_at(directory: Directory, known: Known, printed_ms: WallMs) -> PrinterView:
    """The printer with the price in force when the job was printed.

    Call it while what was told is in place.
    """
    with directory.read() as snapshot:
        then = snapshot.view_of(known.printer, printed_ms) if snapshot else None
    return then or known.printer_view


class SettleLate:
    """Empties the offline log."""

    def __init__(self, ground: Ground, hearsay: Hearsay, decider: Decider) -> None:
        self._store = ground.store
        self._directory = ground.directory
        self._hearsay = hearsay
        self._decider = decider

    async def once(self) -> int:
        """Settle what waits, oldest first, as long as somebody answers; how many jobs that were."""
        with self._store.read() as site:
            waiting = site.offline_log.oldest_printed(SETTLED_PER_TICK_MAX)
            jobs = [(site.jobs.get(job_uuid), printed_ms) for job_uuid, printed_ms in waiting]
        settled = 0
        for job, printed_ms in jobs:
            if job is not None and not await self._settle(job, printed_ms):
                break
            settled += 1
        if settled:
            _log.info("%d jobs settled that were printed while nobody answered", settled)
        return settled

    async def _settle(self, job: Job, printed_ms: WallMs) -> bool:
        """Whether somebody answered."""
        if not await self._hearsay.ask_about(job.user_name):
            return False
        known = self._known(job, printed_ms)

        def work(unit: UnitOfWork) -> None:
            if not unit.offline_log.drop(job.job_uuid):
                return
            billed = self._bill(unit, job, printed_ms, known) if known else _by_estimate(job)
            unit.reservations.close(job.reservation_id)
            unit.journal.append(billed_entry(billed, printed_ms))
            unit.jobs.save(billed)

        await self._store.write(work)
        return True

    def _known(self, job: Job, printed_ms: WallMs) -> Known | None:
        """What was just told; None where the printer or its price is gone meanwhile."""
        try:
            known = self._decider.known(job.user_name, job.printer_name, charge_again(job))
        except RefusedError:
            return None
        return replace(known, printer_view=price_at(self._directory, known, printed_ms))

    def _bill(self, site: SiteView, job: Job, printed_ms: WallMs, known: Known) -> Job:
        view = self._decider.view(site, known)
        asked = facts_of(job, charge_again(job), known.policy)
        facts = LateFacts(job=asked, printed_ms=printed_ms)
        return _billed(job, self._decider.decide(view, known, facts))


def billed_entry(job: Job, printed_ms: WallMs) -> JobPrintedLate:
    """The fact that is journaled about a job whose bill is made up."""
    return JobPrintedLate(
        job_uuid=job.job_uuid,
        user_name=job.user_name,
        printer_name=job.printer_name,
        fence=job.fence,
        payer=job.payer,
        cost_micros=job.cost_micros,
        mono_pages=job.charged_mono_pages,
        colour_pages=job.charged_colour_pages,
        copies=job.copies,
        printed_wall_ms=printed_ms,
        reason=job.reason_code,
    )


def _billed(job: Job, decision: Decision) -> Job:
    """The job with the bill that was decided; what is refused is recorded and nobody pays."""
    cost_micros = decision.cost_micros if decision.allowed else Micros(0)
    return replace(
        job,
        payer=charged_payer(decision, job.user_name),
        cost_micros=cost_micros,
        reason_code=decision.reasons[0].value,
    )


def _by_estimate(job: Job) -> Job:
    """The job with the price that was told when it was printed."""
    return replace(job, payer=user_payer(job.user_name), reason_code=Reason.CHARGED_LATE.value)
