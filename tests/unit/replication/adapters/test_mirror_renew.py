"""A mirror of which nothing is believed that headquarters does not have."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from replication.adapters.ltx_fetch import NotThereError
from replication.adapters.ltx_folder import ltx_path
from replication.adapters.ltx_mirror import Mirror
from replication.plan import GapError
from tests.unit.replication.adapters.test_ltx_mirror import (
    LINEAGE,
    Primary,
    at,
    held,
    named,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def primary() -> Primary:
    primary = Primary()
    primary.add(9, 1, 3, size_bytes=50_000)
    for txid in range(4, 8):
        primary.add(0, txid, txid)
    return primary


async def test_what_is_proved_stays_and_the_rest_is_fetched(
    tmp_path: Path, primary: Primary
) -> None:
    mirror = Mirror(tmp_path, primary.fetch, at(7))
    await mirror.pull(primary.manifest())
    await mirror.applied(at(7))
    spoiled = ltx_path(tmp_path / LINEAGE, named(0, 5, 5))
    spoiled.write_bytes(bytes(100))
    own = ltx_path(tmp_path / LINEAGE, named(0, 4, 6))
    own.write_bytes(b"made here of deltas")
    await mirror.adopt(LINEAGE, named(0, 4, 6))
    primary.fetched.clear()
    await mirror.renew(primary.manifest())
    assert primary.fetched == [named(0, 5, 5)]
    assert spoiled.read_bytes() == primary.files[named(0, 5, 5)]
    assert held(tmp_path) == {named(9, 1, 3), *(named(0, n, n) for n in range(4, 8))}
    await mirror.renew(primary.manifest())
    assert primary.fetched == [named(0, 5, 5)]


async def test_a_renewal_that_breaks_off_leaves_the_mirror_as_it_was(
    tmp_path: Path, primary: Primary
) -> None:
    mirror = Mirror(tmp_path, primary.fetch, at(7))
    await mirror.pull(primary.manifest())
    before = held(tmp_path)
    manifest = primary.manifest()
    ltx_path(tmp_path / LINEAGE, named(0, 5, 5)).write_bytes(bytes(100))
    primary.error = NotThereError()
    with pytest.raises(NotThereError):
        await mirror.renew(manifest)
    assert held(tmp_path) == before
    primary.error = None
    await mirror.renew(manifest)
    assert held(tmp_path) == before


async def test_a_cancelled_renewal_leaves_the_mirror_as_it_was(
    tmp_path: Path, primary: Primary
) -> None:
    mirror = Mirror(tmp_path, primary.fetch)
    await mirror.pull(primary.manifest())
    before = held(tmp_path)
    ltx_path(tmp_path / LINEAGE, named(0, 5, 5)).unlink()
    primary.error = asyncio.CancelledError()  # type: ignore[assignment]
    with pytest.raises(asyncio.CancelledError):
        await mirror.renew(primary.manifest())
    assert held(tmp_path) == before - {named(0, 5, 5)}


async def test_after_the_replica_is_lost_the_whole_way_is_fetched(
    tmp_path: Path, primary: Primary
) -> None:
    mirror = Mirror(tmp_path, primary.fetch, at(6))
    with pytest.raises(GapError):
        await mirror.pull(primary.manifest(named(0, 7, 7)))
    mirror.forget_applied()
    await mirror.pull(primary.manifest())
    assert held(tmp_path) == {named(9, 1, 3), *(named(0, n, n) for n in range(4, 8))}


async def test_a_mirror_without_its_base_wants_one(tmp_path: Path, primary: Primary) -> None:
    mirror = Mirror(tmp_path, primary.fetch, at(7))
    await mirror.pull(primary.manifest())
    await mirror.applied(at(7))
    assert not mirror.overweight
    await mirror.drop([str(named(9, 1, 3))])
    assert mirror.overweight
    await mirror.pull(primary.manifest())
    assert named(9, 1, 3) in held(tmp_path)
