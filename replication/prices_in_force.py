"""The price in force at a time, as both servers read it from the directory.

A price list says what each printer costs from its beginning until the next list begins. Before the
first list, and where this version cannot read a list, the simple price of the table `prices`
applies: an outage of reading must not stop a branch from printing.

A list may name thousands of printers, so it is read once and remembered by the hash of its text. A
decision asks one index which list is in force, and never touches that text. The rejected
alternative, remembering by version, is wrong once a list that was withdrawn gives its number to
another one.
"""

from __future__ import annotations

import json
import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, literal, select, true

from failure_modes import price_list
from failure_modes.facts import PrinterView
from failure_modes.price_list import LISTS_MAX
from failure_modes.pricing import Price
from failure_modes.vocabulary import ProviderMode
from replication.schema.directory import price_lists, prices

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from failure_modes.price_list import PriceList
    from failure_modes.tariff import Tariff
    from failure_modes.vocabulary import WallMs

logger: Final = logging.getLogger(__name__)

_PRICE_NAMES: Final = tuple(
    column.name for column in prices.columns if column.key != "printer_name"
)

_ONE: Final = select(literal(1).label("one")).subquery("one")
_SIMPLE: Final = (
    select(prices)
    .where(prices.c.printer_name.in_((bindparam("printer_name"), "")))
    .order_by(prices.c.printer_name.desc())
    .limit(1)
    .subquery("simple")
)
_IN_FORCE: Final = (
    select(price_lists.c.version, price_lists.c.valid_from_ms, price_lists.c.body_sha256)
    .where(price_lists.c.valid_from_ms <= bindparam("wall_ms"))
    .order_by(price_lists.c.valid_from_ms.desc(), price_lists.c.version.desc())
    .limit(1)
)
_LIST: Final = _IN_FORCE.subquery("list")
_PRICING: Final = select(
    _LIST.c.version, _LIST.c.body_sha256, *(_SIMPLE.c[name] for name in _PRICE_NAMES)
).select_from(_ONE.outerjoin(_SIMPLE, true()).outerjoin(_LIST, true()))
_BODY: Final = select(price_lists.c.body).where(price_lists.c.version == bindparam("version"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRead:
    """A price list as this version reads it; where it cannot, `problem` says why."""

    price_list: PriceList | None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInForce:
    """Which list is in force, and why it cannot be read if it cannot."""

    version: int
    valid_from_ms: WallMs
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """What a printer costs. `price` holds for every paper size that the tariff does not name."""

    price: Price
    tariff: Tariff | None


class PricesInForce:
    """Answers what a printer costs at a time; remembers the lists that it has read."""

    def __init__(self) -> None:
        self._read: OrderedDict[str, ListRead] = OrderedDict()

    def at(self, connection: Connection, printer_name: str, wall_ms: WallMs) -> Pricing | None:
        """What this printer costs at that time; None where nobody set a price."""
        values = {"printer_name": printer_name, "wall_ms": wall_ms}
        row = connection.execute(_PRICING, values).one()
        found = self._list(connection, row) if row.version is not None else None
        if found is not None and found.price_list is not None:
            tariff = found.price_list.tariff_of(printer_name)
            return Pricing(price=tariff.other, tariff=tariff)
        if row.mono_simplex_micros is None:
            return None
        price = Price(**{name: getattr(row, name) for name in _PRICE_NAMES})
        return Pricing(price=price, tariff=None)

    def view_at(
        self,
        connection: Connection,
        printer_name: str,
        wall_ms: WallMs,
        provider_mode: ProviderMode = ProviderMode.PRINT_AND_LOG_LATER,
    ) -> PrinterView | None:
        """The same as decisions look at it."""
        pricing = self.at(connection, printer_name, wall_ms)
        if pricing is None:
            return None
        return PrinterView(
            printer_name=printer_name,
            price=pricing.price,
            provider_mode=provider_mode,
            tariff=pricing.tariff,
        )

    def list_at(self, connection: Connection, wall_ms: WallMs) -> ListInForce | None:
        """The list in force at that time; None before the first one."""
        row = connection.execute(_IN_FORCE, {"wall_ms": wall_ms}).one_or_none()
        if row is None:
            return None
        problem = self._list(connection, row).problem
        return ListInForce(version=row.version, valid_from_ms=row.valid_from_ms, problem=problem)

    def _list(self, connection: Connection, row: Row[*tuple[Any, ...]]) -> ListRead:
        known = self._read.get(row.body_sha256)
        if known is not None:
            return known
        read = _read(connection.execute(_BODY, {"version": row.version}).scalar_one())
        if read.problem:
            logger.error(
                "price list %d cannot be read by this version, so the simple prices apply; "
                "upgrade this server: %s",
                row.version,
                read.problem,
            )
        else:
            logger.info("price list %d is read", row.version)
        self._read[row.body_sha256] = read
        if len(self._read) > LISTS_MAX:
            self._read.popitem(last=False)
        return read


def _read(body: str) -> ListRead:
    try:
        raw = json.loads(body)
    except ValueError:
        return ListRead(price_list=None, problem="it is no JSON")
    problems = price_list.problems(raw)
    if problems:
        return ListRead(price_list=None, problem=problems[0])
    return ListRead(price_list=price_list.read(raw))
