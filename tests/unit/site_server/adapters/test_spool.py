from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from site_server.adapters.spool import BUFFER_BYTES, Spool, SpoolWriter
from site_server.errors import SpoolError, SpoolFullError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JOB = str(uuid4())
DISK_BYTES = 4 * 1024 * 1024


async def spool_in(folder: Path, *, bytes_min_free: int = 0) -> Spool:
    spool = Spool(folder, bytes_min_free=bytes_min_free)
    await spool.start()
    return spool


async def keep(spool: Spool, content: bytes, job_uuid: str = JOB) -> None:
    writer = await spool.open()
    await writer.write(content)
    await writer.commit(job_uuid)


async def fill(writer: SpoolWriter) -> None:
    for _ in range(16):
        await writer.write(bytes(BUFFER_BYTES))


async def whole(spool: Spool, job_uuid: str = JOB) -> bytes:
    return await asyncio.to_thread(spool.path(job_uuid).read_bytes)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    assert os.geteuid() == 0, "a small disk is a tmpfs: run this test as root"
    mount, umount = shutil.which("mount"), shutil.which("umount")
    assert mount, "mount is missing: apt-get install mount"
    assert umount, "umount is missing: apt-get install mount"
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"no tmpfs may be mounted here: {done.stderr}"
    yield folder
    subprocess.run([umount, str(folder)], check=True)


async def test_a_document_comes_back_byte_for_byte_with_its_hash(tmp_path: Path) -> None:
    spool = await spool_in(tmp_path / "new" / "spool")
    content = os.urandom(3 * BUFFER_BYTES + 17)
    writer = await spool.open()
    for start in range(0, len(content), 100_000):
        await writer.write(content[start : start + 100_000])
    assert writer.bytes_written == len(content)
    spooled = await writer.commit(JOB)
    await writer.abort()

    assert spooled.bytes == len(content)
    assert spooled.sha256 == hashlib.sha256(content).hexdigest()
    assert spooled.path == spool.path(JOB)
    assert spool.path(JOB).read_bytes() == content
    assert await whole(spool) == content
    assert await spool.job_uuids() == {JOB}


async def test_an_aborted_document_leaves_nothing(tmp_path: Path) -> None:
    spool = await spool_in(tmp_path)
    writer = await spool.open()
    await writer.write(bytes(2 * BUFFER_BYTES))
    await writer.abort()
    await writer.abort()

    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SpoolError):
        await writer.write(b"more")
    with pytest.raises(SpoolError):
        await writer.commit(JOB)


async def test_a_document_that_is_left_in_the_middle_is_aborted(tmp_path: Path) -> None:
    spool = await spool_in(tmp_path)
    async with await spool.open() as writer:
        await writer.write(b"half of it")

    assert list(tmp_path.iterdir()) == []


async def test_a_start_sweeps_what_a_crash_left_half_written(tmp_path: Path) -> None:
    spool = await spool_in(tmp_path)
    await keep(spool, b"whole")
    half = await spool.open()
    await half.write(bytes(BUFFER_BYTES))

    assert await spool.start() == 1
    assert await spool.job_uuids() == {JOB}
    assert [path.name for path in tmp_path.iterdir()] == [JOB]
    await half.abort()


async def test_a_removed_document_is_gone_and_may_be_removed_again(tmp_path: Path) -> None:
    spool = await spool_in(tmp_path)
    await keep(spool, b"whole")
    await spool.remove(JOB)
    await spool.remove(JOB)

    assert await spool.job_uuids() == frozenset()
    with pytest.raises(FileNotFoundError):
        await whole(spool)


@pytest.mark.parametrize("name", ["../elsewhere", "", "incoming-1"])
async def test_only_a_uuid_names_a_document(name: str, tmp_path: Path) -> None:
    spool = await spool_in(tmp_path)

    with pytest.raises(ValueError, match="UUID"):
        spool.path(name)


async def test_below_the_floor_nothing_is_begun(tmp_path: Path) -> None:
    spool = await spool_in(tmp_path, bytes_min_free=1 << 60)

    with pytest.raises(SpoolFullError):
        await spool.open()
    assert list(tmp_path.iterdir()) == []


async def test_a_document_that_would_break_the_floor_leaves_nothing(small_disk: Path) -> None:
    spool = await spool_in(small_disk, bytes_min_free=DISK_BYTES // 2)
    writer = await spool.open()
    with pytest.raises(SpoolFullError):
        await fill(writer)

    assert list(small_disk.iterdir()) == []


async def test_a_full_disk_leaves_nothing_and_works_again_when_space_returns(
    small_disk: Path,
) -> None:
    spool = await spool_in(small_disk)
    await keep(spool, b"kept")
    ballast = small_disk / "incoming-ballast"
    ballast.write_bytes(bytes(DISK_BYTES - 10 * BUFFER_BYTES))

    writer = await spool.open()
    with pytest.raises(SpoolFullError):
        await fill(writer)
    await writer.abort()
    assert {path.name for path in small_disk.iterdir()} == {JOB, ballast.name}

    ballast.unlink()
    second = str(uuid4())
    await keep(spool, bytes(4 * BUFFER_BYTES), second)
    assert await whole(spool, second) == bytes(4 * BUFFER_BYTES)
    assert await whole(spool) == b"kept"


async def test_a_small_document_that_does_not_fit_fails_at_commit(small_disk: Path) -> None:
    spool = await spool_in(small_disk)
    writer = await spool.open()
    await writer.write(bytes(BUFFER_BYTES - 1))
    (small_disk / "incoming-ballast").write_bytes(bytes(DISK_BYTES))

    with pytest.raises(SpoolFullError):
        await writer.commit(JOB)
    assert await spool.job_uuids() == frozenset()


async def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(SpoolError, match="file"):
        await Spool(tmp_path / "file", bytes_min_free=0).start()
    with pytest.raises(SpoolError, match="missing"):
        await Spool(tmp_path / "missing", bytes_min_free=0).open()


async def test_a_canceled_writer_leaves_nothing_whatever_its_thread_was_at(tmp_path: Path) -> None:
    spool = await spool_in(tmp_path)

    async def upload() -> None:
        async with await spool.open() as writer:
            for _ in range(50):
                await writer.write(bytes(4 * BUFFER_BYTES))
            await writer.commit(JOB)

    for turns in range(0, 200, 20):
        async with asyncio.TaskGroup() as group:
            task = group.create_task(upload())
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()

        assert list(tmp_path.iterdir()) == []
