"""Looks at what a server stands on: libraries, programs, ports, disk, clock. For `doctor`.

Every probe really uses the thing (an extension is loaded and written through, a port is bound, a
file is synced) and returns a `Component`; nothing is started, repaired or left behind. Native
libraries are loaded in a child process, so that one that crashes is a line in the table and not the
end of it, and so that two SQLite libraries never meet in one process.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from replication.adapters.machine import clock_sane, folder_writable, port_free
from replication.adapters.probe import Component, answered, output, render
from replication.errors import ReplicationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "Component",
    "ComponentMissingError",
    "clock_sane",
    "crsqlite",
    "crsqlite_path",
    "folder_writable",
    "litestream",
    "litestream_path",
    "port_free",
    "program",
    "pysqlite",
    "python",
    "render",
    "sqlean",
    "test_programs",
]

CHECKOUT = Path(__file__).resolve().parents[2]
CRSQLITE_VARIABLE = "HOLDFAST_CRSQLITE"
SETUP_COMMAND = "make setup"
TOOLS_COMMAND = "make tools"

PYTHON_MIN = (3, 11)

SQLITE_MIN = (3, 51, 3)
"""Older ones can corrupt a WAL with two writers or checkpointers (architecture.md, Traps)."""

DAEMON_PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/lib/postgresql/15/bin"
"""Where daemons live, and PostgreSQL; not in the PATH of an ordinary Debian user."""

TEST_PROGRAMS = {
    "cupsd": "cups",
    "lp": "cups-client",
    "ipptool": "cups-ipp-utils",
    "ippeveprinter": "cups-ipp-utils",
    "slapd": "slapd",
    "initdb": "postgresql-15",
}

_CRSQLITE_PROBE = """
import sys
from pysqlite3 import dbapi2
db = dbapi2.connect(":memory:")
db.enable_load_extension(True)
db.load_extension(sys.argv[1])
db.execute("CREATE TABLE probe (id INTEGER PRIMARY KEY NOT NULL, n INTEGER)")
db.execute("SELECT crsql_as_crr('main', 'probe')")
db.execute("INSERT INTO probe VALUES (1, 1)")
changes = db.execute("SELECT count(*) FROM crsql_changes").fetchone()[0]
number = db.execute("SELECT value FROM crsql_master WHERE key = 'crsqlite_version'").fetchone()[0]
db.execute("SELECT crsql_finalize()")
print(f"{number // 1000000}.{number // 10000 % 100}.{number // 100 % 100}")
sys.exit(changes != 1)
"""

_PYSQLITE_PROBE = "from pysqlite3 import dbapi2; print(dbapi2.sqlite_version)"

_SQLEAN_PROBE = """
import sqlean
db = sqlean.connect(":memory:")
db.execute("CREATE TABLE probe (id INTEGER)")
db.execute("SELECT data FROM sqlite_dbpage").fetchall()
print(sqlean.sqlite_version)
"""


class ComponentMissingError(ReplicationError):
    """Something that the server stands on is missing. The doctor command shows what."""


def crsqlite_path(environ: Mapping[str, str]) -> Path:
    """Where the cr-sqlite extension is: `HOLDFAST_CRSQLITE`, else `.tools/lib` of the checkout.

    Raises `ComponentMissingError` when there is no such file.
    """
    path = _crsqlite_place(environ)
    if not path.is_file():
        raise ComponentMissingError(f"There is no cr-sqlite at {path}. Run: {TOOLS_COMMAND}")
    return path


def litestream_path() -> Path:
    """Where the litestream program is: beside this Python, else in PATH.

    Raises `ComponentMissingError` when there is none.
    """
    beside = Path(sys.executable).with_name("litestream")
    found = str(beside) if beside.is_file() else shutil.which("litestream")
    if found is None:
        raise ComponentMissingError(f"litestream is not installed. Run: {SETUP_COMMAND}")
    return Path(found)


def python() -> Component:
    """The interpreter that runs this server."""
    return Component(
        name="python",
        found=sys.version_info >= PYTHON_MIN,
        version=platform.python_version(),
        where=sys.executable,
        hint="apt-get install -y python3 python3-venv",
    )


def crsqlite(environ: Mapping[str, str]) -> Component:
    """The cr-sqlite extension, loaded into pysqlite3 and written through."""
    path = _crsqlite_place(environ)
    asked = Component(name="cr-sqlite", found=False, where=str(path), hint=TOOLS_COMMAND)
    if not path.is_file():
        return asked
    return answered(asked, [sys.executable, "-c", _CRSQLITE_PROBE, path.resolve()])


def litestream() -> Component:
    """The litestream program, asked for its version."""
    asked = Component(name="litestream", found=False, hint=SETUP_COMMAND)
    try:
        path = litestream_path()
    except ComponentMissingError:
        return asked
    return answered(replace(asked, where=str(path)), [path, "version"])


def pysqlite() -> Component:
    """The SQLite driver of the servers, new enough for several connections on one WAL."""
    asked = Component(name="pysqlite3", found=False, where="its wheel", hint=SETUP_COMMAND)
    seen = answered(asked, [sys.executable, "-c", _PYSQLITE_PROBE])
    if seen.found and _numbers(seen.version) < SQLITE_MIN:
        return replace(seen, found=False, version=f"{seen.version}, too old")
    return seen


def sqlean() -> Component:
    """The applier's SQLite, which must offer `sqlite_dbpage`."""
    asked = Component(name="sqlean", found=False, where="its wheel", hint=SETUP_COMMAND)
    return answered(asked, [sys.executable, "-c", _SQLEAN_PROBE])


def program(
    name: str, package: str, environ: Mapping[str, str], *, required: bool = True
) -> Component:
    """A program of a Debian package, such as `ippeveprinter` of `cups-ipp-utils`."""
    hint = f"apt-get install -y --no-install-recommends {package}"
    path = shutil.which(name, path=f"{environ.get('PATH', os.defpath)}:{DAEMON_PATH}")
    version = output(["dpkg-query", "--show", "--showformat=${Version}", package]) if path else ""
    return Component(
        name=name,
        found=path is not None,
        version=version or "",
        where=path or "",
        hint=hint,
        required=required,
    )


def test_programs(environ: Mapping[str, str]) -> Iterator[Component]:
    """What `make demo` and `make test` start beside the servers; no server needs any of it."""
    for name, package in TEST_PROGRAMS.items():
        yield program(name, package, environ, required=False)
    tools = f"{CHECKOUT / '.tools' / 'bin'}:{environ.get('PATH', os.defpath)}"
    asked = Component(name="toxiproxy-server", found=False, hint=TOOLS_COMMAND, required=False)
    path = shutil.which("toxiproxy-server", path=tools)
    if path is None:
        yield asked
        return
    seen = answered(replace(asked, where=path), [path, "-version"])
    yield replace(seen, version=seen.version.rpartition(" ")[2])


def _crsqlite_place(environ: Mapping[str, str]) -> Path:
    configured = environ.get(CRSQLITE_VARIABLE)
    return Path(configured) if configured else CHECKOUT / ".tools" / "lib" / "crsqlite.so"


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
