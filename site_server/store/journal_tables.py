"""The tables of `site.db` about the journal's past: what was pruned, and what may be one day."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, Table, Text

from site_server.store.tables import site_metadata

journal_pruned: Final = Table(
    "journal_pruned",
    site_metadata,
    Column("site_name", Text, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("seq", Integer, nullable=False, doc="the last entry that is gone"),
    Column("entry_hash", Text, nullable=False, doc="its hash: the first kept entry names it"),
    sqlite_with_rowid=False,
)
journal_covered: Final = Table(
    "journal_covered",
    site_metadata,
    Column("site_name", Text, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True, doc="the watermark of a replica that was here"),
    Column("heartbeat_wall_ms", Integer, nullable=False, doc="headquarters' clock in that replica"),
    Column("seen_wall_ms", Integer, nullable=False, doc="this site's clock then"),
    sqlite_with_rowid=False,
)
