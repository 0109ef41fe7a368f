"""What people do at a site, and what they saw: each call goes into the history.

A call runs in the process of the site. When that dies under it the person gets no answer, and
nobody knows whether the work was done.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from chaos.errors import ChaosError
from chaos.history import ANSWER_LOST, PROCESS_GONE, Event, Operation, Outcome
from chaos.sim.organisation import HEADQUARTERS, card_of, new_card, site_of
from chaos.sim.paper import FORMAT, document
from failure_modes.facts import CopyFacts
from failure_modes.job_lifecycle import JobState
from failure_modes.pricing import PageCount
from primary.service.adjust import Adjustment
from replication.card_hash import card_hash
from replication.errors import ReplicationError, StorageFullError
from replication.ports import MonotonicMs
from site_server.causes import Cause
from site_server.errors import RefusedError
from site_server.ipp.service_port import DocumentInfo, JobRequest, JobTicket, JobView, Refusal
from site_server.store.directory_rows import Device

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping
    from itertools import count

    from chaos.history import Fact
    from chaos.sim.machine import Machine
    from chaos.sim.world import World
    from replication.ports import WallMs
    from site_server.service.list_jobs import JobList
    from site_server.services import Services
    from site_server.store.sessions import PanelSession

T = TypeVar("T")

REPORTS_MAX: Final = 200
"""Times that a copier, or an administrator, says a thing again that nobody answered."""
REPORT_S: Final = 30.0


class NoAnswerError(ChaosError):
    """The site did not answer, or refused."""


@dataclass(slots=True)
class People:
    """Everybody, at every site."""

    world: World
    documents: count[int]

    async def print(self, site_name: str, user_name: str, mono: int, colour: int) -> None:
        """Send a document to the held queue."""
        number = next(self.documents)
        body = document(number, mono, colour)
        name = f"document {number}"
        facts: dict[str, Fact] = {
            "job_name": name,
            "sha256": hashlib.sha256(body).hexdigest(),
            "user_name": user_name,
        }

        async def work(services: Services) -> JobView:
            request = JobRequest(
                queue_name=f"{site_of(site_name)}-secure",
                user_name=user_name,
                job_name=name,
                ticket=JobTicket(),
            )
            intake = await services.ipp_jobs.begin_job(
                request, DocumentInfo(name=name, format=FORMAT)
            )
            if isinstance(intake, Refusal):
                raise _RefusedByIppError(intake.reason)
            try:
                for refusal in (await intake.write(body), await intake.commit(is_last=True)):
                    if isinstance(refusal, Refusal):
                        raise _RefusedByIppError(refusal.reason)
                    if isinstance(refusal, JobView):
                        return refusal
            finally:
                await intake.abort()
            raise NoAnswerError

        await self._try(site_name, Operation.PRINT, work, lambda _job: facts)

    async def release_all(self, site_name: str, user_name: str) -> None:
        """Log in, look, and let everything go."""
        session = await self._log_in(site_name, card_of(user_name))
        if session is None:
            return
        for uuid in await self._held(site_name, session):
            await self._try(
                site_name,
                Operation.RELEASE,
                lambda services, uuid=uuid: services.release_job.release(  # type: ignore[misc]
                    uuid, user_name, session.printer_name
                ),
                lambda _released, uuid=uuid: {"job_uuid": uuid},  # type: ignore[misc]
            )

    async def copy(self, site_name: str, user_name: str, pages: int) -> None:
        """Log in, copy for a while, and report what was copied."""
        session = await self._log_in(site_name, card_of(user_name))
        if session is None:
            return
        started = await self._try(
            site_name,
            Operation.COPY_START,
            lambda services: services.copy_session.start(
                session, CopyFacts(pages=pages, colour=False)
            ),
            lambda started: {
                "copy_uuid": started.copy.copy_uuid,
                "payer": started.copy.payer,
                "reserved_micros": started.copy.reserved_micros,
            },
        )
        if started is None:
            return
        await asyncio.sleep(pages)
        uuid, done = started.copy.copy_uuid, PageCount(mono=max(1, pages - 1), colour=0)
        for _ in range(REPORTS_MAX):  # a copier reports until it has heard an answer
            finished = await self._try(
                site_name,
                Operation.COPY_FINISH,
                lambda services: services.copy_session.finish(
                    session.session_id, session.device_name, uuid, done
                ),
                lambda copy: {"copy_uuid": uuid, "cost_micros": copy.cost_micros or 0},
            )
            if finished is not None:
                return
            await asyncio.sleep(REPORT_S)

    async def delete_one(self, site_name: str, user_name: str) -> None:
        """Log in, look, and delete the first job that is held."""
        session = await self._log_in(site_name, card_of(user_name))
        held = [] if session is None else await self._held(site_name, session)
        if session is not None and held:
            await self._try(
                site_name,
                Operation.DELETE,
                lambda services: services.delete_job.delete_at_panel(held[0], session),
                lambda _job: {"job_uuid": held[0]},
            )

    async def claim(self, site_name: str, user_name: str, card: int) -> None:
        """Log in with the own card, and register another one."""
        session = await self._log_in(site_name, card_of(user_name))
        if session is None:
            return
        facts: dict[str, Fact] = {"user_name": user_name, "card_hash": self._hash(site_name, card)}
        await self._try(
            site_name,
            Operation.CLAIM,
            lambda services: services.panels.claim_card.claim(session, new_card(card)),
            lambda _claimed: facts,
        )

    async def use_new_card(self, site_name: str, card: int) -> None:
        """Come with a card that was registered at a panel."""
        await self._log_in(site_name, new_card(card), {"card_hash": self._hash(site_name, card)})

    def _hash(self, site_name: str, card: int) -> str:
        site = self.world.sites.get(site_name)
        return "" if site is None else card_hash(new_card(card), site.identity.card_key)

    async def adjust(self, payer: str, amount_micros: int, request_id: str) -> None:
        """Headquarters changes a balance by hand; asked again until there is an answer."""
        world = self.world
        machine = world.machines[HEADQUARTERS]
        wanted = Adjustment(payer=payer, amount_micros=amount_micros, request_id=request_id)
        began_s, wall_ms = world.loop.time(), machine.clock.wall_ms()
        for _ in range(REPORTS_MAX):
            primary = world.primary
            if primary is not None and machine.life.is_alive:
                answer = await self._answer_of(machine, primary.adjust.apply(wanted))
                if answer[1] is not Outcome.UNKNOWN:
                    facts: dict[str, Fact] = {
                        "request_id": request_id,
                        "payer": payer,
                        "amount_micros": amount_micros,
                    }
                    self._saw(Operation.ADJUST, machine, (began_s, wall_ms), answer, facts)
                    return
            await asyncio.sleep(REPORT_S)

    async def _held(self, site_name: str, session: PanelSession) -> list[str]:
        async def look(services: Services) -> JobList:
            return services.list_jobs.list(session)

        listed = await self._try(
            site_name, Operation.LIST, look, lambda jobs: {"jobs": len(jobs.jobs)}
        )
        jobs = () if listed is None else listed.jobs
        return [each.job.job_uuid for each in jobs if each.job.state is JobState.HELD]

    async def _log_in(
        self, site_name: str, card: str, facts: Mapping[str, Fact] | None = None
    ) -> PanelSession | None:
        site = site_of(site_name)
        device = Device(device_name=f"{site}-panel", printer_name=f"{site}-laser")
        entered = await self._try(
            site_name,
            Operation.LOGIN,
            lambda services: services.log_in.log_in(device, card),
            lambda entered: {"user_name": entered.session.user_name, **(facts or {})},
        )
        return None if entered is None else entered.session

    async def _try(
        self,
        site_name: str,
        operation: Operation,
        work: Callable[[Services], Awaitable[T]],
        facts: Callable[[T], dict[str, Fact]],
    ) -> T | None:
        machine = self.world.machines[site_name]
        began = self.world.loop.time(), machine.clock.wall_ms()
        if operation is not Operation.PRINT and self.world.repeating_panels[site_name]:
            await self._call(machine, work)
            self._saw(operation, machine, began, (None, Outcome.UNKNOWN, ANSWER_LOST), {})
            began = self.world.loop.time(), machine.clock.wall_ms()
        answer = await self._call(machine, work)
        result = answer[0]
        known: dict[str, Fact] = {}
        if result is not None or operation is Operation.PRINT:  # what it sent a client knows anyway
            known = facts(result)  # type: ignore[arg-type]
        self._saw(operation, machine, began, answer, known)
        return result

    def _saw(
        self,
        operation: Operation,
        machine: Machine,
        began: tuple[float, WallMs],
        answer: tuple[object, Outcome, str],
        facts: dict[str, Fact],
    ) -> None:
        began_s, wall_ms = began
        self.world.look()
        self.world.history.event(
            Event(
                operation=operation,
                node=machine.name,
                wall_ms=wall_ms,
                monotonic_ms=MonotonicMs(int(began_s * 1000)),
                latency_us=round((self.world.loop.time() - began_s) * 1e6),
                outcome=answer[1],
                reason=answer[2],
                facts=facts,
            )
        )

    async def _call(
        self, machine: Machine, work: Callable[[Services], Awaitable[T]]
    ) -> tuple[T | None, Outcome, str]:
        site = self.world.sites.get(machine.name)
        if not machine.life.is_alive or site is None or site.services is None:
            return None, Outcome.REFUSED, "nobody answers"
        services = site.services

        async def call() -> T:
            return await work(services)

        return await self._answer_of(machine, call())

    async def _answer_of(
        self, machine: Machine, call: Coroutine[Any, Any, T]
    ) -> tuple[T | None, Outcome, str]:
        """What comes of a call that runs in the process of that machine."""
        task = self.world.loop.start(machine.life, call, "a person's call")
        gone = self.world.loop.create_task(machine.gone.wait())
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not task.done():
            return None, Outcome.UNKNOWN, PROCESS_GONE
        return _answer(task)


class _RefusedByIppError(ChaosError):
    """A print client was told no."""


def _answer(task: asyncio.Task[T]) -> tuple[T | None, Outcome, str]:
    error = task.exception()
    if error is None:
        return task.result(), Outcome.OK, ""
    if isinstance(error, RefusedError):
        return None, Outcome.REFUSED, error.reason
    if isinstance(error, _RefusedByIppError):
        return None, Outcome.REFUSED, str(error)
    if isinstance(error, StorageFullError):
        return None, Outcome.REFUSED, Cause.DISK_FULL  # as the doors say it
    if isinstance(error, ReplicationError):
        return None, Outcome.UNKNOWN, str(error)
    raise error
