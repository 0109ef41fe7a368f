"""Calls at headquarters' door for sites as events of the history: with which papers, and what came.

The checker of promise 10 reads them; it says itself which papers were good.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from chaos.history import Event, Operation, Outcome
from chaos.sim.organisation import HEADQUARTERS
from replication.ports import MonotonicMs, WallMs

if TYPE_CHECKING:
    from chaos.history import Fact
    from chaos.sim.clock import MachineClock
    from chaos.sim.door import Answered, Asked
    from chaos.sim.handshake import Papers
    from chaos.sim.link_wire import LinkWire

PARTS_SHOWN: Final = 4
"""Of a path: what comes behind is numbers and names of files."""


def call_event(
    papers: Papers,
    asked: Asked,
    answered: Answered | None,
    began: tuple[MonotonicMs, WallMs],
    ended_ms: MonotonicMs,
) -> Event:
    """One request, and what the door answered; None: it did not open."""
    status = 0 if answered is None else answered.status
    is_ok = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
    return Event(
        operation=Operation.CALL,
        node=HEADQUARTERS,
        monotonic_ms=began[0],
        wall_ms=began[1],
        latency_us=(ended_ms - began[0]) * 1000,
        outcome=Outcome.OK if is_ok else Outcome.REFUSED,
        reason=str(status) if status else "no handshake",
        facts={
            **_facts(papers),
            "path": "/".join(asked.path.partition("?")[0].split("/")[:PARTS_SHOWN]),
            "is_read": is_ok,
        },
    )


def link_event(wire: LinkWire, clock: MachineClock) -> Event:
    """A connection that is over, or that is looked at now."""
    now_ms, began_ms = clock.monotonic_ms(), int(wire.began_s * 1000)
    return Event(
        operation=Operation.LINK,
        node=HEADQUARTERS,
        monotonic_ms=MonotonicMs(began_ms),
        wall_ms=WallMs(clock.wall_ms() - (now_ms - began_ms)),
        latency_us=(now_ms - began_ms) * 1000,
        outcome=Outcome.OK if wire.last_word_s else Outcome.REFUSED,
        facts={**_facts(wire.papers), "last_word_ms": int(wire.last_word_s * 1000)},
    )


def _facts(papers: Papers) -> dict[str, Fact]:
    return {
        "papers": papers.kind,
        "site_name": papers.site_name,
        "epoch": papers.epoch,
        "until_wall_ms": papers.until_wall_ms,
    }
