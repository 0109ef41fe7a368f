from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from replication.adapters import components

MISSING = {"HOLDFAST_CRSQLITE": "/no/such/folder/crsqlite.so"}


def test_the_extension_is_loaded_and_written_through() -> None:
    seen = components.crsqlite(os.environ)

    assert seen.found, seen.hint
    assert seen.version == "0.16.3"


def test_a_configured_extension_goes_before_the_one_of_the_checkout(tmp_path: Path) -> None:
    copy = tmp_path / "crsqlite.so"
    shutil.copy(components.crsqlite_path(os.environ), copy)
    environ = {"HOLDFAST_CRSQLITE": str(copy)}

    assert components.crsqlite_path(environ) == copy
    assert components.crsqlite(environ).where == str(copy)
    assert components.crsqlite(environ).found


def test_an_empty_setting_means_the_extension_of_the_checkout() -> None:
    path = components.crsqlite_path({"HOLDFAST_CRSQLITE": ""})

    assert path.parts[-3:] == (".tools", "lib", "crsqlite.so")


def test_a_missing_extension_names_the_command_that_brings_it() -> None:
    seen = components.crsqlite(MISSING)

    assert (seen.found, seen.hint) == (False, "make tools")
    with pytest.raises(components.ComponentMissingError, match="make tools"):
        components.crsqlite_path(MISSING)


def test_a_file_that_is_no_extension_is_not_found(tmp_path: Path) -> None:
    broken = tmp_path / "crsqlite.so"
    broken.write_bytes(b"\x7fELF and then nothing")

    seen = components.crsqlite({"HOLDFAST_CRSQLITE": str(broken)})

    assert (seen.found, seen.version, seen.hint) == (False, "does not work", "make tools")


def test_another_shared_library_is_not_taken_for_the_extension(tmp_path: Path) -> None:
    other = tmp_path / "crsqlite.so"
    shutil.copy(next(Path("/usr/lib").glob("*-linux-gnu/libz.so.1")), other)

    assert not components.crsqlite({"HOLDFAST_CRSQLITE": str(other)}).found


def test_the_two_sqlite_libraries_and_litestream_work() -> None:
    for seen in (components.pysqlite(), components.sqlean(), components.litestream()):
        assert seen.found, seen.hint
        assert seen.version


def test_litestream_is_the_one_beside_this_python() -> None:
    assert components.litestream_path() == Path(sys.executable).with_name("litestream")


def test_this_python_is_new_enough() -> None:
    seen = components.python()

    assert seen.found
    assert seen.where == sys.executable


def test_a_daemon_is_found_although_an_ordinary_path_does_not_lead_to_it() -> None:
    seen = components.program("cupsd", "cups", {"PATH": "/usr/bin"})

    assert seen.found, seen.hint
    assert Path(seen.where).name == "cupsd"


def test_a_missing_program_names_its_package() -> None:
    seen = components.program("no-such-program", "no-such-package", {}, required=False)

    assert not seen.found
    assert not seen.required
    assert seen.hint.startswith("apt-get install")
    assert seen.hint.endswith("no-such-package")


def test_what_only_the_tests_start_is_shown_and_never_required() -> None:
    seen = {one.name: one for one in components.test_programs(os.environ)}

    assert sorted(seen) == [
        "cupsd",
        "initdb",
        "ippeveprinter",
        "ipptool",
        "lp",
        "slapd",
        "toxiproxy-server",
    ]
    assert not any(one.required for one in seen.values())
    assert seen["ippeveprinter"].found, seen["ippeveprinter"].hint
