"""What every service of a site stands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import tzinfo

    from replication.ports import Clock
    from site_server.config import Limits
    from site_server.ports import Link, Spool
    from site_server.service.supervise import Supervisor
    from site_server.store.directory import Directory
    from site_server.store.site_store import SiteStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The site's own facts, what headquarters said, the documents, the time, and the bounds."""

    site_name: str
    store: SiteStore
    directory: Directory
    spool: Spool
    link: Link
    clock: Clock
    supervisor: Supervisor
    limits: Limits
    zone: tzinfo | None = None
    """The time zone of opening hours; None is that of this machine."""
