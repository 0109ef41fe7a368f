"""Which price applies when, and what happens to lists that cannot be read."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, event, insert

from failure_modes.vocabulary import Micros, WallMs
from replication.adapters.sqlite_file import SqliteFile
from replication.prices_in_force import PricesInForce
from replication.schema.directory import directory_metadata, price_lists, prices

A3 = "iso_a3_297x420mm"
FIRST_MS, SECOND_MS = WallMs(1_000), WallMs(2_000)


def simple(mono_micros: int) -> dict[str, object]:
    return {"model": "simple", "mono_micros": mono_micros, "colour_micros": 5 * mono_micros}


def body(version: int, valid_from_ms: int, mono_micros: int, **more: object) -> str:
    return json.dumps(
        {
            "version": version,
            "valid_from_ms": valid_from_ms,
            "tariffs": {"office": simple(mono_micros)},
            "default": "office",
        }
        | more
    )


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SqliteFile]:
    opened = SqliteFile(tmp_path / "directory.db", directory_metadata)
    yield opened
    opened.close()


def put_price(file: SqliteFile, printer_name: str, micros: int) -> None:
    names = [column.name for column in prices.columns if column.name != "printer_name"]
    values = {"printer_name": printer_name, **dict.fromkeys(names, micros)}
    file.write_now(lambda connection: connection.execute(insert(prices), values))


def put_list(file: SqliteFile, version: int, valid_from_ms: int, text: str) -> None:
    values = {
        "version": version,
        "valid_from_ms": valid_from_ms,
        "body": text,
        "body_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    file.write_now(lambda connection: connection.execute(insert(price_lists), values))


def mono_at(
    file: SqliteFile, wall_ms: int, printer_name: str = "hall", known: PricesInForce | None = None
) -> int | None:
    with file.read() as connection:
        view = (known or PricesInForce()).view_at(connection, printer_name, WallMs(wall_ms))
    return None if view is None else view.price_on("").mono_simplex_micros


def test_each_list_is_in_force_from_its_beginning_to_the_next_one(file: SqliteFile) -> None:
    put_price(file, "", 7)
    put_list(file, 1, FIRST_MS, body(1, FIRST_MS, 10))
    put_list(file, 2, SECOND_MS, body(2, SECOND_MS, 20))
    known = PricesInForce()

    at = [mono_at(file, ms, known=known) for ms in (999, 1_000, 1_999, 2_000, 10**12)]

    assert at == [7, 10, 10, 20, 20]


def test_the_printers_own_simple_price_comes_before_the_default(file: SqliteFile) -> None:
    assert mono_at(file, 0) is None
    put_price(file, "", 7)
    put_price(file, "cellar", 8)

    assert (mono_at(file, 0), mono_at(file, 0, "cellar")) == (7, 8)


def test_a_printer_that_a_list_names_has_its_tariff_and_all_others_the_default(
    file: SqliteFile,
) -> None:
    dear = {
        "model": "size_table",
        "other": {"mono_micros": 30, "colour_micros": 30},
        "sizes": {A3: {"mono_micros": 90, "colour_micros": 90}},
    }
    text = body(
        1,
        0,
        10,
        tariffs={"office": simple(10), "plotter": dear},
        printers={"cellar": "plotter"},
    )
    put_list(file, 1, 0, text)

    with file.read() as connection:
        view = PricesInForce().view_at(connection, "cellar", WallMs(5))

    assert view is not None
    assert view.price_on(A3).mono_simplex_micros == Micros(90)
    assert (mono_at(file, 5, "cellar"), mono_at(file, 5)) == (30, 10)


@pytest.mark.parametrize("text", ["no json", "[]", body(1, 0, 10, surprise=True)])
def test_a_list_that_cannot_be_read_leaves_the_simple_prices_and_is_said_once(
    file: SqliteFile, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    put_price(file, "", 7)
    put_list(file, 1, 0, text)
    known = PricesInForce()

    assert [mono_at(file, 5, known=known) for _ in range(3)] == [7, 7, 7]

    (said,) = caplog.messages
    assert "price list 1 cannot be read" in said
    with file.read() as connection:
        in_force = known.list_at(connection, WallMs(5))
    assert in_force is not None
    assert (in_force.version, bool(in_force.problem)) == (1, True)


def test_before_the_first_list_none_is_in_force(file: SqliteFile) -> None:
    put_list(file, 1, FIRST_MS, body(1, FIRST_MS, 10))

    with file.read() as connection:
        known = PricesInForce()
        before = known.list_at(connection, WallMs(FIRST_MS - 1))
        after = known.list_at(connection, FIRST_MS)

    assert before is None
    assert after is not None
    assert (after.version, after.valid_from_ms, after.problem) == (1, FIRST_MS, "")


def test_a_list_is_read_once_and_then_only_the_index_is_asked(file: SqliteFile) -> None:
    put_list(file, 1, 0, body(1, 0, 10))
    known = PricesInForce()
    asked: list[tuple[str, tuple[object, ...]]] = []
    with file.read() as connection:
        known.at(connection, "hall", WallMs(5))
        event.listen(
            connection.engine, "before_cursor_execute", lambda *args: asked.append(args[2:4])
        )
        known.at(connection, "hall", WallMs(5))
        ((statement, values),) = asked
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        steps = " ".join(row.detail for row in plan)

    assert "COVERING INDEX ix_price_lists_valid_from_ms" in steps


def test_another_list_under_the_number_of_a_withdrawn_one_is_read_anew(file: SqliteFile) -> None:
    put_list(file, 1, 0, body(1, 0, 10))
    known = PricesInForce()
    assert mono_at(file, 5, known=known) == 10

    file.write_now(lambda connection: connection.execute(delete(price_lists)))
    put_list(file, 1, 0, body(1, 0, 20))

    assert mono_at(file, 5, known=known) == 20
