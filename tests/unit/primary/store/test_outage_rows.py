from sqlalchemy import delete

from failure_modes.vocabulary import Micros
from primary.service.outage_report import outage_report
from primary.store import fleet
from primary.store.directory import Directory
from primary.store.fleet import PriceRow
from primary.store.outage_rows import printers_at
from replication.schema.directory import prices
from replication.testing import ManualClock

NOW_MS = ManualClock().wall_ms()
OWN = PriceRow(
    printer_name="oslo-laser",
    mono_simplex_micros=1,
    mono_duplex_micros=2,
    colour_simplex_micros=3,
    colour_duplex_micros=4,
)


async def test_a_printers_own_price_comes_before_the_price_of_all_others(
    directory: Directory,
) -> None:
    await directory.write(lambda c: fleet.put_price(c, OWN))

    with directory.read() as connection:
        (oslo,) = printers_at(connection, "oslo", NOW_MS)
        (lima,) = printers_at(connection, "lima", NOW_MS)

    assert oslo.view is not None
    assert lima.view is not None
    price = oslo.view.price
    assert (price.mono_simplex_micros, price.colour_duplex_micros) == (1, 4)
    assert lima.view.price.mono_simplex_micros == Micros(50_000)


async def test_a_printer_without_any_price_prints_for_nobody(directory: Directory) -> None:
    await directory.write(lambda c: c.execute(delete(prices)))

    with directory.read() as connection:
        report = outage_report(connection, "oslo", "EUR", NOW_MS)

    assert report.could_print == 0
    assert report.printers[0].jobs[0].refused == {"no_price": 3}
    assert "    3 refused, no_price: The printer has no price" in report.lines()
