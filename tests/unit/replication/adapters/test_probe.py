from __future__ import annotations

import sys

from replication.adapters.probe import Component, answered, output, render

ASKED = Component(name="thing", found=False, where="/place", hint="apt-get install thing")


def test_the_first_line_of_the_answer_is_the_version() -> None:
    seen = answered(ASKED, [sys.executable, "-c", "print('1.2'); print('more')"])

    assert (seen.found, seen.version) == (True, "1.2")


def test_a_program_that_fails_or_is_missing_does_not_work() -> None:
    assert not answered(ASKED, [sys.executable, "-c", "raise SystemExit(1)"]).found
    assert not answered(ASKED, ["/no/such/program"]).found
    assert output(["/no/such/program"]) is None


def test_the_table_shows_where_a_thing_is_or_what_brings_it() -> None:
    table = render(
        [
            Component(name="litestream", found=True, version="0.5.17", where="/bin/litestream"),
            ASKED,
            Component(name="lp", found=False, hint="apt-get install cups-client", required=False),
        ]
    )

    heading, litestream, thing, lp = table.splitlines()
    assert heading.split() == ["component", "found", "version", "where,", "or", "what", "to", "do"]
    assert litestream.split() == ["litestream", "yes", "0.5.17", "/bin/litestream"]
    assert thing.split("  ")[-1] == "/place; apt-get install thing"
    assert " NO " in thing
    assert " no " in lp
