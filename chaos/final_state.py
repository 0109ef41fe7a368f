"""What was found at every node, and in every printer's tray, when a scenario was over.

The beginning belongs to it: balances are judged as opening balance plus everything since.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter

from replication.journal import Entry  # noqa: TC001 - the same
from replication.ports import Micros  # noqa: TC001 - the same

if TYPE_CHECKING:
    from pathlib import Path

JournalKey = tuple[str, int]
"""(site name, epoch): what a journal is numbered within."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """How far one journal has taken effect in the directory's balances."""

    site_name: str
    epoch: int
    seq: int
    entry_hash: str

    @property
    def key(self) -> JournalKey:
        """The journal it belongs to."""
        return (self.site_name, self.epoch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The primary before the first operation: balances by payer, and how far the ledger was."""

    balances: Mapping[str, Micros]
    watermarks: tuple[Watermark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryFound:
    """The primary at the end. `ledger_balances` are its own sums over its ledger.

    The entries are in the order in which they arrived.
    """

    balances: Mapping[str, Micros]
    ledger_balances: Mapping[str, Micros]
    entries: tuple[Entry, ...]
    watermarks: tuple[Watermark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteBalance:
    """What a site lets a user spend, and what it holds back for releases that are not over."""

    effective_micros: Micros
    reserved_micros: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFound:
    """One job as its site shows it."""

    job_uuid: str
    job_name: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFound:
    """One site at the end: what it would show its users, and its own journal."""

    site_name: str
    balances: Mapping[str, SiteBalance]
    entries: tuple[Entry, ...]
    jobs: tuple[JobFound, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFound:
    """One document in a printer's own record: what arrived there, whatever anybody says."""

    printer_name: str
    printer_job_id: int
    file_name: str
    sha256: str
    completed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalState:
    """Everything that was found at the end of a scenario."""

    opening: Opening
    primary: PrimaryFound
    sites: tuple[SiteFound, ...]
    documents: tuple[DocumentFound, ...]


_FINAL_STATE: Final[TypeAdapter[FinalState]] = TypeAdapter(FinalState)


def write_final_state(state: FinalState, path: Path) -> None:
    """Keep `state` beside its history, so that a verdict can be looked into later."""
    path.write_bytes(_FINAL_STATE.dump_json(state, indent=1))


def read_final_state(path: Path) -> FinalState:
    """The state that `path` holds."""
    return _FINAL_STATE.validate_json(path.read_bytes())
