"""What people do at a site, and what they saw: each call goes into the history.

A call runs in the process of the site. When that dies under it the person gets no answer, and
nobody knows whether the work was done.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from chaos.history import Operation, Outcome
from chaos.sim.answers import Asked, NoAnswerError, RefusedByIppError
from chaos.sim.asking import Asking
from chaos.sim.organisation import HEADQUARTERS, card_of, new_card, site_of
from chaos.sim.paper import FORMAT, document
from failure_modes.facts import CopyFacts
from failure_modes.job_lifecycle import JobState
from failure_modes.pricing import PageCount
from primary.service.adjust import Adjustment
from replication.card_hash import card_hash
from replication.entry_bodies import user_name_of, user_payer
from site_server.ipp.service_port import DocumentInfo, JobRequest, JobTicket, JobView, Refusal
from site_server.store.directory_rows import Device

if TYPE_CHECKING:
    from collections.abc import Mapping
    from itertools import count

    from chaos.history import Fact
    from site_server.service.list_jobs import JobList
    from site_server.service.money import Balance
    from site_server.services import Services
    from site_server.store.sessions import PanelSession

T = TypeVar("T")

REPORTS_MAX: Final = 200
"""Times that a copier, or an administrator, says a thing again that nobody answered."""
REPORT_S: Final = 30.0


@dataclass(slots=True)
class People(Asking):
    """Everybody, at every site."""

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
                raise RefusedByIppError(intake.reason)
            try:
                for refusal in (await intake.write(body), await intake.commit(is_last=True)):
                    if isinstance(refusal, Refusal):
                        raise RefusedByIppError(refusal.reason)
                    if isinstance(refusal, JobView):
                        return refusal
            finally:
                await intake.abort()
            raise NoAnswerError

        asked = Asked(operation=Operation.PRINT, sent=facts)
        await self.ask(site_name, asked, work, lambda _job: {})

    async def release_all(self, site_name: str, user_name: str) -> None:
        """Log in, look, and let everything go."""
        session = await self._log_in(site_name, card_of(user_name))
        if session is None:
            return
        for uuid in await self._held(site_name, session):
            await self.ask(
                site_name,
                Asked(operation=Operation.RELEASE, sent={"job_uuid": uuid}),
                lambda services, uuid=uuid: services.release_job.release(  # type: ignore[misc]
                    uuid, user_name, session.printer_name
                ),
                lambda _released: {},
            )
        await self.look(site_name, user_name)

    async def look(self, site_name: str, user_name: str) -> None:
        """The site's own administrator looks what somebody has."""
        payer = user_payer(user_name)

        async def work(services: Services) -> Balance:
            return services.decider.balance(services.ground.store, payer)

        await self.ask(
            site_name,
            Asked(operation=Operation.BALANCE, sent={"user_name": user_name}),
            work,
            lambda money: {
                "balance_micros": money.effective_micros,
                "reserved_micros": money.reserved_micros,
            },
        )

    async def copy(self, site_name: str, user_name: str, pages: int) -> None:
        """Log in, copy for a while, and report what was copied."""
        session = await self._log_in(site_name, card_of(user_name))
        if session is None:
            return
        started = await self.ask(
            site_name,
            Asked(operation=Operation.COPY_START, sent={"user_name": user_name}),
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
            finished = await self.ask(
                site_name,
                Asked(operation=Operation.COPY_FINISH, sent={"copy_uuid": uuid}),
                lambda services: services.copy_session.finish(
                    session.session_id, session.device_name, uuid, done
                ),
                lambda copy: {"cost_micros": copy.cost_micros or 0},
            )
            if finished is not None:
                await self.look(site_name, user_name)
                return
            await asyncio.sleep(REPORT_S)

    async def delete_one(self, site_name: str, user_name: str) -> None:
        """Log in, look, and delete the first job that is held."""
        session = await self._log_in(site_name, card_of(user_name))
        held = [] if session is None else await self._held(site_name, session)
        if session is not None and held:
            await self.ask(
                site_name,
                Asked(operation=Operation.DELETE, sent={"job_uuid": held[0]}),
                lambda services: services.delete_job.delete_at_panel(held[0], session),
                lambda _job: {},
            )

    async def claim(self, site_name: str, user_name: str, card: int) -> None:
        """Log in with the own card, and register another one."""
        session = await self._log_in(site_name, card_of(user_name))
        if session is None:
            return
        facts: dict[str, Fact] = {"user_name": user_name, "card_hash": self._hash(site_name, card)}
        await self.ask(
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
                answer = await self.answer_of(machine, primary.adjust.apply(wanted))
                if answer[1] is not Outcome.UNKNOWN:
                    facts: dict[str, Fact] = {
                        "request_id": request_id,
                        "payer": payer,
                        "amount_micros": amount_micros,
                    }
                    asked = Asked(operation=Operation.ADJUST, sent=facts)
                    self.saw(asked, machine, (began_s, wall_ms), answer, {})
                    self._look_at_headquarters(payer)
                    return
            await asyncio.sleep(REPORT_S)

    def _look_at_headquarters(self, payer: str) -> None:
        """The administrator looks what somebody has, by the directory itself."""
        world, machine = self.world, self.world.machines[HEADQUARTERS]
        if world.primary is None or not machine.life.is_alive:
            return
        facts: dict[str, Fact] = {
            "user_name": user_name_of(payer),
            "balance_micros": world.primary.balance_micros(payer),
        }
        now = world.loop.time(), machine.clock.wall_ms()
        asked = Asked(operation=Operation.BALANCE, sent=facts)
        self.saw(asked, machine, now, (None, Outcome.OK, ""), {})

    async def _held(self, site_name: str, session: PanelSession) -> list[str]:
        async def look(services: Services) -> JobList:
            return services.list_jobs.list(session)

        asked = Asked(
            operation=Operation.LIST,
            sent={"user_name": session.user_name},
            shown=lambda listed: {each.job.job_uuid: each.job.state for each in listed.jobs},
        )
        listed = await self.ask(site_name, asked, look, lambda jobs: {"jobs": len(jobs.jobs)})
        jobs = () if listed is None else listed.jobs
        return [each.job.job_uuid for each in jobs if each.job.state is JobState.HELD]

    async def _log_in(
        self, site_name: str, card: str, facts: Mapping[str, Fact] | None = None
    ) -> PanelSession | None:
        site = site_of(site_name)
        device = Device(device_name=f"{site}-panel", printer_name=f"{site}-laser")
        entered = await self.ask(
            site_name,
            Asked(operation=Operation.LOGIN, sent=dict(facts or {})),
            lambda services: services.log_in.log_in(device, card),
            lambda entered: {
                "user_name": entered.session.user_name,
                "balance_micros": entered.balance_micros,
            },
        )
        return None if entered is None else entered.session
