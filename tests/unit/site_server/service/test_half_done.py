"""Whatever breaks in the middle of an operation: nothing of it is there afterwards."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from failure_modes.facts import CopyFacts
from failure_modes.pricing import PageCount
from site_server.config import Times
from site_server.errors import RefusedError
from site_server.ports import Fate, Outcome
from site_server.service.record_outcome import record_outcome
from site_server.store.site_store import SiteStore
from site_server.store.tables import site_metadata
from tests.unit.site_server.a_site import DEVICE, a_site, units

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from sqlalchemy import Connection, CursorResult, Executable

    from site_server.store.unit_of_work import UnitOfWork
    from tests.unit.site_server.a_site import ASite

WRITES_MAX = 30


class PowerCutError(Exception):
    """The end of the world, in the middle of a transaction."""


class BreakingConnection:
    """Passes statements on; after `writes_left` writes the power is gone."""

    def __init__(self, connection: Connection, store: BreakingStore) -> None:
        self._connection = connection
        self._store = store

    def execute(self, statement: Executable, values: Any = None) -> CursorResult[Any]:  # noqa: ANN401
        if not statement.is_select and self._store.writes_left is not None:
            self._store.writes_left -= 1
            if self._store.writes_left < 0:
                raise PowerCutError
        return self._connection.execute(statement, values)


class BreakingStore(SiteStore):
    """A store whose transactions break after `writes_left` writes, while that is a number."""

    writes_left: int | None = None

    def _unit(self, connection: Connection) -> UnitOfWork:
        return super()._unit(BreakingConnection(connection, self))  # type: ignore[arg-type]

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of all tables."""
        with self._file.read() as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(select(table))]
                for table in site_metadata.sorted_tables
            }


async def _accept(site: ASite) -> None:
    await site.submit("ada")


async def _release(site: ASite) -> None:
    (job, *_) = _jobs(site)
    await site.release(job)


async def _refuse(site: ASite) -> None:
    site.balance("ada", 0)
    with suppress(RefusedError):
        await _release(site)


async def _delete(site: ASite) -> None:
    (job, *_) = _jobs(site)
    await site.services.delete_job.delete(job.job_uuid, "ada")


async def _expire(site: ASite) -> None:
    before_wall_ms = site.clock.wall_ms() + Times().hold_ms
    await site.services.delete_job.expire_before(before_wall_ms)


async def _log_in(site: ASite) -> None:
    await site.log_in("ada")


async def _copy(site: ASite) -> None:
    session = next(iter(site.services.log_in.all_open()))
    await site.services.copy_session.start(session, CopyFacts(pages=3, colour=True))


async def _finish(site: ASite) -> None:
    with site.store.read() as view:
        (copy,) = view.copies.open_since(site.clock.wall_ms(), 1)
    name = (copy.session_id, DEVICE.device_name, copy.copy_uuid)
    await site.services.copy_session.finish(*name, PageCount(mono=1, colour=1))


def _outcome(fate: Fate) -> Callable[[ASite], Awaitable[None]]:
    async def record(site: ASite) -> None:
        job = _jobs(site)[-1]
        outcome = Outcome(fate=fate, reason="x", detail="y")
        await site.store.write(lambda unit: record_outcome(unit, job.job_uuid, 1, outcome))

    return record


OPERATIONS = [
    pytest.param(_accept, id="accept"),
    pytest.param(_release, id="release"),
    pytest.param(_refuse, id="refuse"),
    pytest.param(_delete, id="delete"),
    pytest.param(_expire, id="expire"),
    pytest.param(_log_in, id="log_in"),
    pytest.param(_copy, id="copy"),
    pytest.param(_finish, id="finish"),
    pytest.param(_outcome(Fate.PRINTED), id="printed"),
    pytest.param(_outcome(Fate.NOT_PRINTED), id="not_printed"),
    pytest.param(_outcome(Fate.UNKNOWN), id="unknown"),
]


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_an_operation_that_breaks_in_the_middle_leaves_nothing_half_done(
    tmp_path: Path, operation: Callable[[ASite], Awaitable[None]]
) -> None:
    async with a_site(tmp_path, make_store=BreakingStore) as site:
        await _prepare(site)
        assert isinstance(site.store, BreakingStore)
        site.counter.gate.clear()
        before = site.store.everything()
        documents = dict(site.spool.documents)
        for writes in range(WRITES_MAX):
            site.store.writes_left = writes
            with suppress(PowerCutError):
                await operation(site)
            survived = site.store.writes_left >= 0
            site.store.writes_left = None
            if survived:
                break
            assert site.store.everything() == before
            assert site.spool.documents == documents
        assert 1 <= writes < WRITES_MAX - 1
        assert site.store.everything() != before


async def _prepare(site: ASite) -> None:
    """A held job, one on its way, a login and an open copy session."""
    site.user("ada", units(50))
    await site.print_pdf("ada")
    site.printer.gate.clear()
    await site.release(await site.print_pdf("ada"))
    await site.settle()
    session = await site.log_in("ada")
    await site.services.copy_session.start(session, CopyFacts(pages=1, colour=False))


def _jobs(site: ASite) -> list[Any]:
    with site.store.read() as view:
        return view.jobs.listing(ended=False, limit=10)
