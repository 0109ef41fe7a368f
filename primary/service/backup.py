"""A backup: directory and ledger as of one moment each, in this order, into a new folder.

The directory is copied first. So the ledger is as new as it or newer, and whoever restores both can
roll the directory forward. Keys are not in it (`holdfast-primary backup-keys` keeps them, sealed):
a backup may lie on a shelf with many others.

The folder has its name only once everything in it is on the disk.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from primary.errors import NotInitialisedError, PrimaryError
from primary.service.database_copy import copy_database, sha256_of
from primary.service.organisation import DIRECTORY_FILE
from primary.store.ledger import LEDGER_FILE
from replication.adapters.private_file import make_private_folder, sync_folder, write_private
from replication.ports import Clock

LIST_FILE: Final = "backup.json"


class BackupError(PrimaryError):
    """This is no whole backup. Take another one; nothing was changed."""


class BackupList(BaseModel):
    """`backup.json`: when it was made, and the SHA-256 of each file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    made_wall_ms: int
    files: Mapping[str, str]


def back_up(data_dir: Path, target: Path, clock: Clock) -> BackupList:
    """Copy directory and ledger into the new folder `target`. The server may run.

    Errors: `BackupError` where there is something at `target`, `CopyError`, `NotInitialisedError`.
    """
    if not (data_dir / DIRECTORY_FILE).exists():
        raise NotInitialisedError
    if target.exists():
        raise BackupError(f"{target} exists. Nothing was changed; name a folder to be made.")
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    make_private_folder(partial)
    made_wall_ms = clock.wall_ms()
    names = [name for name in (DIRECTORY_FILE, LEDGER_FILE) if (data_dir / name).exists()]
    for name in names:
        copy_database(data_dir / name, partial / name)
    listed = BackupList(
        made_wall_ms=made_wall_ms, files={name: sha256_of(partial / name) for name in names}
    )
    write_private(partial / LIST_FILE, listed.model_dump_json(indent=1).encode())
    partial.rename(target)
    sync_folder(target.parent)
    return listed


def read_backup(folder: Path) -> BackupList:
    """What this backup holds, every byte of it looked at. Errors: `BackupError`."""
    try:
        listed = BackupList.model_validate_json((folder / LIST_FILE).read_bytes())
        is_as_listed = {
            name: sha256_of(folder / name) == digest for name, digest in listed.files.items()
        }
    except (OSError, ValidationError) as error:
        raise BackupError(f"{folder} is no whole backup ({error}). Take another one.") from error
    wrong = [name for name, is_it in is_as_listed.items() if not is_it]
    if wrong or DIRECTORY_FILE not in listed.files:
        raise BackupError(f"{folder}: {', '.join(wrong)} is not what was backed up. Take another.")
    return listed
