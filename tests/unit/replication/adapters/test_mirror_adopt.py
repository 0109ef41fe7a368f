"""The mirror takes in what the applier rebuilt from page deltas and wrote there itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replication.adapters.ltx_folder import ltx_path
from replication.adapters.ltx_mirror import Mirror
from tests.unit.replication.adapters.test_ltx_mirror import LINEAGE, Primary, at, named, primary

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["primary"]


async def test_a_file_that_the_applier_wrote_here_leads_on_and_counts(
    tmp_path: Path, primary: Primary
) -> None:
    mirror = Mirror(tmp_path, primary.fetch)
    await mirror.pull(primary.manifest())
    name = named(0, 8, 9)
    path = ltx_path(tmp_path / LINEAGE, name)
    path.write_bytes(bytes(60_000))
    await mirror.adopt(LINEAGE, name)
    await mirror.applied(at(9))
    assert mirror.overweight
    new = primary.add(0, 10, 10)
    assert await mirror.pull(primary.manifest(new)) == [new]


async def test_a_restarted_mirror_takes_in_what_the_applier_wrote(
    tmp_path: Path, primary: Primary
) -> None:
    await Mirror(tmp_path, primary.fetch).pull(primary.manifest())
    name = named(0, 8, 8)
    ltx_path(tmp_path / LINEAGE, name).write_bytes(b"x")
    mirror = Mirror(tmp_path, primary.fetch, at(8))
    await mirror.adopt(LINEAGE, name)
    new = primary.add(0, 9, 9)
    assert await mirror.pull(primary.manifest(new)) == [new]


async def test_a_file_that_is_not_there_is_not_taken_in(tmp_path: Path, primary: Primary) -> None:
    mirror = Mirror(tmp_path, primary.fetch)
    await mirror.pull(primary.manifest())
    await mirror.adopt(LINEAGE, named(0, 8, 8))
    new = [primary.add(0, 8, 8), primary.add(0, 9, 9)]
    assert await mirror.pull(primary.manifest(*new)) == new


async def test_a_hole_before_what_was_taken_in_is_filled(tmp_path: Path, primary: Primary) -> None:
    mirror = Mirror(tmp_path, primary.fetch)
    await mirror.pull(primary.manifest())
    lost, name = primary.add(0, 8, 8), primary.add(0, 9, 9)
    ltx_path(tmp_path / LINEAGE, name).write_bytes(b"x")
    await mirror.adopt(LINEAGE, name)
    assert mirror.overweight
    assert await mirror.pull(primary.manifest()) == [lost]
    assert not mirror.overweight
