"""The command line of the primary, as a process."""

import asyncio
import socket
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from primary.service.grant_allowances import grant_allowances
from primary.service.project import read_facts
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.testing import SiteJournal
from replication.join_token import parse_token
from replication.journal import hash_of
from replication.messages import AllowanceNeed
from tests.integration.running_primary import EXAMPLE, holdfast, initialised, running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return initialised(tmp_path)


async def test_a_port_that_is_taken_is_told_with_what_to_do(folder: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = tmp_path / "taken.toml"
        settings.write_text(
            f'data_dir = "{folder}"\napi.port = {taken.getsockname()[1]}\n'
            'link = { listen_host = "127.0.0.1", port = 0 }\n'
        )
        refused = await asyncio.to_thread(holdfast, "run", "--config", settings)

    assert refused.returncode == 1
    assert "configure another port" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (folder / "ports.json").exists()


async def test_the_command_line_asks_the_running_primary_for_a_join_token(folder: Path) -> None:
    ask = ("token", "--site", "oslo", "--data", folder)
    not_running = await asyncio.to_thread(holdfast, *ask)

    async with running(folder) as primary:
        plain = await asyncio.to_thread(holdfast, *ask)
        other = await asyncio.to_thread(holdfast, *ask, "--host", "proxy", "--port", "17300")
        unknown = await asyncio.to_thread(holdfast, "token", "--site", "rome", "--data", folder)

    assert not_running.returncode == 1
    assert "holdfast-primary run" in not_running.stderr
    token = parse_token(plain.stdout)
    assert (token.site_name, token.primary_host) == ("oslo", "hq.test")
    assert token.primary_port == primary.ports["link"]
    assert parse_token(other.stdout).primary_host == "proxy"
    assert parse_token(other.stdout).primary_port == 17300
    assert unknown.returncode == 1
    assert "knows no site 'rome'" in unknown.stderr


async def test_the_command_line_reports_what_an_outage_of_a_site_would_do(folder: Path) -> None:
    ask = ("outage-report", "--data", folder, "--site")
    not_running = await asyncio.to_thread(holdfast, *ask, "oslo")

    async with running(folder):
        told = await asyncio.to_thread(holdfast, *ask, "oslo")
        unknown = await asyncio.to_thread(holdfast, *ask, "rome")

    assert not_running.returncode == 1
    assert told.returncode == 0
    assert told.stdout.startswith("If the WAN of oslo were cut now, ")
    assert "Money at risk: at most " in told.stdout
    assert "oslo-laser: credit replica_balance" in told.stdout
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "knows no site 'rome'" in unknown.stderr


async def test_the_command_line_makes_a_price_list_or_says_everything_that_is_wrong(
    folder: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"default": "x", "tariffs": {"y": {"model": "z"}}, "printers": {"p": "x"}}')
    torn = tmp_path / "torn.json"
    torn.write_text("{")
    put = ("price-list", "put", "--data", folder, "--file")

    async with running(folder):
        made = await asyncio.to_thread(holdfast, *put, EXAMPLE.with_name("price-list.json"))
        refused = await asyncio.to_thread(holdfast, *put, wrong)
        unread = await asyncio.to_thread(holdfast, *put, torn)

    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith("price list 1 is in force from ")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "tariffs.y: model: 'z' is not known" in refused.stderr
    assert "printers.p: there is no such printer" in refused.stderr
    assert unread.returncode == 2
    assert "this is not JSON" in unread.stderr


async def test_a_folder_has_one_running_primary_only(folder: Path) -> None:
    async with running(folder):
        second = await asyncio.to_thread(holdfast, "run", "--data", folder)

    assert second.returncode == 1
    assert "Another server runs" in second.stderr


def test_a_folder_without_a_directory_cannot_be_run(tmp_path: Path) -> None:
    refused = holdfast("run", "--data", tmp_path)

    assert refused.returncode == 1
    assert "holdfast-primary init" in refused.stderr


def test_unknown_keys_of_the_configuration_are_told_all_at_once(tmp_path: Path) -> None:
    settings = tmp_path / "primary.toml"
    settings.write_text(f'data_dir = "{tmp_path}"\ncolour = 1\n[link]\nprot = 1\nport = -1\n')

    refused = holdfast("run", "--config", settings)

    assert refused.returncode == 2
    assert [line.split(": ")[1] for line in refused.stderr.splitlines()] == [
        "link.port",
        "link.prot",
        "colour",
    ]


def test_a_wrong_organisation_file_is_told_all_at_once_and_makes_nothing(tmp_path: Path) -> None:
    organisation = tmp_path / "organisation.toml"
    organisation.write_text(
        'currency = "EUR"\n'
        '[[users]]\nname = "ada"\nfull_name = "Ada"\nage = 36\n'
        '[[groups]]\nname = "staff"\ntitle = "Staff"\nmembers = ["bob"]\n'
    )

    refused = holdfast("init", "--from", organisation, "--data", tmp_path / "data")

    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 2
    assert "age: there is no such key" in refused.stderr
    assert "there is no user 'bob'" in refused.stderr
    assert not (tmp_path / "data").exists()


def test_a_file_that_is_not_there_is_a_wrong_input(tmp_path: Path) -> None:
    refused = holdfast("init", "--from", tmp_path / "no.toml", "--data", tmp_path / "data")

    assert refused.returncode == 2
    assert "cannot be read" in refused.stderr


def test_init_refuses_a_folder_that_has_a_directory(folder: Path) -> None:
    before = (folder / "directory.db").read_bytes()

    refused = holdfast("init", "--from", EXAMPLE, "--data", folder)

    assert refused.returncode == 1
    assert "choose another folder" in refused.stderr
    assert (folder / "directory.db").read_bytes() == before


async def test_the_command_line_lists_disputed_entries_and_settles_one(folder: Path) -> None:
    poison = replace(SiteJournal("oslo").printed("ada", 150_000), kind="job_teleported")
    poison = replace(poison, entry_hash=hash_of(poison))
    with closing(Ledger(folder / "ledger.db")) as ledger:
        ledger.append_now(read_facts([poison]), now_ms=poison.wall_ms)
    ask = ("disputes", "--data", folder)
    verdict = ("--settle", "oslo/1/1", "--comment", "read from the printer")
    not_running = await asyncio.to_thread(holdfast, *ask)

    async with running(folder):
        listed = await asyncio.to_thread(holdfast, *ask)
        nonsense = await asyncio.to_thread(holdfast, *ask, "--settle", "oslo")
        no_money = await asyncio.to_thread(holdfast, *ask, *verdict, "--adjust", "user:ada")
        unknown = await asyncio.to_thread(holdfast, *ask, "--settle", "oslo/1/2", "--comment", "-")
        settled = await asyncio.to_thread(holdfast, *ask, *verdict, "--adjust", "user:ada=-150000")
        none_left = await asyncio.to_thread(holdfast, *ask)
        all_of_them = await asyncio.to_thread(holdfast, *ask, "--all")

    assert not_running.returncode == 1
    assert listed.stdout.startswith("oslo/1/1 job_teleported: This version does not know")
    assert (nonsense.returncode, no_money.returncode, unknown.returncode) == (2, 2, 1)
    assert "SITE/EPOCH/SEQ" in nonsense.stderr
    assert "PAYER=MICROS" in no_money.stderr
    assert "oslo/1/2 is not disputed" in unknown.stderr
    assert settled.stdout == "oslo/1/1 is settled, with 1 adjustments.\n"
    assert none_left.stdout == "Nothing is disputed.\n"
    assert "[settled: read from the printer]" in all_of_them.stdout


async def test_the_command_line_lists_what_a_site_may_spend_alone_and_writes_it_off(
    folder: Path,
) -> None:
    need = AllowanceNeed(payer="user:ada", want_micros=1_000_000, usual_micros=0)
    with closing(Directory(folder / "directory.db")) as directory:
        (granted,) = await grant_allowances(directory, "oslo", 1, [need])
    ask = ("allowances", "--data", folder, "--site")

    async with running(folder) as primary:
        listed = await asyncio.to_thread(holdfast, *ask, "oslo")
        nothing = await asyncio.to_thread(holdfast, *ask, "lima")
        unknown = await asyncio.to_thread(holdfast, *ask, "rome")
        unseen = await asyncio.to_thread(holdfast, *ask, "oslo", "--write-off", "1")
        risk = listed.stdout.split()[-1]
        done = await asyncio.to_thread(holdfast, *ask, "oslo", "--write-off", risk)
        sites = (await primary.get("/api/v1/sites"))["items"]

    assert int(risk) == granted.more_micros > 0
    assert listed.stdout.startswith("user:ada ")
    assert nothing.stdout == "lima may spend nothing alone.\n"
    assert (unknown.returncode, unseen.returncode, done.returncode) == (1, 1, 0)
    assert "knows no site 'rome'" in unknown.stderr
    assert risk in unseen.stderr
    assert done.stdout.startswith("oslo is shut out, and ")
    assert {site["site_name"]: site["state"] for site in sites}["oslo"] == "fenced"
