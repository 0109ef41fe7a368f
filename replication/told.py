"""What a node without a replica is told when it asks: the few rows that one question needs.

Theory of operation
-------------------
A secondary asks "what do I have to know of this user?" and is answered with rows of the directory,
all of one snapshot: its own queues and printers, their prices and policies, the user with their
balance, and its own watermarks. It puts them where a site has its replica and decides by the same
rules, in the same transaction of its own `site.db`. So a question has no effect: it may be asked
twice, cut off, or answered by two nodes, and nobody has to remember or take back anything.

The rejected alternative is to be told "yes" or "no". The node that decides would have to know what
the asking node has spent and set aside since its last journal entry arrived: two jobs of one user
released at once would each be allowed the same credit. Only the secondary knows that, so the
decision belongs to where its journal is written, and the rest follows from the rule for balances:
told balance + own entries beyond the told watermark - own open reservations.

What is told of a user says nothing of anybody else, and no card, PIN or panel is ever told. Of the
shared accounts only those are told that a policy charges by itself; a secondary has no panel at
which somebody could choose another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field
from sqlalchemy import and_, bindparam, func, literal, or_, select

from failure_modes.policy import Policy
from failure_modes.vocabulary import Layer, LinkState
from replication.entry_bodies import Name, account_payer, user_payer
from replication.messages import MESSAGE_BYTES_MAX, Message
from replication.schema import directory as schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import BindParameter, ColumnElement, Connection, Table

TOLD_PATH: Final = "/v1/told"
"""Where the primary's link port and a site server's port for nodes answer."""
TOLD_BYTES_MAX: Final = MESSAGE_BYTES_MAX
"""Of one answer; a thousand printers with policies of their own are a tenth of it."""
QUESTION_BYTES_MAX: Final = 4_096
PRICE_LISTS_MAX: Final = 4
"""The newest ones: a list may be 300 kB, and no outage outlasts so many."""
ROWS_MAX: Final = 10_000
"""Of one table in one answer."""

Cell = bool | int | float | str | None
Row = dict[str, Cell]
Rows = dict[str, Annotated[list[Row], Field(max_length=ROWS_MAX)]]

USER_TABLES: Final = frozenset({"users", "memberships", "balances", "allowances"})
"""The tables whose rows depend on the user who was asked about."""


class Question(Message):
    """What do I have to know to print for this user? None: only what I have to know anyway."""

    user_name: Name | None = None


class Told(Message):
    """The answer: rows by table, and how the answering node stands to the primary."""

    rows: Rows
    link_state: LinkState
    offline_since_ms: int | None = None


_CHARGED_BY_POLICY: Final = select(literal(Policy().offline_account_name)).union(
    select(func.json_extract(schema.policies.c.body, "$.offline_account_name"))
)
"""The accounts that some policy charges without anybody choosing one."""
_SITE: Final[BindParameter[str]] = bindparam("site")
_USER: Final[BindParameter[str]] = bindparam("user")
_ITS_PRINTERS: Final = select(schema.printers.c.printer_name).where(
    schema.printers.c.site_name == _SITE
)
_ACCOUNT: Final = schema.accounts.c.account_name
_PAYERS: Final = (
    select(account_payer("") + _ACCOUNT)
    .where(_ACCOUNT.in_(_CHARGED_BY_POLICY))
    .union(select(bindparam("user_payer")))
)
_PRICED: Final = schema.prices.c.printer_name
_RULES: Final = schema.policies.c
_NEWEST_LISTS: Final = (
    select(schema.price_lists.c.version)
    .order_by(schema.price_lists.c.version.desc())
    .limit(PRICE_LISTS_MAX)
)
_WANTED: Final[Mapping[Table, ColumnElement[bool]]] = {
    schema.printers: schema.printers.c.site_name == _SITE,
    schema.queues: schema.queues.c.site_name == _SITE,
    schema.prices: or_(_PRICED == "", _PRICED.in_(_ITS_PRINTERS)),
    schema.price_lists: schema.price_lists.c.version.in_(_NEWEST_LISTS),
    schema.policies: or_(
        _RULES.layer == Layer.GLOBAL.value,
        and_(_RULES.layer == Layer.SITE.value, _RULES.scope == _SITE),
        and_(_RULES.layer == Layer.PRINTER.value, _RULES.scope.in_(_ITS_PRINTERS)),
    ),
    schema.accounts: _ACCOUNT.in_(_CHARGED_BY_POLICY),
    schema.account_access: schema.account_access.c.account_name.in_(_CHARGED_BY_POLICY),
    schema.watermarks: schema.watermarks.c.site_name == _SITE,
    schema.heartbeat: schema.heartbeat.c.id == 1,
    schema.link_orders: schema.link_orders.c.site_name == _SITE,
    schema.users: schema.users.c.user_name == _USER,
    schema.memberships: schema.memberships.c.user_name == _USER,
    schema.balances: schema.balances.c.payer.in_(_PAYERS),
    schema.allowances: and_(
        schema.allowances.c.site_name == _SITE, schema.allowances.c.payer.in_(_PAYERS)
    ),
}
"""Which rows are told. A new table of the directory that decisions read is added here."""
_STATEMENTS: Final = {table.name: select(table).where(where) for table, where in _WANTED.items()}


def told_rows(connection: Connection, site_name: str, user_name: str | None) -> Rows:
    """What the directory holds for this question, read in the caller's one transaction."""
    named = user_name or ""  # nobody has an empty name
    values = {"site": site_name, "user": named, "user_payer": user_payer(named)}
    return {
        name: [dict(row) for row in connection.execute(statement, values).mappings()]
        for name, statement in _STATEMENTS.items()
    }


def known_rows(table: Table, rows: list[Row]) -> list[dict[str, Any]]:
    """The rows without the columns that this version does not know: a newer node may tell more."""
    names = {column.name for column in table.columns}
    return [{name: cell for name, cell in row.items() if name in names} for row in rows]
