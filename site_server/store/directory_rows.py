"""The things of the directory, as this site's decisions see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from failure_modes.vocabulary import HoldMode, ProviderMode, WallMs


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user of the directory."""

    user_name: str
    full_name: str
    enabled: bool
    restricted: bool
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Printer:
    """A printer of the directory. What it costs depends on the time: `Snapshot.view_of`."""

    printer_name: str
    printer_uri: str
    provider_mode: ProviderMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue of this site. `printer_name` is where its jobs go unless a person says otherwise."""

    queue_name: str
    printer_name: str
    hold_mode: HoldMode
    needs_proof: bool = False
    """Whether the name that a computer gives does not prove who sent a job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A panel of this site, and the printer that it belongs to."""

    device_name: str
    printer_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """The sign of life that travels in the directory."""

    lineage: str
    wall_ms: WallMs
    currency: str
