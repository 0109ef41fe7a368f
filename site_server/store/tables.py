"""The tables of `site.db`: what this site has promised, done and charged.

`offline_log` and `told` are of a node without a replica only (`site_server.secondary`).

Everything that a person was told stands here, in the same transaction as its journal entry. The
spool holds only the bytes of documents; the replica, only what headquarters said.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, Table, Text

from replication.schema.directory import NAMING_CONVENTION

site_metadata: Final = MetaData(naming_convention=NAMING_CONVENTION)

journal: Final = Table(
    "journal",
    site_metadata,
    Column("site_name", Text, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("wall_ms", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("prev_hash", Text, nullable=False),
    Column("entry_hash", Text, nullable=False),
    Column(
        "payer",
        Text,
        doc="whose money this entry moves, or 'returned:' and whose allowance it lowers; "
        "NULL: neither",
    ),
    Column("amount_micros", Integer, nullable=False, default=0),
    # Covers the sum of a payer's unmerged entries: no row of the table is touched.
    Index("ix_journal_payer", "payer", "site_name", "epoch", "seq", "amount_micros"),
    sqlite_with_rowid=False,
)
jobs: Final = Table(
    "jobs",
    site_metadata,
    Column("job_uuid", Text, primary_key=True),
    Column("job_number", Integer, nullable=False, unique=True, doc="IPP's job-id"),
    Column("queue_name", Text, nullable=False),
    Column("user_name", Text, nullable=False),
    Column("job_name", Text, nullable=False),
    Column("state", Text, nullable=False, doc="failure_modes.job_lifecycle.JobState"),
    Column("direct", Boolean, nullable=False, doc="it came through a queue that prints at once"),
    Column(
        "for_manager",
        Boolean,
        nullable=False,
        default=False,
        server_default="0",
        doc="it came through a queue whose jobs only a manager lets go",
    ),
    Column(
        "is_proven",
        Boolean,
        nullable=False,
        default=True,
        server_default="1",
        doc="it counts as sent by its user: proved, or no proof is asked for",
    ),
    Column(
        "hold_until", Text, nullable=False, doc="IPP's job-hold-until; 'no-hold': not asked for"
    ),
    # The document and how it is wanted (site_server.ipp.service_port.JobTicket).
    Column("document_name", Text, nullable=False),
    Column("document_format", Text, nullable=False),
    Column("document_bytes", Integer, nullable=False),
    Column("document_sha256", Text, nullable=False),
    Column("copies", Integer, nullable=False),
    Column("sides", Text, nullable=False),
    Column("colour_mode", Text, nullable=False),
    Column("media", Text),
    Column("print_quality", Integer),
    Column("orientation", Integer),
    # What the counter found, of one copy; NULL: not counted, or not countable (count_reason).
    Column("mono_pages", Integer),
    Column("colour_pages", Integer),
    Column("count_reason", Text, nullable=False, default=""),
    # The last release and what came of it.
    Column("fence", Integer, nullable=False, default=0, doc="how often it was released"),
    Column("printer_name", Text, nullable=False, default=""),
    Column("printer_job_id", Integer, doc="the printer's own number, once it gave one"),
    Column("printed_sides", Text, doc="what the rules made of `sides`; NULL: nothing"),
    Column("printed_colour_mode", Text, doc="and of `colour_mode`"),
    Column(
        "chosen_payer",
        Text,
        nullable=False,
        default="",
        server_default="",
        doc="who a person at a panel said shall pay; '': nobody said",
    ),
    Column("payer", Text, nullable=False, default=""),
    Column("cost_micros", Integer, nullable=False, default=0),
    Column("charged_mono_pages", Integer, nullable=False, default=0, doc="of one copy"),
    Column("charged_colour_pages", Integer, nullable=False, default=0),
    Column(
        "unanswered",
        Text,
        nullable=False,
        default="",
        server_default="",
        doc="the Action by which it was let out while nobody answered; '': somebody decided",
    ),
    Column("reason_code", Text, nullable=False, default="", doc="last refusal or outcome"),
    Column("reason_text", Text, nullable=False, default="", doc="the same for a person"),
    Column("accepted_wall_ms", Integer, nullable=False),
    Column("released_wall_ms", Integer),
    Column("ended_wall_ms", Integer),
    Column("revision", Integer, nullable=False, doc="grows with every change of any job"),
    Index("ix_jobs_user_name", "user_name", "state"),
    Index("ix_jobs_state", "state", "accepted_wall_ms"),
    Index("ix_jobs_queue_name", "state", "queue_name"),
    Index("ix_jobs_direct", "direct", "state"),
    Index("ix_jobs_revision", "revision"),
    Index("ix_jobs_document_sha256", "user_name", "document_sha256", "released_wall_ms"),
    sqlite_with_rowid=False,
)
reservations: Final = Table(
    "reservations",
    site_metadata,
    Column("reservation_id", Text, primary_key=True, doc="job:<uuid> or copy:<uuid>"),
    Column("payer", Text, nullable=False),
    Column("amount_micros", Integer, nullable=False),
    Column("opened_wall_ms", Integer, nullable=False),
    Index("ix_reservations_payer", "payer", "amount_micros"),
    sqlite_with_rowid=False,
)
payers_seen: Final = Table(
    "payers_seen",
    site_metadata,
    Column("payer", Text, primary_key=True),
    Column("seen_wall_ms", Integer, nullable=False, doc="when they were last at hand here"),
    sqlite_with_rowid=False,
)
sessions: Final = Table(
    "sessions",
    site_metadata,
    Column("session_id", Text, primary_key=True),
    Column("user_name", Text, nullable=False),
    Column("device_name", Text, nullable=False),
    Column("printer_name", Text, nullable=False),
    Column("opened_wall_ms", Integer, nullable=False),
    Column("closed_wall_ms", Integer),
    Column("link_state", Text, doc="of the link at login; NULL: from before that was kept"),
    Index("ix_sessions_closed_wall_ms", "closed_wall_ms"),
    sqlite_with_rowid=False,
)
copies: Final = Table(
    "copies",
    site_metadata,
    Column("copy_uuid", Text, primary_key=True),
    Column("session_id", Text, nullable=False),
    Column("user_name", Text, nullable=False),
    Column("device_name", Text, nullable=False),
    Column("printer_name", Text, nullable=False),
    Column("payer", Text, nullable=False),
    Column("sides", Text, nullable=False),
    Column("mono_each_micros", Integer, nullable=False, doc="the price in force at the start"),
    Column("colour_each_micros", Integer, nullable=False),
    Column("reserved_micros", Integer, nullable=False),
    Column("started_wall_ms", Integer, nullable=False),
    Column("finished_wall_ms", Integer),
    Column("mono_pages", Integer),
    Column("colour_pages", Integer),
    Column("cost_micros", Integer),
    Index("ix_copies_finished_wall_ms", "finished_wall_ms", "started_wall_ms"),
    sqlite_with_rowid=False,
)
card_uses: Final = Table(
    "card_uses",
    site_metadata,
    Column("use_uuid", Text, primary_key=True, doc="given by the device that reached nobody"),
    Column("content_hash", Text, nullable=False, doc="SHA-256 of all that the device told of it"),
    Column("payer", Text, doc="NULL: nobody pays"),
    Column("cost_micros", Integer, nullable=False),
    Column("matched", Boolean, nullable=False, doc="the card had an owner when it was told"),
    Column("reason", Text, nullable=False, doc="failure_modes.vocabulary.Reason"),
    Column("taken_wall_ms", Integer, nullable=False),
    sqlite_with_rowid=False,
)
offline_log: Final = Table(
    "offline_log",
    site_metadata,
    Column(
        "job_uuid", Text, primary_key=True, doc="its row of `jobs` stays while this one is here"
    ),
    Column("record_bytes", Integer, nullable=False),
    Column("printed_wall_ms", Integer, doc="NULL: let out, and no outcome yet"),
    Index("ix_offline_log_printed_wall_ms", "printed_wall_ms"),
    sqlite_with_rowid=False,
)
told: Final = Table(
    "told",
    site_metadata,
    Column("scope", Text, primary_key=True, doc="'' for the node itself, else user:<name>"),
    Column("body", Text, nullable=False, doc="JSON: rows by table, see replication.told"),
    Column("told_wall_ms", Integer, nullable=False),
    Index("ix_told_told_wall_ms", "told_wall_ms"),
    sqlite_with_rowid=False,
)
numbers: Final = Table(
    "numbers",
    site_metadata,
    Column("name", Text, primary_key=True),
    Column("last", Integer, nullable=False, doc="the last number given out; none is ever reused"),
    sqlite_with_rowid=False,
)
