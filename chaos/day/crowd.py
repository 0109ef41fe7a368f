"""People come, print, release, copy: each visit as its own task, so that a queue would be seen."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import TYPE_CHECKING, Final

from chaos.day.script import Errand, card_number, user_name
from chaos.history import Event, Operation, Outcome
from chaos.live.ipp_client import IppClient, IppRefusedError, IppSilenceError
from chaos.live.panel import Copies
from chaos.pdf_writer import PageInk, write_document
from replication.adapters.system_clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos.day.script import Visit
    from chaos.day.timetable import DayPlan
    from chaos.live.nodes import SiteNode
    from chaos.live.panel import Panel

WALK_S: Final = 1.0
"""From the desk to the printer."""
LOOK_AGAIN_S: Final = 0.5
LOOKS: Final = 40
_CLOCK: Final = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """One branch as its people see it."""

    site: SiteNode
    panel: Panel
    printing: IppClient


@dataclass(slots=True, kw_only=True)
class Crowd:
    """Everybody who comes. `unserved`: visits that did not come to their end, with why."""

    plan: DayPlan
    counters: Mapping[str, Counter]
    unserved: list[str] = field(default_factory=list)

    async def come(self, visits: Sequence[Visit], began_s: float) -> None:
        """Everybody at the time that the script says; done when the last one has left."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as people:
            for visit in visits:
                due_s = began_s + self.plan.second(visit.hour)
                await asyncio.sleep(max(0.0, due_s - loop.time()))
                people.create_task(self._visit(visit))

    async def _visit(self, visit: Visit) -> None:
        counter = self.counters[visit.site_name]
        why = await (_print if visit.errand is Errand.PRINT else _copy)(counter, visit)
        if why:
            self.unserved.append(f"visit {visit.number} at {visit.site_name}: {why}")


async def _copy(counter: Counter, visit: Visit) -> str:
    """Card, copies, out; why not, or nothing. A refusal for lack of credit is an answer."""
    login = await counter.panel.log_in(card_number(visit.person))
    if login.outcome is not Outcome.OK:
        return f"no login: {login.reason}"
    session_id = str(login.field("session_id"))
    started = await counter.panel.start_copies(session_id, Copies(pages=visit.pages))
    if started.outcome is Outcome.UNKNOWN:
        return f"no copies: {started.reason}"
    if started.outcome is Outcome.OK:
        copy_uuid = str(started.field("copy_uuid"))
        finished = await counter.panel.finish_copies(session_id, copy_uuid, mono_pages=visit.pages)
        if finished.outcome is not Outcome.OK:
            return f"copies without an end: {finished.reason}"
    await counter.panel.log_out(session_id)
    return ""


async def _print(counter: Counter, visit: Visit) -> str:
    """Print at the desk, walk, card, list, release; why not, or nothing."""
    if why := await _send(counter, visit):
        return why
    await asyncio.sleep(WALK_S)
    login = await counter.panel.log_in(card_number(visit.person))
    if login.outcome is not Outcome.OK:
        return f"no login: {login.reason}"
    session_id = str(login.field("session_id"))
    job_uuid = await _held(counter.panel, session_id, f"visit-{visit.number}")
    if not job_uuid:
        return "the document was not held in time"
    released = await counter.panel.release(session_id, job_uuid)
    if released.outcome is Outcome.UNKNOWN:
        return f"no release: {released.reason}"
    await counter.panel.log_out(session_id)
    return ""


async def _held(panel: Panel, session_id: str, job_name: str) -> str:
    for _ in range(LOOKS):
        listed = await panel.list_jobs(session_id)
        for job in listed.field("jobs") or ():
            if job["job_name"] == job_name and job["state"] == "held":
                return str(job["job_uuid"])
        await asyncio.sleep(LOOK_AGAIN_S)
    return ""


async def _send(counter: Counter, visit: Visit) -> str:
    """Hand the document in, and write down what came of it."""
    document = write_document(f"visit-{visit.number}", (PageInk.MONO,) * visit.pages)
    wall_ms, monotonic_ms, began_ns = _CLOCK.wall_ms(), _CLOCK.monotonic_ms(), perf_counter_ns()
    outcome, why = Outcome.OK, ""
    try:
        await counter.printing.print_job(
            user_name(visit.person), document.content, job_name=document.name
        )
    except IppRefusedError as error:
        outcome, why = Outcome.REFUSED, f"the document was refused: {error}"
    except IppSilenceError as error:
        outcome, why = Outcome.UNKNOWN, f"the document was not taken: {error}"
    counter.site.witness.wrote(
        Event(
            operation=Operation.PRINT,
            node=counter.site.name,
            wall_ms=wall_ms,
            monotonic_ms=monotonic_ms,
            latency_us=(perf_counter_ns() - began_ns) // 1000,
            outcome=outcome,
            reason=why,
            facts={
                "job_name": document.name,
                "sha256": document.sha256,
                "user_name": user_name(visit.person),
                "queue_name": f"{counter.site.name}-secure",
            },
        )
    )
    return why
