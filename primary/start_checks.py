"""What is looked at before a primary starts: that nobody put its files back by hand.

With each heartbeat the newest one is noted in `directory.seen`, after it is in the directory. So
the directory is never older than the note, unless somebody put it back. Then it must begin a new
lineage first; sites would otherwise follow it back without a word.
"""

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from primary.errors import PrimaryError
from primary.service.fit import problems_between
from primary.service.key_backup import CA_CERT_FILE
from primary.service.restore_plan import PKI_FOLDER, SEEN_FILE
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from replication.adapters.private_file import write_private

HOW: Final = "If that was meant, run: holdfast-primary restore --here"


class PutBackError(PrimaryError):
    """The files of this data folder were put back to an earlier state."""


class Seen(BaseModel):
    """`directory.seen`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lineage: str
    wall_ms: int


def note_heartbeat(data_dir: Path, lineage: str, wall_ms: int) -> None:
    """Note the newest heartbeat, once it is in the directory."""
    seen = Seen(lineage=lineage, wall_ms=wall_ms)
    write_private(data_dir / SEEN_FILE, seen.model_dump_json().encode())


def check_files(data_dir: Path, directory: Directory, ledger: Ledger) -> None:
    """Raise `PutBackError` where directory or ledger is not what ran here last.

    A ledger that is a database of its own is looked at where its entries are used.
    """
    has_sites = any(site.epoch for site in directory.sites())
    if has_sites and not (data_dir / PKI_FOLDER / CA_CERT_FILE).exists():
        raise PutBackError(
            f"Sites trust a CA that is not in {data_dir / PKI_FOLDER}. Put it back, or unseal it: "
            "holdfast-primary restore --here --keys FILE --passphrase-file FILE"
        )
    seen = _seen(data_dir)
    is_another = seen is not None and seen.lineage != directory.lineage()
    is_older = seen is not None and (directory.heartbeat_wall_ms() or 0) < seen.wall_ms
    if is_another or is_older:
        raise PutBackError(
            f"directory.db is {'another' if is_another else 'older'} than the one that ran here "
            f"last. {HOW}"
        )
    problems = problems_between(directory, ledger) if isinstance(ledger.path, Path) else ()
    if problems:
        raise PutBackError(
            f"ledger.db is older than directory.db: {'; '.join(problems)}. Put the newer ledger "
            "back, or restore both from one backup: holdfast-primary restore --from BACKUP"
        )


def _seen(data_dir: Path) -> Seen | None:
    try:
        return Seen.model_validate_json((data_dir / SEEN_FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
