"""Debian packages: found by the programs they bring, installed when we are root."""

import os
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from tools.console import StepError, run, say
from tools.pins import DEBIAN_PROGRAMS

DAEMON_PATH = "/usr/local/sbin:/usr/sbin:/sbin:/usr/lib/postgresql/15/bin"
"""Where daemons live, and PostgreSQL; not in the PATH of an ordinary Debian user."""


def program(name: str, environ: Mapping[str, str]) -> str | None:
    """Where a program is, looking also where daemons live."""
    return shutil.which(name, path=f"{environ.get('PATH', os.defpath)}:{DAEMON_PATH}")


def missing_packages(programs: Mapping[str, str], environ: Mapping[str, str]) -> list[str]:
    """The packages of those programs that are not found, each once, in order."""
    return list(
        dict.fromkeys(
            package for name, package in programs.items() if program(name, environ) is None
        )
    )


def install_command(packages: Collection[str]) -> str:
    """The one command that installs these packages."""
    return f"apt-get install -y --no-install-recommends {' '.join(packages)}"


def install(packages: Collection[str], environ: Mapping[str, str], *, why: str) -> None:
    """Install packages, or stop with the command where we may not.

    Nothing is removed to make room (`--no-remove`). The package lists are refreshed only when a
    first attempt fails, which on a new machine it does at once.
    """
    command = install_command(packages)
    if os.geteuid() != 0:
        raise StepError(f"{why}. As root, run:", command)
    apt_get = program("apt-get", environ)
    if apt_get is None:
        raise StepError(f"{why}, and this is not Debian. There, the command would be:", command)
    quiet = {**environ, "DEBIAN_FRONTEND": "noninteractive"}
    step = [apt_get, "--no-remove", *command.split()[1:]]
    label = f"apt-get install {' '.join(packages)}"
    try:
        try:
            run(label, step, environ=quiet)
        except StepError:
            run("apt-get update (the package lists are old)", [apt_get, "update"], environ=quiet)
            run(label, step, environ=quiet)
    except StepError as error:
        raise StepError(
            f"{error}\n{why}. If the network was at fault, run this once it is back:", command
        ) from error


def no_database_of_its_own(folder: Path) -> None:
    """Keep PostgreSQL's package from making and starting a server: the tests start their own.

    Nothing is written where we are not root, or where somebody has decided about it already.
    """
    if os.geteuid() != 0 or folder.exists():
        return
    folder.mkdir(parents=True)
    (folder / "holdfast.conf").write_text("create_main_cluster = false\n", encoding="utf-8")


def ensure_print_system(environ: Mapping[str, str]) -> None:
    """Bring cupsd, ipptool, ippeveprinter and what announces them. Starts nothing."""
    packages = missing_packages(DEBIAN_PROGRAMS, environ)
    if "postgresql-15" in packages:
        no_database_of_its_own(Path("/etc/postgresql-common/createcluster.d"))
    if packages:
        install(packages, environ, why="The print system's programs are missing")
    still = [name for name in DEBIAN_PROGRAMS if program(name, environ) is None]
    if still:
        raise StepError(f"Still not found after the installation: {', '.join(still)}")
    say(f"  print system   {', '.join(DEBIAN_PROGRAMS)}")


def release() -> str:
    """The `VERSION_ID` of this system ("12" on Debian 12), empty when it has none."""
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return ""
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key == "VERSION_ID":
            return value.strip('"')
    return ""
