"""What a directory knows of its restores. Only headquarters writes and reads it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, Table, Text

from replication.schema.directory import directory_metadata

restores: Final = Table(
    "restores",
    directory_metadata,
    Column("lineage", Text, primary_key=True, doc="that began with it"),
    Column("from_lineage", Text, nullable=False, doc="whose content it began with"),
    Column("wall_ms", Integer, nullable=False),
    Column(
        "epoch_floor",
        Integer,
        nullable=False,
        doc="epochs given out since are no lower; headquarters' own journal has this one",
    ),
    sqlite_with_rowid=False,
)
unheard_sites: Final = Table(
    "unheard_sites",
    directory_metadata,
    Column(
        "site_name",
        Text,
        primary_key=True,
        doc="it may hold allowances that a restored directory does not know",
    ),
    sqlite_with_rowid=False,
)
