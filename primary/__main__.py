"""`holdfast-primary`: init, run, token, revoke, outages, money, backup, restore, rebuild, ..."""

import argparse
import asyncio
import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

import uvloop

from primary import (
    allowance_commands,
    bootstrap,
    config,
    copy_ledger_command,
    dispute_commands,
    doctor,
    link_commands,
    organisation_load,
    restore_commands,
    revoke_command,
    schema_command,
)
from primary.admin_client import call_primary
from primary.config import PrimaryConfig
from primary.errors import ConfigError, PrimaryError
from primary.secret_input import read_secret
from primary.service.organisation import create
from primary.service.restore_plan import check_finished
from primary.store.postgres import PostgresAddress
from replication.adapters.components import render
from replication.adapters.interpreter import set_interpreter
from replication.adapters.system_clock import SystemClock
from replication.adapters.terminal import nobody_reads
from replication.errors import ReplicationError

FAILED: Final = 1
WRONG_INPUT: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks; the exit status: 1 failed, 2 wrong input."""
    wanted = _parser().parse_args(arguments)
    try:
        status = _COMMANDS[wanted.command](wanted, os.environ)
        sys.stdout.flush()
    except BrokenPipeError:
        nobody_reads()
        return FAILED
    except ConfigError as error:
        for problem in error.problems:
            print(f"{wanted.source}: {problem}", file=sys.stderr)
        return WRONG_INPUT
    except (PrimaryError, ReplicationError) as error:
        print(error, file=sys.stderr)
        return FAILED
    return status


def _init(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    wanted.source = wanted.organisation
    organisation = organisation_load.load(_text_of(wanted.organisation))
    wanted.source = wanted.config or "command line"
    settings = _config(wanted, environ)
    data_dir, place = settings.data_dir, settings.ledger_place
    check_finished(data_dir)
    away = place if isinstance(place, PostgresAddress) else None
    made = create(data_dir, organisation, SystemClock(), away)
    print(
        f"{data_dir}: {made.users} users, {made.sites} sites, "
        f"{made.opening_micros / 1_000_000:,.2f} {organisation.currency} in opening balances.\n"
        f"Next: holdfast-primary run {_same_place(wanted, data_dir)}"
    )
    return 0


def _same_place(wanted: argparse.Namespace, data_dir: Path) -> str:
    return f"--data {data_dir}" if wanted.config is None else f"--config {wanted.config}"


def _copy_ledger(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = _config(wanted, environ)
    print(copy_ledger_command.copy(settings))
    return 0


def _run(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = _config(wanted, environ)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    set_interpreter()
    uvloop.run(bootstrap.run(settings, environ))
    return 0


def _token(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    body = {"host": wanted.host, "port": wanted.port}
    path = f"/api/v1/sites/{quote(wanted.site, safe='')}/join-tokens"
    data_dir = _config(wanted, environ).data_dir
    print(asyncio.run(call_primary(data_dir, "POST", path, body))["token"])
    return 0


def _revoke(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    print(revoke_command.revoke(_config(wanted, environ).data_dir, wanted))
    return 0


def _set_secret(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    kind = wanted.command.removeprefix("set-")
    data_dir = _config(wanted, environ).data_dir
    wanted.source = "standard input"
    body = {kind: read_secret(kind)}
    path = f"/api/v1/users/{quote(wanted.user, safe='')}/{kind}"
    asyncio.run(call_primary(data_dir, "PUT", path, body))
    print(f"{wanted.user} has a new {kind}.")
    return 0


def _price_list(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    data_dir = _config(wanted, environ).data_dir
    wanted.source = wanted.file
    try:
        body = json.loads(_text_of(wanted.file))
    except ValueError as error:
        raise ConfigError([f"this is not JSON: {error}"]) from error
    made = asyncio.run(call_primary(data_dir, "POST", "/api/v1/price-lists", body))
    print(f"price list {made['version']} is in force from {made['valid_from_ms']} ms on")
    return 0


def _outage_report(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    path = f"/api/v1/sites/{quote(wanted.site, safe='')}/outage-report"
    data_dir = _config(wanted, environ).data_dir
    print("\n".join(asyncio.run(call_primary(data_dir, "GET", path))["lines"]))
    return 0


def _drill(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    print(link_commands.drill(_config(wanted, environ).data_dir, wanted))
    return 0


def _force_offline(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    print(link_commands.force_offline(_config(wanted, environ).data_dir, wanted))
    return 0


def _disputes(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    data_dir = _config(wanted, environ).data_dir
    wanted.source = "command line"
    print(dispute_commands.disputes(data_dir, wanted))
    return 0


def _schema(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    print(schema_command.schema(_config(wanted, environ).data_dir, wanted))
    return 0


def _allowances(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    print(allowance_commands.allowances(_config(wanted, environ).data_dir, wanted))
    return 0


def _backup(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    print(restore_commands.backup(_config(wanted, environ), wanted))
    return 0


def _backup_keys(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = _config(wanted, environ)
    wanted.source = "standard input"
    print(restore_commands.backup_keys(settings, wanted))
    return 0


def _restore(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = _config(wanted, environ)
    wanted.source = "restore"
    print(restore_commands.restore_here(settings, wanted))
    return 0


def _rebuild(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = _config(wanted, environ)
    wanted.source = "rebuild"
    print(restore_commands.rebuild(settings, wanted))
    return 0


def _doctor(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    found = list(doctor.look(_config(wanted, environ), environ))
    print(render(found))
    return FAILED if any(one.required and not one.found for one in found) else 0


_COMMANDS: Final = {
    "init": _init,
    "run": _run,
    "token": _token,
    "revoke": _revoke,
    "set-pin": _set_secret,
    "set-password": _set_secret,
    "price-list": _price_list,
    "outage-report": _outage_report,
    "drill": _drill,
    "force-offline": _force_offline,
    "disputes": _disputes,
    "allowances": _allowances,
    "copy-ledger": _copy_ledger,
    "schema": _schema,
    "backup": _backup,
    "backup-keys": _backup_keys,
    "restore": _restore,
    "rebuild": _rebuild,
    "doctor": _doctor,
}


def _config(wanted: argparse.Namespace, environ: Mapping[str, str]) -> PrimaryConfig:
    if wanted.config is None:
        wanted.source = "command line"
        return config.for_folder(wanted.data, environ)
    wanted.source = wanted.config
    return config.load(_text_of(wanted.config), environ)


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"cannot be read: {error}"]) from error


def _parser() -> argparse.ArgumentParser:
    place = argparse.ArgumentParser(add_help=False)
    where = place.add_mutually_exclusive_group()
    where.add_argument("--data", metavar="DIR", help="the data folder, with defaults for the rest")
    where.add_argument("--config", metavar="FILE", type=Path, help="primary.toml")
    parser = argparse.ArgumentParser(prog="holdfast-primary", description="Headquarters' server.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    init = commands.add_parser("init", parents=[place], help="make a data folder")
    init.add_argument("--from", dest="organisation", metavar="FILE", type=Path, required=True)
    commands.add_parser("run", parents=[place], help="serve until TERM or Ctrl-C")
    token = commands.add_parser("token", parents=[place], help="print a join token for a site")
    token.add_argument("--site", metavar="NAME", required=True)
    token.add_argument("--host", help="what the site dials, where it is not what is configured")
    token.add_argument("--port", type=int, help="the same for the port")
    revoke_command.add_revoke(
        commands.add_parser("revoke", parents=[place], help="shut a site out, or let it join anew")
    )
    for kind in ("pin", "password"):
        secret = commands.add_parser(
            f"set-{kind}", parents=[place], help=f"give a user a {kind}, read from standard input"
        )
        secret.add_argument("--user", metavar="NAME", required=True)
    prices = commands.add_parser("price-list", parents=[place], help="make a new price list")
    prices.add_argument("action", choices=["put"])
    prices.add_argument("--file", metavar="FILE", type=Path, required=True, help="the list as JSON")
    outage = commands.add_parser(
        "outage-report", parents=[place], help="what would still work if a site's WAN were cut now"
    )
    outage.add_argument("--site", metavar="NAME", required=True)
    link_commands.add_drill(
        commands.add_parser("drill", parents=[place], help="let a site rehearse an outage")
    )
    link_commands.add_force_offline(
        commands.add_parser("force-offline", parents=[place], help="cut a site off on purpose")
    )
    dispute_commands.add_disputes(
        commands.add_parser("disputes", parents=[place], help="entries that count for nothing")
    )
    allowance_commands.add_allowances(
        commands.add_parser("allowances", parents=[place], help="what a site may spend alone")
    )
    commands.add_parser(
        "copy-ledger", parents=[place], help="copy ledger.db into the PostgreSQL of ledger_url"
    )
    schema_command.add_schema(
        commands.add_parser("schema", parents=[place], help="which sites can read the directory")
    )
    restore_commands.add_all(commands, place)
    commands.add_parser("doctor", parents=[place], help="look at what a primary stands on")
    return parser


if __name__ == "__main__":
    sys.exit(main())
