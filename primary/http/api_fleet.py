"""Printers, queues, prices and devices."""

import hashlib
import secrets
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from aiohttp import web
from sqlalchemy import Connection

from failure_modes.vocabulary import HoldMode, ProviderMode
from primary.http.exchange import SERVICES, answer, body_of, plain, printer_name_of, thing_name_of
from primary.names import (
    DEFAULT_PRICE_NAME,
    FromOutside,
    PriceFields,
    PrinterUri,
    SiteName,
    ThingName,
)
from primary.store import fleet
from primary.store.fleet import DEFAULT_PRICE, Device, PriceRow, Printer, Queue

routes: Final = web.RouteTableDef()


class PrinterBody(FromOutside):
    """All that can be said of a printer."""

    site_name: SiteName
    printer_uri: PrinterUri
    provider_mode: ProviderMode = ProviderMode.PRINT_AND_LOG_LATER


class PrinterChange(FromOutside):
    """What changes of a printer; what is left out stays."""

    site_name: SiteName = "-"
    printer_uri: PrinterUri = "-"
    provider_mode: ProviderMode = ProviderMode.PRINT_AND_LOG_LATER


class QueueBody(FromOutside):
    """All that can be said of a queue."""

    site_name: SiteName
    printer_name: ThingName
    hold_mode: HoldMode = HoldMode.USER
    needs_proof: bool = False


class DeviceBody(FromOutside):
    """Where a panel stands."""

    site_name: SiteName
    printer_name: ThingName


@routes.get("/api/v1/printers")
async def list_printers(request: web.Request) -> web.Response:
    """Every printer."""
    with request.app[SERVICES].directory.read() as connection:
        return answer({"items": [plain(one) for one in fleet.all_printers(connection)]})


@routes.get("/api/v1/printers/{printer_name}")
async def get_printer(request: web.Request) -> web.Response:
    """One printer."""
    with request.app[SERVICES].directory.read() as connection:
        return answer(plain(fleet.printer(connection, printer_name_of(request))))


@routes.put("/api/v1/printers/{printer_name}")
async def put_printer(request: web.Request) -> web.Response:
    """Make a printer, or say all of one anew."""
    printer_name = printer_name_of(request)
    body = await body_of(request, PrinterBody)
    value = Printer(printer_name=printer_name, **body.model_dump(mode="json"))
    directory = request.app[SERVICES].directory
    warnings = await directory.write(lambda connection: fleet.put_printer(connection, value))
    return answer(_with_warnings(value, warnings))


@routes.patch("/api/v1/printers/{printer_name}")
async def change_printer(request: web.Request) -> web.Response:
    """Change some of what is said of a printer."""
    printer_name = printer_name_of(request)
    body = await body_of(request, PrinterChange)
    changes = body.model_dump(mode="json", exclude_unset=True)

    def work(connection: Connection) -> tuple[Printer, tuple[str, ...]]:
        value = replace(fleet.printer(connection, printer_name), **changes)
        return value, fleet.put_printer(connection, value)

    return answer(_with_warnings(*await request.app[SERVICES].directory.write(work)))


def _with_warnings(value: Printer, warnings: tuple[str, ...]) -> dict[str, object]:
    """The printer; `warnings` only where policies were wrong before this and still are."""
    return {**plain(value), **({"warnings": list(warnings)} if warnings else {})}


@routes.get("/api/v1/queues")
async def list_queues(request: web.Request) -> web.Response:
    """Every queue."""
    with request.app[SERVICES].directory.read() as connection:
        return answer({"items": [plain(one) for one in fleet.all_queues(connection)]})


@routes.get("/api/v1/queues/{queue_name}")
async def get_queue(request: web.Request) -> web.Response:
    """One queue."""
    with request.app[SERVICES].directory.read() as connection:
        return answer(plain(fleet.queue(connection, thing_name_of(request, "queue_name"))))


@routes.put("/api/v1/queues/{queue_name}")
async def put_queue(request: web.Request) -> web.Response:
    """Make a queue, or say all of one anew."""
    queue_name = thing_name_of(request, "queue_name")
    body = await body_of(request, QueueBody)
    value = Queue(queue_name=queue_name, **body.model_dump(mode="json"))
    directory = request.app[SERVICES].directory
    await directory.write(lambda connection: fleet.put_queue(connection, value))
    return answer(plain(value))


@routes.get("/api/v1/prices")
async def list_prices(request: web.Request) -> web.Response:
    """Every price."""
    with request.app[SERVICES].directory.read() as connection:
        return answer({"items": [_shown_price(one) for one in fleet.all_prices(connection)]})


@routes.get("/api/v1/prices/{printer_name}")
async def get_price(request: web.Request) -> web.Response:
    """The price of a printer, or `default`."""
    with request.app[SERVICES].directory.read() as connection:
        return answer(_shown_price(fleet.price(connection, _priced(request))))


@routes.put("/api/v1/prices/{printer_name}")
async def put_price(request: web.Request) -> web.Response:
    """Set the price of a printer, or `default`."""
    printer_name = _priced(request)
    body = await body_of(request, PriceFields)
    value = PriceRow(printer_name=printer_name, **body.model_dump())
    directory = request.app[SERVICES].directory
    await directory.write(lambda connection: fleet.put_price(connection, value))
    return answer(_shown_price(value))


@routes.get("/api/v1/devices")
async def list_devices(request: web.Request) -> web.Response:
    """Every panel, without its token."""
    with request.app[SERVICES].directory.read() as connection:
        found = fleet.all_devices(connection)
    return answer({"items": [{**_shown_device(one), "enabled": one.enabled} for one in found]})


@routes.put("/api/v1/devices/{device_name}")
async def put_device(request: web.Request) -> web.Response:
    """Make a panel, or give it a new token. The token is shown this once; only its hash is kept."""
    device_name = thing_name_of(request, "device_name")
    body = await body_of(request, DeviceBody)
    token = secrets.token_urlsafe(32)
    value = Device(
        device_name=device_name,
        token_hash=hashlib.sha256(token.encode()).hexdigest(),
        **body.model_dump(),
    )
    directory = request.app[SERVICES].directory
    await directory.write(lambda connection: fleet.put_device(connection, value))
    return answer({**_shown_device(value), "token": token}, HTTPStatus.CREATED)


def _priced(request: web.Request) -> str:
    if request.match_info["printer_name"] == DEFAULT_PRICE_NAME:
        return DEFAULT_PRICE
    return printer_name_of(request)


def _shown_price(price: PriceRow) -> dict[str, object]:
    return {**plain(price), "printer_name": price.printer_name or DEFAULT_PRICE_NAME}


def _shown_device(device: Device) -> dict[str, object]:
    return {
        "device_name": device.device_name,
        "site_name": device.site_name,
        "printer_name": device.printer_name,
    }
