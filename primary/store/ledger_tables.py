"""The tables of the ledger: the primary's history. Nothing here ever travels to a site."""

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from replication.schema.directory import NAMING_CONVENTION

ledger_metadata: Final = MetaData(naming_convention=NAMING_CONVENTION)

entries: Final = Table(
    "entries",
    ledger_metadata,
    Column("entry_id", Integer, primary_key=True, doc="the order of arrival"),
    Column("site_name", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("wall_ms", Integer, nullable=False, doc="the writer's clock"),
    Column("body", Text, nullable=False, doc="canonical JSON, as it was hashed"),
    Column("prev_hash", Text, nullable=False),
    Column("entry_hash", Text, nullable=False),
    Column("received_wall_ms", Integer, nullable=False, doc="the primary's clock"),
    Column("disputed", Text, nullable=False, doc="'' or why it moved no money"),
    Column("offset_ms", Integer, doc="the writer's clock less the primary's at receipt"),
    UniqueConstraint("site_name", "epoch", "seq"),
    # The list of disputes: a few rows among millions.
    Index(
        "ix_entries_disputed",
        "entry_id",
        sqlite_where=text("disputed <> ''"),
        postgresql_where=text("disputed <> ''"),
    ),
)
settlements: Final = Table(
    "settlements",
    ledger_metadata,
    Column("site_name", Text, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True, doc="of a disputed entry"),
    Column("settled_wall_ms", Integer, nullable=False),
    Column("comment", Text, nullable=False),
    Column("adjustments", Text, nullable=False, doc="JSON: what headquarters booked instead"),
    sqlite_with_rowid=False,
)
movements: Final = Table(
    "movements",
    ledger_metadata,
    Column("site_name", Text, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("payer", Text, nullable=False),
    Column("amount_micros", Integer, nullable=False, doc="a credit is positive"),
    sqlite_with_rowid=False,
)
print_log: Final = Table(
    "print_log",
    ledger_metadata,
    Column("site_name", Text, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("wall_ms", Integer, nullable=False),
    Column("work_uuid", Text, nullable=False, doc="of the job, the copy session or the card use"),
    Column(
        "work",
        Text,
        nullable=False,
        doc="print, copy, or card: by a device that reached nobody",
    ),
    Column("user_name", Text, nullable=False, doc="'' where nobody is known to have done it"),
    Column("printer_name", Text, nullable=False),
    Column("payer", Text, nullable=False, doc="'' where nobody pays"),
    Column("cost_micros", Integer, nullable=False),
    Column("mono_pages", Integer, nullable=False),
    Column("colour_pages", Integer, nullable=False),
    Column("copies", Integer, nullable=False),
    sqlite_with_rowid=False,
)
requests: Final = Table(
    "requests",
    ledger_metadata,
    Column("request_id", Text, primary_key=True, doc="the caller's own name of an adjustment"),
    Column("site_name", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    sqlite_with_rowid=False,
)
join_tokens: Final = Table(
    "join_tokens",
    ledger_metadata,
    Column("serial", Text, primary_key=True, doc="of the token's certificate"),
    Column("site_name", Text, nullable=False),
    Column("expires_wall_ms", Integer, nullable=False),
    Column("used_wall_ms", Integer, doc="NULL until used"),
    sqlite_with_rowid=False,
)
quota_runs: Final = Table(
    "quota_runs",
    ledger_metadata,
    Column("group_name", Text, primary_key=True),
    Column("period", Text, primary_key=True, doc="day, week or month"),
    Column("begin_ms", Integer, nullable=False, doc="of the newest such period that was granted"),
    Column("after_user", Text, nullable=False, doc="who got theirs last, by name"),
    Column("is_done", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
