"""The tables of `site.db` about the link: what was ordered, since when it is cut, the drills."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, CheckConstraint, Column, Integer, Table, Text

from site_server.store.tables import site_metadata

link_memory: Final = Table(
    "link_memory",
    site_metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True),
    Column("ordered", Text, doc="drill or forced_offline; NULL: nothing is ordered"),
    Column("offline_since_ms", Integer, doc="NULL: there is no outage"),
    Column("order_number", Integer, nullable=False, doc="headquarters' newest order seen here"),
)
drills: Final = Table(
    "drills",
    site_metadata,
    Column("number", Integer, primary_key=True),
    Column("started_wall_ms", Integer, nullable=False),
    Column("ended_wall_ms", Integer, doc="NULL: it is still on"),
    Column("report", Text, doc="JSON, once it has ended"),
)
drill_counts: Final = Table(
    "drill_counts",
    site_metadata,
    Column("number", Integer, primary_key=True),
    Column("name", Text, primary_key=True, doc="site_server.store.drills.Count"),
    Column("amount", Integer, nullable=False),
    sqlite_with_rowid=False,
)
drill_refusals: Final = Table(
    "drill_refusals",
    site_metadata,
    Column("number", Integer, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("because_of_drill", Boolean, primary_key=True, doc="online it would have been allowed"),
    Column("user_name", Text, primary_key=True, doc="'': nobody known, or one too many to name"),
    Column("times", Integer, nullable=False),
    sqlite_with_rowid=False,
)
