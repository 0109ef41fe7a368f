"""`holdfast-site`: join, run, status, resync, give-directory, explain, drill, doctor, ..."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import uvloop

from replication.adapters.components import crsqlite_path, render
from replication.adapters.folder_lock import only_server_of
from replication.adapters.interpreter import set_interpreter
from replication.adapters.terminal import nobody_reads
from replication.errors import ReplicationError
from site_server import (
    bootstrap,
    config,
    doctor,
    explain_command,
    give_directory_command,
    link_commands,
    resync_command,
    wait_command,
)
from site_server.adapters import identity as identities
from site_server.adapters.registers_anew import begin_registers_anew
from site_server.admin_client import ask_site
from site_server.causes import Cause
from site_server.config import Role
from site_server.data_folder import DataFolder
from site_server.errors import ConfigError, RefusedError, SiteError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from site_server.config import Config

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
    except RefusedError as error:
        print(f"{error.detail} {error.advice}".rstrip(), file=sys.stderr)
        return WRONG_INPUT if error.reason == Cause.BAD_REQUEST else FAILED
    except (SiteError, ReplicationError) as error:
        print(error, file=sys.stderr)
        return FAILED
    return status


def _join(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    folder = DataFolder(_config(wanted, environ).data_dir)
    token = _text_of(wanted.token_file) if wanted.token_file else sys.stdin.read()
    folder.make()
    with only_server_of(folder.path):
        if wanted.again and folder.registers.exists():
            site_name = identities.load(folder.identity).site_name
            extension = crsqlite_path(environ)
            asyncio.run(begin_registers_anew(folder.registers, extension, site_name))
        joined = asyncio.run(
            identities.join(token, folder.identity, hosts=wanted.host, again=wanted.again)
        )
    folder.admin_key()
    print(
        f"{folder.path}: this is site {joined.site_name} now, epoch {joined.epoch}.\n"
        f"Next: holdfast-site run --data {folder.path}"
    )
    return 0


def _run(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    settings = _config(wanted, environ).as_role(wanted.role)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    set_interpreter()
    uvloop.run(bootstrap.run(settings, environ))
    return 0


def _status(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    data_dir = _config(wanted, environ).data_dir
    if wanted.wait:
        wait_command.wait(data_dir)
        return 0
    status = asyncio.run(ask_site(data_dir, "/admin/v1/status"))
    width = max(map(len, status))
    for name, value in status.items():
        print(f"{name:<{width}}  {value}")
    return 0


def _resync(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    print(resync_command.resync(_config(wanted, environ).data_dir))
    return 0


def _give_directory(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    ticket, said = give_directory_command.give_directory(_config(wanted, environ).data_dir)
    print(said, file=sys.stderr)
    print(ticket)
    return 0


def _explain(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    print(explain_command.explained(_config(wanted, environ).data_dir, wanted))
    return 0


def _drill(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    print(link_commands.drill(_config(wanted, environ).data_dir, wanted.what))
    return 0


def _force_offline(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    print(link_commands.force_offline(_config(wanted, environ).data_dir, wanted.what))
    return 0


def _doctor(wanted: argparse.Namespace, environ: Mapping[str, str]) -> int:
    found = list(doctor.look(_config(wanted, environ).as_role(wanted.role), environ))
    print(render(found))
    return FAILED if any(one.required and not one.found for one in found) else 0


_COMMANDS: Final = {
    "join": _join,
    "run": _run,
    "status": _status,
    "resync": _resync,
    "give-directory": _give_directory,
    "explain": _explain,
    "drill": _drill,
    "force-offline": _force_offline,
    "doctor": _doctor,
}


def _config(wanted: argparse.Namespace, environ: Mapping[str, str]) -> Config:
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
    where.add_argument("--config", metavar="FILE", type=Path, help="site.toml")
    parser = argparse.ArgumentParser(prog="holdfast-site", description="A branch's server.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    join = commands.add_parser("join", parents=[place], help="become a site, with a join token")
    join.add_argument(
        "--token-file", metavar="FILE", type=Path, help="the token; standard input otherwise"
    )
    join.add_argument(
        "--host", metavar="NAME", action="append", default=[], help="a name of this machine"
    )
    join.add_argument(
        "--again", action="store_true", help="a new epoch for a folder that has joined before"
    )
    role = argparse.ArgumentParser(add_help=False)
    role.add_argument(
        "--role",
        choices=list(Role),
        help="site, or secondary: a print server without a replica; else as the file says",
    )
    commands.add_parser("run", parents=[place, role], help="serve until TERM or Ctrl-C")
    status = commands.add_parser(
        "status", parents=[place], help="what the running site says of itself"
    )
    status.add_argument(
        "--wait", action="store_true", help="show the first copy's progress until it is there"
    )
    commands.add_parser(
        "resync", parents=[place], help="make replica and mirror anew from headquarters"
    )
    commands.add_parser(
        "give-directory",
        parents=[place],
        help="print a ticket with which a new headquarters may copy this site's directory",
    )
    explain_command.add_explain(
        commands.add_parser("explain", parents=[place], help="why something would be allowed")
    )
    link_commands.add_drill(
        commands.add_parser("drill", parents=[place], help="rehearse an outage, with a report")
    )
    link_commands.add_force_offline(
        commands.add_parser("force-offline", parents=[place], help="cut the site off on purpose")
    )
    commands.add_parser("doctor", parents=[place, role], help="look at what a site stands on")
    return parser


if __name__ == "__main__":
    sys.exit(main())
