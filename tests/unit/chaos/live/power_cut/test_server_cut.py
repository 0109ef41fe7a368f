"""A power cut under a program that writes files with and without syncing them."""

from __future__ import annotations

import os
import sys
from random import Random
from subprocess import PIPE, run
from typing import TYPE_CHECKING

import pytest

from chaos.errors import ChaosError
from chaos.live.power_cut.recorder import build_recorder
from chaos.live.power_cut.server_cut import ServerCut

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import os, sys
folder = sys.argv[1]
def write(name, text, sync):
    fd = os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.write(fd, text.encode())
    if sync:
        os.fsync(fd)
write("synced", "promised", True)
write("old", "new", False)
os.unlink(os.path.join(folder, "unlinked"))
there = os.open(folder, os.O_RDONLY)
os.fsync(there)
write("unsynced", "x" * 5000, False)
"""


def cut_after(data: Path, recorder: Path) -> ServerCut:
    cut = ServerCut(data, recorder)
    run([sys.executable, "-c", PROGRAM, str(data)], env={**os.environ, **cut.environ}, check=True)
    return cut


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("old", "unlinked", "never touched"):
        (folder / name).write_text(name)
    return folder


def test_what_was_synced_is_there_and_what_was_not_may_be(tmp_path: Path, data: Path) -> None:
    cut = cut_after(data, build_recorder(tmp_path))
    cut.cut(Random(4))
    assert (data / "synced").read_text() == "promised"
    assert (data / "never touched").read_text() == "never touched"
    assert not (data / "unlinked").exists()
    assert (data / "old").read_bytes() != b""
    assert {path.name for path in tmp_path.iterdir()} == {"data", "recorder.so"}
    assert cut.syncs == 2
    assert cut.changed_files > 0


def test_a_record_that_does_not_lead_to_what_was_written_proves_nothing(
    tmp_path: Path, data: Path
) -> None:
    cut = cut_after(data, build_recorder(tmp_path))
    (data / "synced").write_text("by somebody else")
    with pytest.raises(ChaosError, match="synced"):
        cut.cut(Random(4))


READER = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
print(open(sys.argv[1]).read(), flush=True)
"""


def test_a_program_that_may_write_nothing_is_let_read_and_speak(tmp_path: Path, data: Path) -> None:
    cut = ServerCut(data, build_recorder(tmp_path))
    environ = {**os.environ, **cut.environ}
    command = [sys.executable, "-c", READER, str(data / "old")]
    done = run(command, env=environ, stdout=PIPE, text=True, check=True)
    assert done.stdout == "old\n"
