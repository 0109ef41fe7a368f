"""How a data folder gets other databases: a plan that is stored before anything is touched.

Everything new is made in `.restore/` first. Up to then a failure or a kill has changed nothing, and
the next run begins anew. Then the plan is stored, and from then on it is only ever finished: what
was there moves into a folder of its own, what is new moves into its place, the directory last. Each
step can be repeated, and a server does not start while there is a plan.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from primary.errors import PrimaryError
from primary.service.organisation import ADMIN_KEY_FILE, CARD_KEY_FILE, DIRECTORY_FILE
from primary.store.ledger import LEDGER_FILE
from replication.adapters.private_file import make_private_folder, sync_folder, write_private

PLAN_FILE: Final = "restore.json"
BESIDE_FOLDER: Final = ".restore"
SEEN_FILE: Final = "directory.seen"
PKI_FOLDER: Final = "pki"
_OF_DIRECTORY: Final = (
    "directory.db-wal",
    "directory.db-shm",
    DIRECTORY_FILE,
    ".directory.db-litestream",
    "store",
    "shadow.pages",
    SEEN_FILE,
    "registers.db-wal",
    "registers.db-shm",
    "registers.db",
)
_OF_LEDGER: Final = (
    "ledger.db-wal",
    "ledger.db-shm",
    LEDGER_FILE,
    ".ledger.db-litestream",
    "ledger-store",
)
_IN_ORDER: Final = (PKI_FOLDER, CARD_KEY_FILE, ADMIN_KEY_FILE, LEDGER_FILE, DIRECTORY_FILE)


class UnfinishedRestoreError(PrimaryError):
    """A restore of this data folder was interrupted. Finish it: run the same command again."""


class Plan(BaseModel):
    """What is to be done, in the order of the lists. `kept_in`: where the old files go."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kept_in: str
    takes_away: tuple[str, ...]
    brings: tuple[str, ...]


def plan_for(beside: Path, kept_in: str) -> Plan:
    """The plan that puts into place what lies in `beside`."""
    brings = tuple(name for name in _IN_ORDER if (beside / name).exists())
    takes = (*_OF_DIRECTORY, *(_OF_LEDGER if LEDGER_FILE in brings else ()))
    more = tuple(name for name in brings if name not in takes)
    return Plan(kept_in=kept_in, takes_away=(*takes, *more), brings=brings)


def stored_plan(data_dir: Path) -> Plan | None:
    """The plan that is to be finished; None where there is none."""
    try:
        return Plan.model_validate_json((data_dir / PLAN_FILE).read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise UnfinishedRestoreError(
            f"{data_dir / PLAN_FILE} cannot be read: {error}. Restore into an empty folder."
        ) from error


def store_plan(data_dir: Path, plan: Plan) -> None:
    """From now on this plan is only ever finished."""
    write_private(data_dir / PLAN_FILE, plan.model_dump_json(indent=1).encode())


def carry_out(data_dir: Path, plan: Plan) -> Iterator[str]:
    """Do the steps that are not done yet; yields the name of each when it is done."""
    beside, kept = data_dir / BESIDE_FOLDER, data_dir / plan.kept_in
    make_private_folder(kept)
    for name in plan.takes_away:
        is_new = name in plan.brings and not (beside / name).exists()
        if not is_new and (data_dir / name).exists():
            (data_dir / name).rename(kept / name)
            yield f"{name} is set aside"
    sync_folder(kept)
    sync_folder(data_dir)
    for name in plan.brings:
        if (beside / name).exists():
            (beside / name).rename(data_dir / name)
            sync_folder(data_dir)
            yield f"{name} is in its place"
    shutil.rmtree(beside, ignore_errors=True)
    (data_dir / PLAN_FILE).unlink()
    sync_folder(data_dir)
    yield "done"


def check_finished(data_dir: Path) -> None:
    """Raise `UnfinishedRestoreError` where a plan is to be finished."""
    if (data_dir / PLAN_FILE).exists():
        raise UnfinishedRestoreError
