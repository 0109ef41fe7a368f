"""toxiproxy-server: from PATH, else upstream's release by checksum, else built with Go.

It is the only tool that may be missing: the demo then cuts the WAN with Holdfast's own relay, so
every failure here is a warning and never stops the installation.
"""

import platform
import shutil
from collections.abc import Mapping
from pathlib import Path

from tools.asset import fetch
from tools.console import StepError, answer, say
from tools.go_program import GoModule, go_install
from tools.pins import TOXIPROXY_ASSETS, TOXIPROXY_GO_MIN, TOXIPROXY_MODULE, TOXIPROXY_VERSION
from tools.record import SHELF, known, place, remember

PLACE = SHELF / "bin" / "toxiproxy-server"
MODE = 0o755


def ensure_toxiproxy(environ: Mapping[str, str]) -> None:
    """Have `.tools/bin/toxiproxy-server`, or say plainly that the relay will be used instead."""
    record = known(PLACE, TOXIPROXY_VERSION)
    if record is not None:
        say(f"  toxiproxy      {record.version}, {record.source}")
        return
    reasons: list[str] = []
    for way in (_from_path, _from_release, _from_source):
        try:
            source = way(environ)
        except StepError as error:
            reasons.append(f"    - {error}")
            continue
        remember(PLACE, version=TOXIPROXY_VERSION, source=source)
        say(f"  toxiproxy      {TOXIPROXY_VERSION}, {source}")
        return
    say("  toxiproxy      NOT FOUND: the demo will cut the WAN with Holdfast's own relay. Tried:")
    say("\n".join(reasons))
    version = ".".join(str(part) for part in TOXIPROXY_GO_MIN)
    say(f"    To have it: install Go {version} or newer, then run: make tools")


def _from_path(environ: Mapping[str, str]) -> str:
    found = shutil.which("toxiproxy-server", path=environ.get("PATH"))
    if found is None:
        raise StepError("not in PATH")
    _prove(Path(found))
    place(Path(found).read_bytes(), PLACE, mode=MODE)
    return f"copied from {found}"


def _from_release(_environ: Mapping[str, str]) -> str:
    asset = TOXIPROXY_ASSETS.get(platform.machine())
    if asset is None:
        raise StepError(f"no pinned release for {platform.machine()}")
    place(fetch(asset), PLACE, mode=MODE)
    _prove(PLACE)
    return "from upstream's release"


def _from_source(environ: Mapping[str, str]) -> str:
    wanted = GoModule(module=TOXIPROXY_MODULE, binary="server", go_min=TOXIPROXY_GO_MIN)
    place(go_install(wanted, environ), PLACE, mode=MODE)
    _prove(PLACE)
    return "built with go install"


def _prove(path: Path) -> None:
    text = answer([path, "--version"])
    if text is None or "toxiproxy" not in text:
        raise StepError(f"{path} does not run here")
