"""Printers, queues, prices and devices, as rows of the directory.

Whatever stands at a site must name a site that exists, and a queue or a device names a printer of
its own site: a job never needs another site's printer to come out.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, bindparam, select, union_all
from sqlalchemy.dialects.sqlite import Insert, insert

from primary.errors import ConflictError, NotFoundError
from primary.store import policies
from replication.schema.directory import devices, prices, printers, queues, sites

DEFAULT_PRICE: Final = ""
"""The printer name under which the price of every other printer stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Printer:
    """A printer: the site that drives it, its IPP address, and its failure mode."""

    printer_name: str
    site_name: str
    printer_uri: str
    provider_mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue of a site. A direct job goes to `printer_name`; a held one goes there by default.

    With `needs_proof` the spool name alone does not prove who sent a job.
    """

    queue_name: str
    site_name: str
    printer_name: str
    hold_mode: str
    needs_proof: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """The price of one impression on a printer; `DEFAULT_PRICE` stands for every other printer."""

    printer_name: str
    mono_simplex_micros: int
    mono_duplex_micros: int
    colour_simplex_micros: int
    colour_duplex_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A panel beside a printer. Its token is known to the device alone; here stands its hash."""

    device_name: str
    site_name: str
    printer_name: str
    token_hash: str
    enabled: bool = True


def _upsert(table: Table, key: str) -> Insert:
    statement = insert(table)
    others = {one.name: statement.excluded[one.name] for one in table.columns if one.name != key}
    return statement.on_conflict_do_update(index_elements=[key], set_=others)


def _one(table: Table, key: str) -> Select[*tuple[Any, ...]]:
    return select(table).where(table.c[key] == bindparam("key"))


_PUT_PRINTER: Final = _upsert(printers, "printer_name")
_PUT_QUEUE: Final = _upsert(queues, "queue_name")
_PUT_PRICE: Final = _upsert(prices, "printer_name")
_PUT_DEVICE: Final = _upsert(devices, "device_name")
_PRINTER: Final = _one(printers, "printer_name")
_QUEUE: Final = _one(queues, "queue_name")
_PRICE: Final = _one(prices, "printer_name")
_SITE: Final = _one(sites, "site_name")
_BOUND_ELSEWHERE: Final = union_all(
    *(
        select(name).where(
            table.c.printer_name == bindparam("printer"), table.c.site_name != bindparam("site")
        )
        for table, name in ((queues, queues.c.queue_name), (devices, devices.c.device_name))
    )
)
_PRINTERS: Final = select(printers).order_by(printers.c.printer_name)
_QUEUES: Final = select(queues).order_by(queues.c.queue_name)
_PRICES: Final = select(prices).order_by(prices.c.printer_name)
_DEVICES: Final = select(devices).order_by(devices.c.device_name)


def printer(connection: Connection, printer_name: str) -> Printer:
    """The printer of this name. Errors: `NotFoundError`."""
    row = connection.execute(_PRINTER, {"key": printer_name}).one_or_none()
    if row is None:
        raise NotFoundError(f"The directory knows no printer {printer_name!r}.")
    return Printer(**row._asdict())


def all_printers(connection: Connection) -> list[Printer]:
    """Every printer, by name."""
    return [Printer(**row._asdict()) for row in connection.execute(_PRINTERS)]


def put_printer(connection: Connection, value: Printer) -> tuple[str, ...]:
    """Make or change a printer; what is wrong with the policies, and was so before.

    Errors: `ConflictError`, also where it would leave its queues; `ConfigError` where its policy
    and that of its new site do not go together.
    """
    _check_site(connection, value.site_name)
    values = {"printer": value.printer_name, "site": value.site_name}
    bound = sorted(connection.execute(_BOUND_ELSEWHERE, values).scalars())
    if bound:
        raise ConflictError(
            f"{', '.join(bound)} of another site name this printer. Nothing was changed; "
            "give them another printer first."
        )
    standing = policies.standing_problems(connection)
    connection.execute(_PUT_PRINTER, asdict(value))
    return policies.refuse_new(connection, standing)


def queue(connection: Connection, queue_name: str) -> Queue:
    """The queue of this name. Errors: `NotFoundError`."""
    row = connection.execute(_QUEUE, {"key": queue_name}).one_or_none()
    if row is None:
        raise NotFoundError(f"The directory knows no queue {queue_name!r}.")
    return Queue(**row._asdict())


def all_queues(connection: Connection) -> list[Queue]:
    """Every queue, by name."""
    return [Queue(**row._asdict()) for row in connection.execute(_QUEUES)]


def put_queue(connection: Connection, value: Queue) -> None:
    """Make or change a queue. Errors: `ConflictError`."""
    _check_printer(connection, value.printer_name, value.site_name)
    connection.execute(_PUT_QUEUE, asdict(value))


def price(connection: Connection, printer_name: str) -> PriceRow:
    """The price set for exactly this printer. Errors: `NotFoundError`."""
    row = connection.execute(_PRICE, {"key": printer_name}).one_or_none()
    if row is None:
        raise NotFoundError(f"No price of its own is set for {printer_name or 'default'!r}.")
    return PriceRow(**row._asdict())


def all_prices(connection: Connection) -> list[PriceRow]:
    """Every price, the default first."""
    return [PriceRow(**row._asdict()) for row in connection.execute(_PRICES)]


def put_price(connection: Connection, value: PriceRow) -> None:
    """Set a price. Errors: `NotFoundError` for the printer."""
    if value.printer_name != DEFAULT_PRICE:
        printer(connection, value.printer_name)
    connection.execute(_PUT_PRICE, asdict(value))


def all_devices(connection: Connection) -> list[Device]:
    """Every device, by name."""
    return [Device(**row._asdict()) for row in connection.execute(_DEVICES)]


def put_device(connection: Connection, value: Device) -> None:
    """Make or change a device, its token included. Errors: `ConflictError`."""
    _check_printer(connection, value.printer_name, value.site_name)
    connection.execute(_PUT_DEVICE, asdict(value))


def _check_site(connection: Connection, site_name: str) -> None:
    if connection.execute(_SITE, {"key": site_name}).one_or_none() is None:
        raise ConflictError(
            f"There is no site {site_name!r}. Nothing was changed; make the site first."
        )


def _check_printer(connection: Connection, printer_name: str, site_name: str) -> None:
    row = connection.execute(_PRINTER, {"key": printer_name}).one_or_none()
    if row is None or row.site_name != site_name:
        raise ConflictError(
            f"Site {site_name!r} has no printer {printer_name!r}. Nothing was changed; "
            "make the printer first."
        )
