"""Copy sessions: credit is set aside first, and what the copier counted is charged at the end.

The price is the one in force at the start. A copier can run a few pages over before it stops, so
the end is never refused: paper that is out is charged as counted, also beyond the credit. Where the
rules allow black only, pages counted as colour came out black: they stay counted so, and cost what
black ones do.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from failure_modes.pricing import PageCount
from failure_modes.rule_vocabulary import ConversionKind
from failure_modes.vocabulary import Micros, Sides
from replication.entry_bodies import CopyFinished, CopyStarted
from site_server.causes import Cause
from site_server.refusals import refusal, refusal_of
from site_server.service.charged_to import THE_USER, Charge, charged_payer
from site_server.service.release_job import sides_made
from site_server.store.copies import Copy

if TYPE_CHECKING:
    from failure_modes.decision import Decision
    from failure_modes.facts import CopyFacts
    from site_server.service.ground import Ground
    from site_server.service.known import Known
    from site_server.service.view import Decider
    from site_server.store.sessions import PanelSession
    from site_server.store.unit_of_work import UnitOfWork

ABANDONED_PER_TRANSACTION_MAX: Final = 100
NO_PAGES: Final = PageCount(mono=0, colour=0)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedCopy:
    """A copy session under way, and the decision that allowed it."""

    copy: Copy
    decision: Decision
    currency: str


class CopySession:
    """Starts and finishes copy sessions."""

    def __init__(self, ground: Ground, decider: Decider) -> None:
        self._store = ground.store
        self._clock = ground.clock
        self._open_max = ground.limits.copies_per_session_max
        self._decider = decider

    async def start(
        self, session: PanelSession, wanted: CopyFacts, charge: Charge = THE_USER
    ) -> StartedCopy:
        """Set credit aside for at most `wanted.pages`; who pays is said by `charge`.

        Raises `RefusedError` where there is none.
        """
        known = self._decider.known(session.user_name, session.printer_name, charge)
        facts = replace(
            wanted,
            choose_account=charge.is_to_choose(known.policy),
            account_name=charge.account_name,
        )

        def work(unit: UnitOfWork) -> tuple[Copy | None, Decision]:
            if unit.copies.count_open(session.session_id) >= self._open_max:
                raise refusal(Cause.TOO_MANY_COPIES_OPEN)
            view, link = self._decider.view(unit, known), self._decider.link_of(session)
            decision = self._decider.decide(view, known, facts, link)
            if not decision.allowed:
                return None, decision
            return _started(unit, session, facts, (known, decision)), decision

        copy, decision = await self._store.write(work)
        if copy is None:
            raise refusal_of(decision, known.currency)
        return StartedCopy(copy=copy, decision=decision, currency=known.currency)

    async def finish(
        self, session_id: str, device_name: str, copy_uuid: str, pages: PageCount
    ) -> Copy:
        """Charge what the copier counted. The same report again changes nothing.

        The login may be over: whoever copied pays, also when they walked away.
        """

        def work(unit: UnitOfWork) -> Copy:
            copy = unit.copies.get(copy_uuid)
            if copy is None or (copy.session_id, copy.device_name) != (session_id, device_name):
                raise refusal(Cause.NO_SUCH_COPY)
            if copy.finished_wall_ms is None:
                return _finished(unit, copy, pages)
            if (copy.mono_pages, copy.colour_pages) != (pages.mono, pages.colour):
                raise refusal(Cause.COPY_IS_DONE)
            return copy

        return await self._store.write(work)

    async def give_up_before(self, started_wall_ms: int) -> int:
        """End copy sessions that no copier reported since then, without a charge."""
        with self._store.read() as site:
            if not site.copies.open_since(started_wall_ms, 1):
                return 0

        def work(unit: UnitOfWork) -> list[Copy]:
            open_copies = unit.copies.open_since(started_wall_ms, ABANDONED_PER_TRANSACTION_MAX)
            return [_finished(unit, copy, NO_PAGES) for copy in open_copies]

        given_up = await self._store.write(work)
        for copy in given_up:
            _log.warning("copy session %s was never reported; nobody pays", copy.copy_uuid)
        return len(given_up)


def _started(
    unit: UnitOfWork, session: PanelSession, facts: CopyFacts, answer: tuple[Known, Decision]
) -> Copy:
    known, decision = answer
    price = known.printer_view.price_on(facts.paper_size or known.policy.default_paper_size)
    sides = Sides(sides_made(decision) or facts.sides)
    is_black = ConversionKind.FORCE_MONO in decision.conversions
    copy = Copy(
        copy_uuid=str(uuid4()),
        session_id=session.session_id,
        user_name=session.user_name,
        device_name=session.device_name,
        printer_name=session.printer_name,
        payer=charged_payer(decision, session.user_name),
        sides=sides.value,
        mono_each_micros=price.of_impression(colour=False, sides=sides),
        colour_each_micros=price.of_impression(colour=not is_black, sides=sides),
        reserved_micros=decision.cost_micros,
        started_wall_ms=unit.wall_ms(),
    )
    unit.copies.add(copy)
    unit.reservations.open(
        copy.reservation_id, copy.payer, copy.reserved_micros, copy.started_wall_ms
    )
    unit.journal.append(
        CopyStarted(
            copy_uuid=copy.copy_uuid,
            user_name=copy.user_name,
            printer_name=copy.printer_name,
            reserved_micros=copy.reserved_micros,
        )
    )
    return copy


def _finished(unit: UnitOfWork, copy: Copy, pages: PageCount) -> Copy:
    cost_micros = pages.mono * copy.mono_each_micros + pages.colour * copy.colour_each_micros
    finished = replace(
        copy,
        finished_wall_ms=unit.wall_ms(),
        mono_pages=pages.mono,
        colour_pages=pages.colour,
        cost_micros=Micros(cost_micros),
    )
    unit.copies.save(finished)
    unit.reservations.close(copy.reservation_id)
    unit.journal.append(
        CopyFinished(
            copy_uuid=copy.copy_uuid,
            user_name=copy.user_name,
            printer_name=copy.printer_name,
            payer=copy.payer,
            cost_micros=cost_micros,
            mono_pages=pages.mono,
            colour_pages=pages.colour,
        )
    )
    return finished
