"""The tables of the ledger: the primary's history. Nothing here ever travels to a site."""

from typing import Final

from sqlalchemy import (
    BigInteger,
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

Whole: Final = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits in both: only a column of type INTEGER can be SQLite's own row number."""

_JOURNAL_KEY: Final = ("site_name", "epoch", "seq")
OF_ACCOUNTS: Final = "substr({payer}, 1, 8) = 'account:'"
"""An account can be as wide as the whole log, so its rows have an index with each of the other wide
things. People are narrow: what they pay for themselves costs nothing there."""


def _of_account(table: str, name: str) -> Index:
    rest = (key for key in _JOURNAL_KEY if key != name)
    where = text(OF_ACCOUNTS.format(payer="payer"))
    called = f"ix_{table}_account_{name}"
    columns = ("payer", name, "wall_ms", *rest)
    return Index(called, *columns, sqlite_where=where, postgresql_where=where)


def _by_time(table: str, *rest: str) -> tuple[Index, Index]:
    """The index of a day's rows.

    SQLite keeps rows by journal, so those of a day lie anywhere and a page of them is a hundred
    reads; so this index holds the rows themselves. New rows come at its end, where that costs
    least. PostgreSQL keeps rows as they came: there a day lies together.
    """
    columns = ("wall_ms", *_JOURNAL_KEY)
    whole = Index(f"ix_{table}_day", *columns, *rest).ddl_if(dialect="sqlite")
    return whole, Index(f"ix_{table}_wall_ms", *columns).ddl_if(dialect="postgresql")


entries: Final = Table(
    "entries",
    ledger_metadata,
    Column("entry_id", Whole, primary_key=True, doc="the order of arrival"),
    Column("site_name", Text, nullable=False),
    Column("epoch", Whole, nullable=False),
    Column("seq", Whole, nullable=False),
    Column("kind", Text, nullable=False),
    Column("version", Whole, nullable=False),
    Column("wall_ms", Whole, nullable=False, doc="the writer's clock"),
    Column("body", Text, nullable=False, doc="canonical JSON, as it was hashed"),
    Column("prev_hash", Text, nullable=False),
    Column("entry_hash", Text, nullable=False),
    Column("received_wall_ms", Whole, nullable=False, doc="the primary's clock"),
    Column("disputed", Text, nullable=False, doc="'' or why it moved no money"),
    Column("offset_ms", Whole, doc="the writer's clock less the primary's at receipt"),
    UniqueConstraint("site_name", "epoch", "seq"),
    # The list of disputes: a few rows among millions.
    Index(
        "ix_entries_disputed",
        "entry_id",
        sqlite_where=text("disputed <> ''"),
        postgresql_where=text("disputed <> ''"),
    ),
)
openings: Final = Table(
    "openings",
    ledger_metadata,
    Column("site_name", Text, primary_key=True),
    Column("epoch", Whole, primary_key=True),
    Column("seq", Whole, nullable=False, doc="what came before the ledger began: its last entry"),
    Column("entry_hash", Text, nullable=False),
    sqlite_with_rowid=False,
)
settlements: Final = Table(
    "settlements",
    ledger_metadata,
    Column("site_name", Text, primary_key=True),
    Column("epoch", Whole, primary_key=True),
    Column("seq", Whole, primary_key=True, doc="of a disputed entry"),
    Column("settled_wall_ms", Whole, nullable=False),
    Column("comment", Text, nullable=False),
    Column("adjustments", Text, nullable=False, doc="JSON: what headquarters booked instead"),
    sqlite_with_rowid=False,
)
movements: Final = Table(
    "movements",
    ledger_metadata,
    Column("site_name", Text, primary_key=True),
    Column("epoch", Whole, primary_key=True),
    Column("seq", Whole, primary_key=True),
    Column("payer", Text, nullable=False),
    Column("amount_micros", Whole, nullable=False, doc="a credit is positive"),
    Column("wall_ms", Whole, doc="of the entry; NULL only until an old file is filled up"),
    Column("printer_name", Text, doc="'' where no printer had to do with it; NULL as above"),
    Index("ix_movements_payer_wall_ms", "payer", "wall_ms", *_JOURNAL_KEY),
    Index("ix_movements_printer_name_wall_ms", "printer_name", "wall_ms", *_JOURNAL_KEY),
    Index("ix_movements_site_name_wall_ms", "site_name", "wall_ms", "epoch", "seq"),
    *_by_time("movements", "payer", "amount_micros", "printer_name"),
    _of_account("movements", "site_name"),
    _of_account("movements", "printer_name"),
    sqlite_with_rowid=False,
)
print_log: Final = Table(
    "print_log",
    ledger_metadata,
    Column("site_name", Text, primary_key=True),
    Column("epoch", Whole, primary_key=True),
    Column("seq", Whole, primary_key=True),
    Column("wall_ms", Whole, nullable=False),
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
    Column("cost_micros", Whole, nullable=False),
    Column("mono_pages", Whole, nullable=False),
    Column("colour_pages", Whole, nullable=False),
    Column("copies", Whole, nullable=False),
    Index("ix_print_log_user_name_wall_ms", "user_name", "wall_ms", *_JOURNAL_KEY),
    Index("ix_print_log_payer_wall_ms", "payer", "wall_ms", *_JOURNAL_KEY),
    Index("ix_print_log_printer_name_wall_ms", "printer_name", "wall_ms", *_JOURNAL_KEY),
    Index("ix_print_log_site_name_wall_ms", "site_name", "wall_ms", "epoch", "seq"),
    *_by_time(
        "print_log",
        *("work_uuid", "work", "user_name", "printer_name", "payer"),
        *("cost_micros", "mono_pages", "colour_pages", "copies"),
    ),
    _of_account("print_log", "site_name"),
    _of_account("print_log", "printer_name"),
    sqlite_with_rowid=False,
)
daily_sums: Final = Table(
    "daily_sums",
    ledger_metadata,
    Column("dimension", Text, primary_key=True, doc="user, site, printer or account"),
    Column("day", Whole, primary_key=True, autoincrement=False, doc="UTC, days since 1970"),
    Column("name", Text, primary_key=True),
    Column("printed", Whole, nullable=False),
    Column("mono_pages", Whole, nullable=False, doc="of all copies"),
    Column("colour_pages", Whole, nullable=False, doc="of all copies"),
    Column("cost_micros", Whole, nullable=False, doc="of what was printed"),
    Column("credits_micros", Whole, nullable=False),
    Column("debits_micros", Whole, nullable=False, doc="0 or less"),
    Index("ix_daily_sums_name_day", "name", "day"),
    sqlite_with_rowid=False,
)
requests: Final = Table(
    "requests",
    ledger_metadata,
    Column("request_id", Text, primary_key=True, doc="the caller's own name of an adjustment"),
    Column("site_name", Text, nullable=False),
    Column("epoch", Whole, nullable=False),
    Column("seq", Whole, nullable=False),
    sqlite_with_rowid=False,
)
join_tokens: Final = Table(
    "join_tokens",
    ledger_metadata,
    Column("serial", Text, primary_key=True, doc="of the token's certificate"),
    Column("site_name", Text, nullable=False),
    Column("expires_wall_ms", Whole, nullable=False),
    Column("used_wall_ms", Whole, doc="NULL until used"),
    sqlite_with_rowid=False,
)
quota_runs: Final = Table(
    "quota_runs",
    ledger_metadata,
    Column("group_name", Text, primary_key=True),
    Column("period", Text, primary_key=True, doc="day, week or month"),
    Column("begin_ms", Whole, nullable=False, doc="of the newest such period that was granted"),
    Column("after_user", Text, nullable=False, doc="who got theirs last, by name"),
    Column("is_done", Boolean, nullable=False),
    sqlite_with_rowid=False,
)
site_starts: Final = Table(
    "site_starts",
    ledger_metadata,
    Column("site_name", Text, primary_key=True),
    Column("epoch", Whole, primary_key=True, autoincrement=False),
    Column("number", Whole, nullable=False, doc="the newest start that was heard of"),
    Column("instance", Text, nullable=False),
    sqlite_with_rowid=False,
)
