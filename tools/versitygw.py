"""versitygw, an S3 server on a folder: the tests of the S3 source start it. Built with Go.

Only those tests need it, so a failure here is a warning; they then fail and name `make tools`.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from tools.console import StepError, answer, say
from tools.go_program import GoModule, go_install
from tools.pins import VERSITYGW_GO_MIN, VERSITYGW_MODULE, VERSITYGW_VERSION
from tools.record import SHELF, known, place, remember

PLACE = SHELF / "bin" / "versitygw"
MODE = 0o755


def ensure_versitygw(environ: Mapping[str, str]) -> None:
    """Have `.tools/bin/versitygw`, or say plainly that the tests of the S3 source will fail."""
    record = known(PLACE, VERSITYGW_VERSION)
    if record is not None:
        say(f"  versitygw      {record.version}, {record.source}")
        return
    try:
        source = _install(environ)
    except StepError as error:
        say(f"  versitygw      NOT INSTALLED, the tests of the S3 source will fail: {error}")
        version = ".".join(str(part) for part in VERSITYGW_GO_MIN)
        say(f"    To have it: install Go {version} or newer, then run: make tools")
        return
    remember(PLACE, version=VERSITYGW_VERSION, source=source)
    say(f"  versitygw      {VERSITYGW_VERSION}, {source}")


def _install(environ: Mapping[str, str]) -> str:
    found = shutil.which("versitygw", path=environ.get("PATH"))
    if found is not None:
        _prove(Path(found))
        place(Path(found).read_bytes(), PLACE, mode=MODE)
        return f"copied from {found}"
    wanted = GoModule(module=VERSITYGW_MODULE, binary="versitygw", go_min=VERSITYGW_GO_MIN)
    place(go_install(wanted, environ), PLACE, mode=MODE)
    _prove(PLACE)
    return "built with go install"


def _prove(path: Path) -> None:
    if answer([path, "--version"]) is None:
        raise StepError(f"{path} does not run here")
