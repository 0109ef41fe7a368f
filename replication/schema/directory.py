"""The directory: the primary's small database, replicated page by page to every site.

Only the primary writes it. A site reads the same tables from its replica. Watermarks stand beside
the balances because a WAL transaction covers one file only: the two must move together.

Names are the keys: a user, a printer or a site is known by one name everywhere. A `payer` is
whoever pays: `user:<name>` or `account:<name>` (see `replication.entry_bodies`).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

from replication.reader import READER

NAMING_CONVENTION: Final = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "pk": "pk_%(table_name)s",
}
SCHEMA_VERSION: Final = READER
"""What this code writes; a site older than a heartbeat's `min_reader` freezes its replica."""
BACKUP_WINDOW_MS: Final = 30 * 86_400_000
"""Where nobody says otherwise: a month of nightly backups."""

directory_metadata: Final = MetaData(naming_convention=NAMING_CONVENTION)

users: Final = Table(
    "users",
    directory_metadata,
    Column("user_name", Text, primary_key=True),
    Column("full_name", Text, nullable=False),
    Column("enabled", Boolean, nullable=False, default=True),
    Column("restricted", Boolean, nullable=False, default=True),
    sqlite_with_rowid=False,
)
groups: Final = Table(
    "groups",
    directory_metadata,
    Column("group_name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    sqlite_with_rowid=False,
)
memberships: Final = Table(
    "memberships",
    directory_metadata,
    Column("group_name", Text, primary_key=True),
    Column("user_name", Text, primary_key=True),
    Index("ix_memberships_user_name", "user_name"),
    sqlite_with_rowid=False,
)
cards: Final = Table(
    "cards",
    directory_metadata,
    Column("card_hash", Text, primary_key=True, doc="HMAC-SHA256 of the card number, hex"),
    Column("user_name", Text, nullable=False),
    Column("revoked", Boolean, nullable=False, default=False),
    Index("ix_cards_user_name", "user_name"),
    sqlite_with_rowid=False,
)
accounts: Final = Table(
    "accounts",
    directory_metadata,
    Column("account_name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("enabled", Boolean, nullable=False, default=True, server_default="1"),
    Column(
        "restricted",
        Boolean,
        nullable=False,
        default=True,
        server_default="1",
        doc="it pays no more than its balance",
    ),
    sqlite_with_rowid=False,
)
account_access: Final = Table(
    "account_access",
    directory_metadata,
    Column("account_name", Text, primary_key=True),
    Column(
        "member",
        Text,
        primary_key=True,
        doc="who may choose it: 'user:<name>', 'group:<name>', or '*' for everybody",
    ),
    Index("ix_account_access_member", "member"),
    sqlite_with_rowid=False,
)
credentials: Final = Table(
    "credentials",
    directory_metadata,
    Column("user_name", Text, primary_key=True),
    Column("kind", Text, primary_key=True, doc="pin or password"),
    Column("slow_hash", Text, nullable=False, doc="in the encoded form of Argon2 (RFC 9106)"),
    sqlite_with_rowid=False,
)
balances: Final = Table(
    "balances",
    directory_metadata,
    Column("payer", Text, primary_key=True),
    Column("balance_micros", Integer, nullable=False),
    sqlite_with_rowid=False,
)
printers: Final = Table(
    "printers",
    directory_metadata,
    Column("printer_name", Text, primary_key=True),
    Column("site_name", Text, nullable=False),
    Column("printer_uri", Text, nullable=False, doc="ipp:// or ipps:// address"),
    Column("provider_mode", Text, nullable=False, default="print_and_log_later"),
    Index("ix_printers_site_name", "site_name"),
    sqlite_with_rowid=False,
)
queues: Final = Table(
    "queues",
    directory_metadata,
    Column("queue_name", Text, primary_key=True),
    Column("site_name", Text, nullable=False),
    Column(
        "printer_name",
        Text,
        nullable=False,
        doc="where a direct job goes, and the default of a release",
    ),
    Column(
        "hold_mode",
        Text,
        nullable=False,
        default="user",
        doc="failure_modes.vocabulary.HoldMode",
    ),
    Column(
        "needs_proof",
        Boolean,
        nullable=False,
        default=False,
        server_default="0",
        doc="the spool name alone does not prove who sent a job",
    ),
    Index("ix_queues_site_name", "site_name"),
    sqlite_with_rowid=False,
)
prices: Final = Table(
    "prices",
    directory_metadata,
    Column("printer_name", Text, primary_key=True, doc="'' is the price of every other printer"),
    Column("mono_simplex_micros", Integer, nullable=False),
    Column("mono_duplex_micros", Integer, nullable=False),
    Column("colour_simplex_micros", Integer, nullable=False),
    Column("colour_duplex_micros", Integer, nullable=False),
    sqlite_with_rowid=False,
)
price_lists: Final = Table(
    "price_lists",
    directory_metadata,
    Column("version", Integer, primary_key=True),
    Column("valid_from_ms", Integer, nullable=False, doc="wall time from which it is in force"),
    Column("body", Text, nullable=False, doc="JSON, see failure_modes.price_list"),
    Column("body_sha256", Text, nullable=False, server_default="", doc="of `body`, hex"),
    # Which list is in force is asked with every decision, and its long body only when it is new.
    Index("ix_price_lists_valid_from_ms", "valid_from_ms", "version", "body_sha256"),
)
quotas: Final = Table(
    "quotas",
    directory_metadata,
    Column("group_name", Text, primary_key=True),
    Column("amount_micros", Integer, nullable=False, doc="what each member gets each period"),
    Column("period", Text, nullable=False, doc="day, week or month, in UTC"),
    Column("balance_max_micros", Integer, doc="never lifts a balance above it; NULL: no bound"),
    sqlite_with_rowid=False,
)
allowances: Final = Table(
    "allowances",
    directory_metadata,
    Column("payer", Text, primary_key=True),
    Column("site_name", Text, primary_key=True),
    Column(
        "granted_micros",
        Integer,
        nullable=False,
        doc="what only this site may spend of the balance; moves with the watermark",
    ),
    Index("ix_allowances_site_name", "site_name"),
    sqlite_with_rowid=False,
)
link_orders: Final = Table(
    "link_orders",
    directory_metadata,
    Column("site_name", Text, primary_key=True),
    Column("number", Integer, nullable=False, doc="grows with each order to this site"),
    Column("order", Text, nullable=False, doc="failure_modes.vocabulary.LinkEvent, an order"),
    Column("given_wall_ms", Integer, nullable=False),
    sqlite_with_rowid=False,
)
policies: Final = Table(
    "policies",
    directory_metadata,
    Column("layer", Text, primary_key=True, doc="failure_modes.vocabulary.Layer"),
    Column("scope", Text, primary_key=True, doc="'' for global, else the site's or printer's name"),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False, doc="a JSON object of policy fields"),
    Column(
        "removed",
        Boolean,
        nullable=False,
        default=False,
        server_default="0",
        doc="no rules any more; the row stays, so that the removal has a version, too",
    ),
    sqlite_with_rowid=False,
)
devices: Final = Table(
    "devices",
    directory_metadata,
    Column("device_name", Text, primary_key=True),
    Column("site_name", Text, nullable=False),
    Column("printer_name", Text, nullable=False, doc="the printer that this panel belongs to"),
    Column("token_hash", Text, nullable=False, doc="SHA-256 of the device's random token, hex"),
    Column("enabled", Boolean, nullable=False, default=True),
    Index("ix_devices_token_hash", "token_hash"),
    sqlite_with_rowid=False,
)
sites: Final = Table(
    "sites",
    directory_metadata,
    Column("site_name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column(
        "epoch",
        Integer,
        nullable=False,
        default=0,
        doc="the newest epoch that joined; 0 = none yet",
    ),
    Column("state", Text, nullable=False, default="approved", doc="approved, revoked or fenced"),
    Column("state_reason", Text, nullable=False, default=""),
    Column(
        "certificate_until_wall_ms",
        Integer,
        doc="the end of the newest certificate that the site was given; NULL = not known",
    ),
    sqlite_with_rowid=False,
)
watermarks: Final = Table(
    "watermarks",
    directory_metadata,
    Column("site_name", Text, primary_key=True),
    Column("epoch", Integer, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column(
        "entry_hash",
        Text,
        nullable=False,
        doc="hash of the entry at `seq`: the next one must name it",
    ),
    sqlite_with_rowid=False,
)
heartbeat: Final = Table(
    "heartbeat",
    directory_metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True),
    Column("lineage", Text, nullable=False),
    Column("wall_ms", Integer, nullable=False),
    Column("min_reader", Integer, nullable=False, doc="its place is fixed: heart_page.py"),
    Column("currency", Text, nullable=False, doc="ISO 4217 code, for people"),
    Column(
        "backup_window_ms",
        Integer,
        nullable=False,
        default=BACKUP_WINDOW_MS,
        server_default=str(BACKUP_WINDOW_MS),
        doc="the oldest backup that headquarters may be restored from; sites keep that much",
    ),
)
