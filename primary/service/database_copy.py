"""Copies a SQLite file as of one moment, also while its server writes to it.

The source is opened read only: a connection that may write would checkpoint when it is the last to
close, and only litestream may do that to the directory. The copy is one file, without a WAL, so it
can be read from a medium that nobody can write to.
"""

import hashlib
import os
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pysqlite3.dbapi2 as sqlite

from primary.errors import PrimaryError

BUSY_TIMEOUT_S: Final = 10
SOUND: Final = "ok"


class CopyError(PrimaryError):
    """This database could not be copied. Nothing was changed."""


def copy_database(source: Path, target: Path) -> None:
    """Make `target` hold what `source` holds now, synced. Errors: `CopyError`."""
    try:
        with closing(_opened(source)) as reading, closing(sqlite.connect(str(target))) as writing:
            reading.backup(writing)
            writing.execute("PRAGMA journal_mode=DELETE")
    except sqlite.Error as error:
        raise CopyError(f"{source} could not be copied: {error}") from error
    target.chmod(0o600)
    sync_file(target)


def check_sound(path: Path) -> None:
    """Raise `CopyError` where this is no sound database."""
    try:
        with closing(_opened(path)) as connection:
            said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite.Error as error:
        said = str(error)
    if said != SOUND:
        raise CopyError(f"{path} is damaged: {said}. Take another one.")


def sync_file(path: Path) -> None:
    """Have the content of the file on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    """The digest of the file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _opened(path: Path) -> Any:  # noqa: ANN401 - the driver has no types
    return sqlite.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)
