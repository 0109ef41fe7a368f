"""Begins the registers of a site anew, under a new name as their writer.

cr-sqlite numbers what a writer wrote, and nodes ask each other for what is beyond a number. A disk
that was copied or put back has parted from what others know of that writer: the same numbers mean
other changes, and nodes would believe for ever that they have them. So a site that joins again
is another writer. What others hold comes back from headquarters; the index of held jobs is made
anew from the jobs. Only claims of cards that nobody may have heard are taken along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from replication.adapters.crsqlite import Registers
from replication.adapters.private_file import sync_folder
from replication.registers import ClaimState

if TYPE_CHECKING:
    from pathlib import Path

BESIDE: Final = ("-wal", "-shm")


async def begin_registers_anew(path: Path, extension: Path, site_name: str) -> None:
    """Let a new file take the place of `path`, where there is one; its site's server is stopped.

    A crash leaves the one or the other. Errors: those of the registers.
    """
    if not _is_there(path):
        return
    former = Registers(path, extension)
    claims = await former.card_claims()
    former.close()
    beside = path.with_name(f"{path.name}.anew")
    _remove(beside)
    anew = Registers(beside, extension)
    for claim in claims:
        if claim.site_name == site_name and claim.state is ClaimState.CLAIMED:
            await anew.put_card_claim(claim)
    anew.close()  # whoever closes last empties the WAL, so that the file is all there is
    for suffix in BESIDE:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    beside.replace(path)
    sync_folder(path.parent)


def _is_there(path: Path) -> bool:
    return path.exists()


def _remove(path: Path) -> None:
    for suffix in ("", *BESIDE):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
