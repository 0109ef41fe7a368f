"""Restores a primary: from a backup, from an earlier moment of its store, or as it lies there.

What comes out is a directory that begins anew (`begin_anew`) and a ledger that is as new as it or
newer. The ledger is history, so it is never set back where it still is: what it has beyond the
directory is rolled forward at the next start.
"""

import logging
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from primary.errors import NotInitialisedError, PrimaryError
from primary.service.backup import read_backup
from primary.service.begin_anew import begin_anew
from primary.service.database_copy import CopyError, check_sound, copy_database, sync_file
from primary.service.fit import payers_beyond, problems_between, put_payers
from primary.service.open_ledger import open_ledger
from primary.service.organisation import DIRECTORY_FILE
from primary.service.restore_plan import (
    BESIDE_FOLDER,
    Plan,
    carry_out,
    plan_for,
    store_plan,
    stored_plan,
)
from primary.store.directory import Directory
from primary.store.ledger import LEDGER_FILE, Ledger, Place
from replication.adapters.litestream_process import find_litestream
from replication.adapters.private_file import make_private_folder, sync_folder
from replication.ports import Clock

logger: Final = logging.getLogger(__name__)

STORE_FOLDER: Final = "store"
LEDGER_STORE_FOLDER: Final = "ledger-store"

Fill = Callable[[Path], None]
"""Puts `directory.db`, and whatever else it brings, into a folder. Errors: `PrimaryError`."""


class DoNotFitError(PrimaryError):
    """The ledger is older than the directory, so it cannot explain the balances."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which data folder gets what. `may_begin_ledger`: a new one, where there is none."""

    data_dir: Path
    ledger: Place
    fill: Fill
    may_begin_ledger: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of it. `as_of_ms`: the directory's newest heartbeat; None: it was only finished."""

    kept_in: str = ""
    as_of_ms: int | None = None
    unheard: tuple[str, ...] = ()
    unknown_payers: tuple[str, ...] = ()
    opened_payers: int | None = None


def restore(wanted: Wanted, clock: Clock) -> Restored:
    """Let what `wanted` brings take the place of what is there; the server must not run.

    A restore that was interrupted is finished instead, whatever was asked for. Errors, with nothing
    changed: those of `fill`, `CopyError`, `DoNotFitError`.
    """
    made, plan = prepare(wanted, clock)
    for step in carry_out(wanted.data_dir, plan):
        logger.info("%s", step)
    return replace(made, kept_in=plan.kept_in)


def prepare(wanted: Wanted, clock: Clock) -> tuple[Restored, Plan]:
    """Make all that is new beside what is there, and store the plan; or find the stored one."""
    data_dir = wanted.data_dir
    plan = stored_plan(data_dir)
    if plan is not None:
        return Restored(), plan
    beside = data_dir / BESIDE_FOLDER
    shutil.rmtree(beside, ignore_errors=True)
    make_private_folder(beside)
    wanted.fill(beside)
    made = _begun_anew(data_dir, wanted, clock)
    moment = datetime.fromtimestamp(clock.wall_ms() / 1000, UTC)
    plan = plan_for(beside, f"before-restore-{moment:%Y%m%dT%H%M%SZ}")
    sync_folder(beside)
    store_plan(data_dir, plan)
    return made, plan


def from_backup(folder: Path) -> Fill:
    """What that backup holds."""

    def fill(beside: Path) -> None:
        for name in read_backup(folder).files:
            copy_database(folder / name, beside / name)

    return fill


def as_it_lies(data_dir: Path) -> Fill:
    """The databases that were put into the data folder by other means."""

    def fill(beside: Path) -> None:
        if not (data_dir / DIRECTORY_FILE).exists():
            raise NotInitialisedError
        copy_database(data_dir / DIRECTORY_FILE, beside / DIRECTORY_FILE)

    return fill


def from_store(data_dir: Path, place: Place, moment: str) -> Fill:
    """The directory as of that TXID or time; the ledger as it is, or as its store has it."""

    def fill(beside: Path) -> None:
        option = "-txid" if moment.isdecimal() else "-timestamp"
        value = f"{int(moment):016x}" if moment.isdecimal() else moment
        _litestream(data_dir / STORE_FOLDER, beside / DIRECTORY_FILE, option, value)
        if isinstance(place, Path) and not _is_sound(place):
            _litestream(data_dir / LEDGER_STORE_FOLDER, beside / LEDGER_FILE)

    return fill


def _is_sound(path: Path) -> bool:
    try:
        check_sound(path)
    except CopyError:
        return False
    return True


def _litestream(store: Path, target: Path, *options: str) -> None:
    if not store.is_dir():
        raise CopyError(f"There is no {store} to restore from. Restore from a backup.")
    command = (str(find_litestream()), "restore", "-o", str(target), *options)
    done = subprocess.run(
        (*command, f"file://{store.absolute()}"), capture_output=True, text=True, check=False
    )
    if done.returncode or not target.exists():
        said = (done.stderr.strip() or done.stdout.strip()).removeprefix("Error: ")
        raise CopyError(f"{store} does not lead there: {said}. Nothing was changed.")


def _begun_anew(data_dir: Path, wanted: Wanted, clock: Clock) -> Restored:
    """Make what lies beside another directory, that fits its ledger."""
    beside = data_dir / BESIDE_FOLDER
    check_sound(beside / DIRECTORY_FILE)
    directory = Directory(beside / DIRECTORY_FILE)
    ledger = Ledger(_place(wanted, beside))
    try:
        as_of_ms = directory.heartbeat_wall_ms()
        if as_of_ms is None:
            raise CopyError("This is a database, but no directory of a primary. Take another one.")
        if wanted.may_begin_ledger and not ledger.journals():
            return _with_new_ledger(directory, ledger, as_of_ms, clock)
        return _with_its_ledger(directory, ledger, as_of_ms, clock)
    finally:
        ledger.close()
        directory.close()
        sync_file(beside / DIRECTORY_FILE)


def _place(wanted: Wanted, beside: Path) -> Place:
    """Where the ledger is that belongs to what lies beside."""
    if not isinstance(wanted.ledger, Path):
        return wanted.ledger
    brought = beside / LEDGER_FILE
    if brought.exists() or (wanted.may_begin_ledger and not wanted.ledger.exists()):
        return brought
    if not wanted.ledger.exists():
        raise DoNotFitError(
            f"There is no ledger: {wanted.ledger} is missing, and nothing brings one. Restore a "
            "backup that holds it."
        )
    check_sound(wanted.ledger)
    return wanted.ledger


def _with_its_ledger(directory: Directory, ledger: Ledger, as_of_ms: int, clock: Clock) -> Restored:
    problems = problems_between(directory, ledger)
    if problems:
        raise DoNotFitError(f"{DoNotFitError.__doc__} {'; '.join(problems)}. Nothing was changed.")
    unknown = payers_beyond(directory, ledger)

    def work(connection: Connection) -> None:
        put_payers(connection, unknown)
        begin_anew(connection, clock.wall_ms())

    directory.write_now(work)
    return Restored(
        as_of_ms=as_of_ms, unheard=directory.unheard(), unknown_payers=tuple(sorted(unknown))
    )


def _with_new_ledger(directory: Directory, ledger: Ledger, as_of_ms: int, clock: Clock) -> Restored:
    directory.write_now(lambda connection: begin_anew(connection, clock.wall_ms()))
    opened = open_ledger(directory, ledger, clock.wall_ms())
    return Restored(as_of_ms=as_of_ms, unheard=directory.unheard(), opened_payers=opened)
