"""A site's own files, for what concerns headquarters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replication.adapters.replica import Replica
    from replication.position import Position
    from replication.registers import RegistersPort
    from site_server.adapters.identity import Identity
    from site_server.data_folder import DataFolder
    from site_server.store.site_store import SiteStore


@dataclass(frozen=True, slots=True, kw_only=True)
class NearSide:
    """What the link carries: this site's own files."""

    identity: Identity
    folder: DataFolder
    store: SiteStore
    replica: Replica
    registers: RegistersPort

    def applied(self) -> Position | None:
        """Where the replica that can be read stands; None where none can."""
        return self.replica.position if self.replica.ready else None
