"""What headquarters said: the questions that this site asks its replica.

Everything that one decision needs is read in one transaction, so that a balance and the watermark
it belongs to can never come from two versions of the directory.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, func, or_, select

from failure_modes.link import ORDERS
from failure_modes.vocabulary import HoldMode, Layer, LinkEvent, Micros, ProviderMode, WallMs
from replication.prices_in_force import PricesInForce
from replication.schema import directory as schema
from replication.told import told_rows
from site_server.ports import LinkOrder
from site_server.store import policies
from site_server.store.accounts import named_accounts, offered_accounts
from site_server.store.backup_window import backup_window_ms
from site_server.store.cards import card_of
from site_server.store.directory_rows import Device, Heartbeat, Person, Printer, Queue
from site_server.store.grants import Grant, Held, grants_of, held_here
from site_server.store.journal_past import Cover

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Connection

    from failure_modes.facts import PrinterView
    from failure_modes.policy import Policy
    from replication.prices_in_force import ListInForce
    from replication.slow_hash import CredentialKind
    from replication.told import Rows
    from site_server.ports import Replica
    from site_server.store.accounts import Account
    from site_server.store.cards import Card
    from site_server.store.policies import PolicyStanding

APPROVED: Final = "approved"


_PERSON: Final = select(
    schema.users.c.user_name,
    schema.users.c.full_name,
    schema.users.c.enabled,
    schema.users.c.restricted,
    # A column and no question of its own: the person is on the way of every decision.
    select(func.json_group_array(schema.memberships.c.group_name))
    .where(schema.memberships.c.user_name == schema.users.c.user_name)
    .scalar_subquery()
    .label("groups"),
).where(schema.users.c.user_name == bindparam("user_name"))
_CARD: Final = select(schema.cards.c.user_name).where(
    schema.cards.c.card_hash == bindparam("card_hash"), schema.cards.c.revoked.is_(False)
)
_SLOW_HASH: Final = select(schema.credentials.c.slow_hash).where(
    schema.credentials.c.user_name == bindparam("user_name"),
    schema.credentials.c.kind == bindparam("kind"),
)
_BALANCE: Final = select(schema.balances.c.balance_micros).where(
    schema.balances.c.payer == bindparam("payer")
)
_WATERMARKS: Final = select(
    schema.watermarks.c.site_name, schema.watermarks.c.epoch, schema.watermarks.c.seq
).where(schema.watermarks.c.site_name == bindparam("site_name"))
_PRINTER: Final = select(
    schema.printers.c.printer_name, schema.printers.c.printer_uri, schema.printers.c.provider_mode
).where(
    schema.printers.c.printer_name == bindparam("printer_name"),
    schema.printers.c.site_name == bindparam("site_name"),
)
_QUEUES: Final = (
    select(
        schema.queues.c.queue_name,
        schema.queues.c.printer_name,
        schema.queues.c.hold_mode,
        schema.queues.c.needs_proof,
    )
    .where(schema.queues.c.site_name == bindparam("site_name"))
    .order_by(schema.queues.c.queue_name)
)
_QUEUE: Final = _QUEUES.where(schema.queues.c.queue_name == bindparam("queue_name"))
_DEVICE: Final = select(schema.devices.c.device_name, schema.devices.c.printer_name).where(
    schema.devices.c.token_hash == bindparam("token_hash"),
    schema.devices.c.site_name == bindparam("site_name"),
    schema.devices.c.enabled.is_(True),
)
_POLICIES: Final = select(schema.policies.c.layer, schema.policies.c.body).where(
    or_(
        and_(schema.policies.c.layer == Layer.GLOBAL.value, schema.policies.c.scope == ""),
        and_(
            schema.policies.c.layer == Layer.SITE.value,
            schema.policies.c.scope == bindparam("site_name"),
        ),
        and_(
            schema.policies.c.layer == Layer.PRINTER.value,
            schema.policies.c.scope == bindparam("printer_name"),
        ),
    )
)
_SITE: Final = select(schema.sites.c.epoch, schema.sites.c.state).where(
    schema.sites.c.site_name == bindparam("site_name")
)
_LINK_ORDER: Final = select(
    schema.link_orders.c.order, schema.link_orders.c.number, schema.link_orders.c.given_wall_ms
).where(schema.link_orders.c.site_name == bindparam("site_name"))
_HEARTBEAT: Final = select(
    schema.heartbeat.c.lineage, schema.heartbeat.c.wall_ms, schema.heartbeat.c.currency
)


class Snapshot:
    """The directory at one moment, as one read transaction of the replica sees it."""

    def __init__(self, connection: Connection, site_name: str, prices: PricesInForce) -> None:
        self._connection = connection
        self._site_name = site_name
        self._prices = prices

    def person(self, user_name: str) -> Person | None:
        """The user of that name."""
        row = self._one(_PERSON, user_name=user_name)
        if row is None:
            return None
        return Person(**{**row, "groups": frozenset(json.loads(row["groups"]))})

    def card(self, card_hash: str) -> Card | None:
        """The card, also a revoked one; None where headquarters knows no such card."""
        return card_of(self._connection, card_hash)

    def slow_hash(self, user_name: str, kind: CredentialKind) -> str | None:
        """The hash of the user's PIN or password; None where they have none."""
        row = self._one(_SLOW_HASH, user_name=user_name, kind=kind.value)
        return None if row is None else str(row["slow_hash"])

    def balance_micros(self, payer: str) -> Micros:
        """The payer's balance as headquarters knows it at this moment."""
        row = self._one(_BALANCE, payer=payer)
        return Micros(0 if row is None else row["balance_micros"])

    def accounts(self, account_names: frozenset[str], user_name: str) -> dict[str, Account]:
        """Those of these shared accounts that exist, as that user sees them."""
        return named_accounts(self._connection, account_names, user_name)

    def offered_accounts(self, user_name: str, limit: int) -> list[Account]:
        """The shared accounts that the user may choose from, by title."""
        return offered_accounts(self._connection, user_name, limit)

    def grants(self, payers: Collection[str]) -> dict[str, Grant]:
        """What is granted of these payers' balances, where anything is."""
        return grants_of(self._connection, self._site_name, payers)

    def held_grants(self) -> dict[str, Held]:
        """Everybody of whose balance this site may spend something alone, and how they stand."""
        return held_here(self._connection, self._site_name)

    def watermarks(self) -> dict[tuple[str, int], int]:
        """Up to which entry each epoch of this site is contained in the balances."""
        rows = self._connection.execute(_WATERMARKS, {"site_name": self._site_name})
        return {(row.site_name, row.epoch): row.seq for row in rows}

    def printer(self, printer_name: str) -> Printer | None:
        """The printer of that name, if it stands at this site."""
        row = self._one(_PRINTER, printer_name=printer_name, site_name=self._site_name)
        if row is None:
            return None
        return Printer(**{**row, "provider_mode": ProviderMode(row["provider_mode"])})

    def view_of(self, printer: Printer, wall_ms: WallMs) -> PrinterView | None:
        """The printer with the price in force at that time; None where nobody set a price."""
        return self._prices.view_at(
            self._connection, printer.printer_name, wall_ms, printer.provider_mode
        )

    def printer_view_at(self, printer_name: str, wall_ms: WallMs) -> PrinterView | None:
        """`view_of` the printer of that name; None also where it does not stand at this site."""
        printer = self.printer(printer_name)
        return None if printer is None else self.view_of(printer, wall_ms)

    def price_list_at(self, wall_ms: WallMs) -> ListInForce | None:
        """Which price list is in force at that time; None: only the simple prices."""
        return self._prices.list_at(self._connection, wall_ms)

    def queues(self) -> tuple[Queue, ...]:
        """All queues of this site, by name."""
        rows = self._connection.execute(_QUEUES, {"site_name": self._site_name}).mappings()
        return tuple(_queue(dict(row)) for row in rows)

    def queue(self, queue_name: str) -> Queue | None:
        """The queue of that name, if it belongs to this site."""
        row = self._one(_QUEUE, queue_name=queue_name, site_name=self._site_name)
        return None if row is None else _queue(row)

    def device(self, token_hash: str) -> Device | None:
        """The enabled panel of this site whose token has that hash."""
        row = self._one(_DEVICE, token_hash=token_hash, site_name=self._site_name)
        return None if row is None else Device(**row)

    def policy(self, printer_name: str) -> Policy:
        """The rules for that printer, all layers laid over each other."""
        names = {"site_name": self._site_name, "printer_name": printer_name}
        rows = self._connection.execute(_POLICIES, names)
        return policies.policy_of(tuple(sorted((row.layer, row.body) for row in rows)))

    def policy_standing(self) -> PolicyStanding:
        """Which version of the policies applies here, and what cannot be used of it."""
        return policies.standing(self._connection, self._site_name)

    def link_order(self) -> LinkOrder | None:
        """Headquarters' newest order for this site's link; None also where nobody here knows it."""
        row = self._one(_LINK_ORDER, site_name=self._site_name)
        if row is None or row["order"] not in ORDERS:
            return None
        return LinkOrder(
            order=LinkEvent(row["order"]),
            given_wall_ms=WallMs(row["given_wall_ms"]),
            number=row["number"],
        )

    def heartbeat(self) -> Heartbeat | None:
        """The newest sign of life of headquarters that arrived."""
        row = self._one(_HEARTBEAT)
        return None if row is None else Heartbeat(**row)

    def cover(self) -> Cover | None:
        """How far this site's entries are in these balances; None: they must all be kept."""
        heartbeat, window_ms = self.heartbeat(), backup_window_ms(self._connection)
        if heartbeat is None or window_ms is None:
            return None
        return Cover(
            watermarks=self.watermarks(),
            heartbeat_wall_ms=heartbeat.wall_ms,
            backup_window_ms=window_ms,
        )

    def admits(self, site_name: str, epoch: int) -> bool:
        """Whether headquarters approves of the node that has this certificate."""
        row = self._one(_SITE, site_name=site_name)
        # An epoch newer than this replica's: the replica is the older of the two.
        return row is not None and row["state"] == APPROVED and epoch >= row["epoch"]

    def told_rows(self, site_name: str, user_name: str | None) -> Rows:
        """What a node without a replica has to know of this user; see `replication.told`."""
        return told_rows(self._connection, site_name, user_name)

    def _one(self, statement: Any, **values: object) -> Mapping[str, Any] | None:  # noqa: ANN401
        row = self._connection.execute(statement, values).mappings().one_or_none()
        return None if row is None else dict(row)


class Directory:
    """The way to a `Snapshot`."""

    def __init__(self, replica: Replica, site_name: str) -> None:
        self.site_name = site_name
        self._replica = replica
        self._prices = PricesInForce()

    @contextmanager
    def read(self) -> Iterator[Snapshot | None]:
        """The directory now; None on a fresh site that has no replica yet. Do not await inside."""
        if not self._replica.ready:
            yield None
            return
        with self._replica.snapshot() as connection:
            yield Snapshot(connection, self.site_name, self._prices)


def _queue(row: Mapping[str, Any]) -> Queue:
    return Queue(
        queue_name=row["queue_name"],
        printer_name=row["printer_name"],
        hold_mode=HoldMode(row["hold_mode"]),
        needs_proof=row["needs_proof"],
    )
