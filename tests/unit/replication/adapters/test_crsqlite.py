"""The registers on real cr-sqlite: merged both ways, through a third, again and again."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replication.adapters.components import crsqlite_path
from replication.adapters.crsqlite import ExtensionMissingError, Registers
from replication.errors import StoreClosedError
from replication.ports import Micros, WallMs
from replication.registers import Batch, HeldJob

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXTENSION = crsqlite_path(os.environ)


def job(number: int, *, site_name: str = "oslo", state: str = "held", pages: int = 3) -> HeldJob:
    return HeldJob(
        job_uuid=f"00000000-0000-0000-0000-{number:012d}",
        site_name=site_name,
        user_name="ada",
        queue_name=f"{site_name}-secure",
        job_name="Überblick \N{GRINNING FACE}",
        pages=pages,
        cost_micros=Micros(250_000),
        state=state,
        updated_wall_ms=WallMs(1_800_000_000_000),
    )


async def pass_on(source: Registers, target: Registers) -> int:
    """Give `target` whatever it lacks; the number of batches that took."""
    batches = 0
    while batch := await source.newer_than(target.versions):
        await target.merge(batch)
        batches += 1
    return batches


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[Registers]]:
    opened = [Registers(tmp_path / f"{name}.db", EXTENSION) for name in ("hq", "oslo", "lima")]
    yield opened
    for each in opened:
        each.close()


async def test_a_job_held_at_one_site_is_known_at_another_by_way_of_headquarters(
    nodes: list[Registers],
) -> None:
    hq, oslo, lima = nodes
    await oslo.put_held_job(job(1))
    await pass_on(oslo, hq)
    await pass_on(hq, lima)
    assert await lima.held_jobs() == (job(1),)


async def test_a_late_writer_with_low_numbers_still_reaches_everybody(
    nodes: list[Registers],
) -> None:
    hq, oslo, lima = nodes
    for number in range(20):
        await oslo.put_held_job(job(number))
    await pass_on(oslo, hq)
    await pass_on(hq, lima)
    fresh = job(99, site_name="rome")
    rome = Registers(oslo.path.with_name("rome.db"), EXTENSION)
    try:
        await rome.put_held_job(fresh)
        await pass_on(rome, hq)
        await pass_on(hq, lima)
    finally:
        rome.close()
    assert fresh in await lima.held_jobs()


async def test_a_released_job_leaves_the_index_everywhere(nodes: list[Registers]) -> None:
    hq, oslo, lima = nodes
    await oslo.put_held_jobs([job(1), job(2)])
    await pass_on(oslo, hq)
    await pass_on(hq, lima)
    await oslo.drop_held_job(job(1).job_uuid)
    await pass_on(oslo, hq)
    await pass_on(hq, lima)
    assert await hq.held_jobs() == await lima.held_jobs() == (job(2),)


async def test_what_was_merged_twice_changes_nothing_and_is_not_sent_back(
    nodes: list[Registers],
) -> None:
    hq, oslo, _ = nodes
    await oslo.put_held_job(job(1))
    batch = await oslo.newer_than({})
    assert batch is not None
    await hq.merge(batch)
    versions = dict(hq.versions)
    await hq.merge(batch)
    assert dict(hq.versions) == versions
    assert await hq.newer_than(oslo.versions) is None


async def test_an_equal_row_put_again_is_no_news(nodes: list[Registers]) -> None:
    _, oslo, _ = nodes
    await oslo.put_held_job(job(1))
    versions = dict(oslo.versions)
    await oslo.put_held_job(job(1))
    assert dict(oslo.versions) == versions


async def test_a_long_index_travels_in_bounded_batches_and_whole(nodes: list[Registers]) -> None:
    hq, oslo, _ = nodes
    jobs = tuple(job(number) for number in range(1_500))
    await oslo.put_held_jobs(jobs)
    assert await pass_on(oslo, hq) > 1
    assert await hq.held_jobs() == jobs


async def test_a_peer_is_woken_by_a_new_row(nodes: list[Registers]) -> None:
    _, oslo, _ = nodes
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        waiting = group.create_task(oslo.wait_beyond(oslo.versions))
        await oslo.put_held_job(job(1))
        await waiting


async def test_a_column_that_only_a_newer_version_knows_is_passed_over(
    nodes: list[Registers],
) -> None:
    hq, oslo, _ = nodes
    await oslo.put_held_job(job(1))
    batch = await oslo.newer_than({})
    assert batch is not None
    strange = batch.changes[0].model_copy(update={"cid": "from_the_future"})
    other = batch.changes[0].model_copy(update={"table": "crsql_master"})
    await hq.merge(Batch(changes=(strange, other, *batch.changes), versions=batch.versions))
    assert await hq.held_jobs() == (job(1),)


async def test_the_registers_survive_a_restart_and_know_how_far_they_had_come(
    nodes: list[Registers],
) -> None:
    hq, oslo, _ = nodes
    await oslo.put_held_job(job(1))
    await pass_on(oslo, hq)
    versions = dict(hq.versions)
    hq.close()
    again = Registers(hq.path, EXTENSION)
    try:
        assert dict(again.versions) == versions
        assert await again.held_jobs() == (job(1),)
    finally:
        again.close()


async def test_a_closed_file_says_so(nodes: list[Registers]) -> None:
    nodes[0].close()
    with pytest.raises(StoreClosedError):
        await nodes[0].held_jobs()


def test_a_missing_extension_names_the_command_that_installs_it(tmp_path: Path) -> None:
    with pytest.raises(ExtensionMissingError, match="make tools"):
        Registers(tmp_path / "registers.db", tmp_path / "crsqlite.so")
    broken = tmp_path / "broken.so"
    broken.write_bytes(b"not a library")
    with pytest.raises(ExtensionMissingError, match="make tools"):
        Registers(tmp_path / "registers.db", broken)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 2), st.integers(0, 4), st.integers(1, 9)),
        st.tuples(st.just("drop"), st.integers(0, 2), st.integers(0, 4), st.just(0)),
        st.tuples(st.just("pass"), st.integers(0, 2), st.integers(0, 2), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None)
@given(steps=steps)
def test_whatever_happened_where_in_the_end_all_nodes_are_equal(
    steps: list[tuple[str, int, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("registers")
    asyncio.run(_play(folder, steps))


async def _play(folder: Path, steps: list[tuple[str, int, int, int]]) -> None:
    nodes = [Registers(folder / f"{number}.db", EXTENSION) for number in range(3)]
    try:
        for what, node, number, pages in steps:
            if what == "put":
                await nodes[node].put_held_job(job(number, pages=pages))
            elif what == "drop":
                await nodes[node].drop_held_job(job(number).job_uuid)
            else:
                await pass_on(nodes[node], nodes[number])
        # By way of node 0, as sites by way of headquarters; twice, up and down.
        for _ in range(2):
            for other in nodes[1:]:
                await pass_on(other, nodes[0])
                await pass_on(nodes[0], other)
        tables = [await each.held_jobs() for each in nodes]
        assert tables[0] == tables[1] == tables[2]
    finally:
        for each in nodes:
            each.close()
