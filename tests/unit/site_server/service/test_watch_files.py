"""Files that vanish under a running site are told once, and made good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from site_server.service.watch_files import WatchFiles
from tests.unit.site_server.service.following import at

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from replication.position import Position


class Scene:
    """A replica and the base of a mirror, both there."""

    def __init__(self, folder: Path) -> None:
        self.replica, self.base = folder / "replica.db", folder / "base.ltx"
        self.position: Position | None = at(7)
        self.lost: list[str] = []
        for file in (self.replica, self.base):
            file.touch()
        self.watch = WatchFiles(
            replica=self.replica,
            position=lambda: self.position,
            base=lambda: self.base,
            lost_replica=lambda: self.lost.append("replica"),
            lost_mirror=lambda: self.lost.append("mirror"),
        )


async def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    for _ in range(3):
        await scene.watch.look()
    assert scene.lost == []


async def test_what_is_missing_twice_is_made_good(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene(tmp_path)
    scene.replica.unlink()
    scene.base.unlink()
    await scene.watch.look()
    assert scene.lost == []
    await scene.watch.look()
    assert sorted(scene.lost) == ["mirror", "replica"]
    assert caplog.text.count("vanished under the running site") == 2
    scene.replica.touch()
    scene.base.touch()
    await scene.watch.look()
    await scene.watch.look()
    assert len(scene.lost) == 2


async def test_a_base_that_was_replaced_meanwhile_is_not_missed(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.base.unlink()
    await scene.watch.look()
    scene.base = tmp_path / "newer.ltx"
    scene.base.touch()
    await scene.watch.look()
    assert scene.lost == []


async def test_a_site_without_a_first_copy_misses_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.position = None
    scene.replica.unlink()
    await scene.watch.look()
    await scene.watch.look()
    assert scene.lost == []
