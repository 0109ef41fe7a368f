from dataclasses import replace

import pytest

from primary.errors import ConflictError, NotFoundError
from primary.store import fleet
from primary.store.directory import Directory
from primary.store.fleet import Device, PriceRow, Printer, Queue

PRINTER = Printer(
    printer_name="oslo-ink",
    site_name="oslo",
    printer_uri="ipp://127.0.0.1/ipp/print",
    provider_mode="print_and_log_later",
)


async def test_a_printer_is_made_and_changed(directory: Directory) -> None:
    await directory.write(lambda c: fleet.put_printer(c, PRINTER))
    moved = replace(PRINTER, printer_uri="ipps://10.0.0.9/ipp/print")
    await directory.write(lambda c: fleet.put_printer(c, moved))

    with directory.read() as connection:
        assert fleet.printer(connection, "oslo-ink") == moved
        assert moved in fleet.all_printers(connection)


async def test_a_printer_needs_a_site(directory: Directory) -> None:
    with pytest.raises(ConflictError, match="no site 'rome'"):
        await directory.write(lambda c: fleet.put_printer(c, replace(PRINTER, site_name="rome")))

    with directory.read() as connection, pytest.raises(NotFoundError):
        fleet.printer(connection, "oslo-ink")


async def test_a_printer_that_queues_and_panels_name_cannot_leave_their_site(
    directory: Directory,
) -> None:
    with directory.read() as connection:
        before = fleet.printer(connection, "oslo-laser")

    with pytest.raises(ConflictError, match="oslo-panel, oslo-secure"):
        await directory.write(lambda c: fleet.put_printer(c, replace(before, site_name="lima")))

    with directory.read() as connection:
        assert fleet.printer(connection, "oslo-laser") == before


@pytest.mark.parametrize("printer_name", ["lima-laser", "nothing"])
async def test_a_queue_names_a_printer_of_its_own_site(
    directory: Directory, printer_name: str
) -> None:
    queue = Queue(queue_name="q", site_name="oslo", printer_name=printer_name, hold_mode="user")

    with pytest.raises(ConflictError, match=printer_name):
        await directory.write(lambda c: fleet.put_queue(c, queue))

    with directory.read() as connection:
        assert [one.queue_name for one in fleet.all_queues(connection)] == ["oslo-secure"]


async def test_a_device_names_a_printer_of_its_own_site(directory: Directory) -> None:
    device = Device(
        device_name="d", site_name="oslo", printer_name="lima-laser", token_hash="0" * 64
    )

    with pytest.raises(ConflictError):
        await directory.write(lambda c: fleet.put_device(c, device))

    good = replace(device, printer_name="oslo-laser")
    await directory.write(lambda c: fleet.put_device(c, good))
    with directory.read() as connection:
        assert good in fleet.all_devices(connection)


async def test_a_price_is_for_a_printer_that_exists_or_for_all_others(directory: Directory) -> None:
    price = PriceRow(
        printer_name="oslo-laser",
        mono_simplex_micros=1,
        mono_duplex_micros=2,
        colour_simplex_micros=3,
        colour_duplex_micros=4,
    )
    default = replace(price, printer_name=fleet.DEFAULT_PRICE)

    await directory.write(lambda c: fleet.put_price(c, price))
    await directory.write(lambda c: fleet.put_price(c, default))
    with pytest.raises(NotFoundError):
        await directory.write(lambda c: fleet.put_price(c, replace(price, printer_name="x")))

    with directory.read() as connection:
        assert fleet.all_prices(connection) == [default, price]
        with pytest.raises(NotFoundError):
            fleet.price(connection, "lima-laser")
