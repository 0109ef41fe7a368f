"""A store that lost files, and what is done about it."""

import shutil
from pathlib import Path

import pytest

from primary.service.watch_store import PATIENCE_LOOKS, WatchStore
from replication.adapters.ltx_folder import ltx_path
from replication.manifest import LEVEL_SNAPSHOT, LtxName


def put(store: Path, level: int, low: int, high: int) -> None:
    path = ltx_path(store, LtxName(level=level, min_txid=low, max_txid=high))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")


class Scene:
    """A store at TXID 3, and who counts what is done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.head = 3
        self.healed = 0
        self.watch = WatchStore(folder, lambda: self.head, self._heal)
        put(folder, LEVEL_SNAPSHOT, 1, 2)
        put(folder, 0, 3, 3)

    def _heal(self) -> None:
        self.healed += 1


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "store")


async def test_a_whole_store_is_left_alone(scene: Scene) -> None:
    for _ in range(3):
        await scene.watch.look()
    assert (scene.healed, scene.watch.problem) == (0, "")


async def test_a_folder_that_vanished_is_healed_once_it_is_certain(scene: Scene) -> None:
    shutil.rmtree(scene.folder)
    await scene.watch.look()
    assert scene.healed == 0
    await scene.watch.look()
    assert scene.healed == 1
    assert "nothing that leads to TXID 3" in scene.watch.problem


async def test_a_hole_behind_which_litestream_goes_on_is_found(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(scene.folder)
    put(scene.folder, 0, 4, 4)
    scene.head = 4
    for _ in range(PATIENCE_LOOKS):
        await scene.watch.look()
    assert scene.healed == 1
    await scene.watch.look()
    await scene.watch.look()
    assert scene.healed == 2
    put(scene.folder, LEVEL_SNAPSHOT, 1, 4)
    caplog.set_level("INFO")
    await scene.watch.look()
    assert scene.watch.problem == ""
    assert caplog.text.count("has lost files") == 1
    assert "to the head again" in caplog.text


async def test_before_the_first_sync_nothing_is_missing(tmp_path: Path) -> None:
    watch = WatchStore(tmp_path / "none", lambda: 0, lambda: None)
    await watch.look()
    await watch.look()
    assert watch.problem == ""


async def test_a_folder_that_vanishes_later_is_seen_at_once(scene: Scene) -> None:
    await scene.watch.look()
    shutil.rmtree(scene.folder)
    await scene.watch.look()
    await scene.watch.look()
    assert scene.healed == 1
