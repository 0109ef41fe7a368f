"""The cr-sqlite extension: from a configured path, else upstream's release by checksum, else built.

Whichever way it comes, it is kept only after two databases were merged with it both ways
(`tools.crsqlite_proof`): a library that loads is not yet one that merges.
"""

import io
import platform
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tools.asset import fetch
from tools.console import StepError, run, say
from tools.crsqlite_build import build
from tools.pins import CRSQLITE_ASSETS, CRSQLITE_VERSION
from tools.record import ROOT, SHELF, known, place, remember

PLACE = SHELF / "lib" / "crsqlite.so"
CONFIGURED = "HOLDFAST_CRSQLITE"
MODE = 0o755


def ensure_crsqlite(environ: Mapping[str, str]) -> None:
    """Have a proved extension, at the configured path or at `.tools/lib/crsqlite.so`."""
    configured = environ.get(CONFIGURED)
    if configured:
        prove(Path(configured))
        say(f"  cr-sqlite      at {configured}, as {CONFIGURED} says")
        return
    record = known(PLACE, CRSQLITE_VERSION)
    if record is None:
        source = _install(environ)
        record = remember(PLACE, version=CRSQLITE_VERSION, source=source)
    say(f"  cr-sqlite      {record.version}, {record.source}")


def prove(path: Path) -> None:
    """Merge two databases both ways with this extension; `StepError` when they do not end equal."""
    if not path.is_file():
        raise StepError(
            f"{path} does not exist. Correct {CONFIGURED}, or unset it and run:", "make tools"
        )
    run(
        "cr-sqlite: merging two databases both ways",
        [sys.executable, "-m", "tools.crsqlite_proof", path],
        folder=ROOT,
        limit_s=60,
    )


def _install(environ: Mapping[str, str]) -> str:
    try:
        return _keep(_from_release(), "from upstream's release")
    except StepError as error:
        say(f"  cr-sqlite: {error}; building it instead")
    return _keep(build(environ), "built from the npm package's source")


def _keep(content: bytes, source: str) -> str:
    # SQLite derives the entry point from the file's name, so the candidate has the final one.
    candidate = SHELF / "unproved" / PLACE.name
    place(content, candidate, mode=MODE)
    try:
        prove(candidate)
        PLACE.parent.mkdir(parents=True, exist_ok=True)
        candidate.replace(PLACE)
    finally:
        candidate.unlink(missing_ok=True)
    return source


def _from_release() -> bytes:
    asset = CRSQLITE_ASSETS.get(platform.machine())
    if asset is None:
        raise StepError(f"no pinned release for {platform.machine()}")
    try:
        with zipfile.ZipFile(io.BytesIO(fetch(asset))) as archive:
            return archive.read("crsqlite.so")
    except (zipfile.BadZipFile, KeyError) as error:
        raise StepError(f"upstream's archive holds no crsqlite.so: {error}") from error
