"""`holdfast-primary` after a disaster: backup, backup-keys, restore, rebuild."""

import argparse
import asyncio
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from primary.config import PrimaryConfig
from primary.errors import ConfigError
from primary.pki import CertificateAuthority
from primary.secret_input import read_secret
from primary.service.backup import back_up
from primary.service.key_backup import PREFIX, Keys, keys_of, put_keys, seal, unseal
from primary.service.organisation import ADMIN_KEY_FILE, CARD_KEY_FILE, DIRECTORY_FILE
from primary.service.restore import (
    Fill,
    Restored,
    Wanted,
    as_it_lies,
    from_backup,
    from_store,
    restore,
)
from primary.service.restore_plan import PKI_FOLDER, stored_plan
from primary.site_copy import fetch_directory, giver_of, newest_of, told_of
from replication.adapters.folder_lock import only_server_of
from replication.adapters.private_file import make_private_folder, write_private
from replication.adapters.system_clock import SystemClock
from replication.rebuild_ticket import RebuildTicket, parse_ticket

ADMIN_KEY_BYTES: Final = 32
CARD_KEY_BYTES: Final = 32
NO_KEYS: Final = (
    "There is no pki folder, or no card.key, in {folder}. With the keys that backup-keys sealed "
    "(--keys FILE) every site goes on as it is. Without them every site must be installed anew, "
    "and what its journal had not uploaded is lost: if that must be, say --new-keys"
)


def add_all(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", place: argparse.ArgumentParser
) -> None:
    """These commands, with `place` among their arguments."""
    for name, add, help_text in (
        ("backup", add_backup, "copy directory and ledger"),
        ("backup-keys", add_backup_keys, "seal what cannot be made anew"),
        ("restore", add_restore, "go on from an earlier state"),
        ("rebuild", add_rebuild, "a new primary from a site's copy of the directory"),
    ):
        add(commands.add_parser(name, parents=[place], help=help_text))


def add_backup(parser: argparse.ArgumentParser) -> None:
    """The arguments of `backup`."""
    parser.add_argument("--to", metavar="FOLDER", type=Path, required=True, help="to be made")


def add_backup_keys(parser: argparse.ArgumentParser) -> None:
    """The arguments of `backup-keys`."""
    parser.add_argument(
        "--to",
        metavar="FILE",
        type=Path,
        required=True,
        help="the sealed keys; the passphrase is read from standard input",
    )


def add_restore(parser: argparse.ArgumentParser) -> None:
    """The arguments of `restore`."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--from", dest="backup", metavar="BACKUP", type=Path, help="of `backup`")
    source.add_argument(
        "--to",
        dest="moment",
        metavar="TIME|TXID",
        help="an earlier moment of the directory, like 2026-11-20T08:00:00Z; the ledger stays",
    )
    source.add_argument(
        "--here",
        action="store_true",
        help="what lies in the data folder, where it was put by other means",
    )
    _add_keys(parser)


def add_rebuild(parser: argparse.ArgumentParser) -> None:
    """The arguments of `rebuild`."""
    parser.add_argument(
        "--from-site",
        dest="sites",
        metavar="HOST[:PORT]",
        action="append",
        required=True,
        help="a site with a copy of the directory; of several the newest is taken",
    )
    parser.add_argument(
        "--ticket-file",
        metavar="FILE",
        type=Path,
        help="the tickets of these sites, one a line, in their order; standard input otherwise",
    )
    _add_keys(parser)


def backup(config: PrimaryConfig, wanted: argparse.Namespace) -> str:
    """Copy directory and ledger; what to print."""
    made = back_up(config.data_dir, wanted.to, SystemClock())
    names = ", ".join(sorted(made.files))
    away = "" if isinstance(config.ledger_place, Path) else " Now back up the ledger's PostgreSQL."
    return f"{wanted.to}: {names}. The keys are not in it: see backup-keys.{away}"


def backup_keys(config: PrimaryConfig, wanted: argparse.Namespace) -> str:
    """Seal the keys; what to print."""
    keys = keys_of(config.data_dir)
    write_private(wanted.to, seal(keys, read_secret("passphrase")).encode("ascii"))
    return f"{wanted.to}: the CA's key and the card key, sealed. Keep it apart from the backups."


def restore_here(config: PrimaryConfig, wanted: argparse.Namespace) -> str:
    """Restore; what to print."""
    data_dir, place = config.data_dir, config.ledger_place
    if wanted.backup is not None:
        fill = from_backup(wanted.backup)
    elif wanted.moment is not None:
        fill = from_store(data_dir, place, wanted.moment)
    else:
        fill = as_it_lies(data_dir)
    make_private_folder(data_dir)
    with only_server_of(data_dir):
        fill = _with_keys(fill, data_dir, wanted, None)
        made = restore(Wanted(data_dir=data_dir, ledger=place, fill=fill), SystemClock())
    return _told(data_dir, made)


def rebuild(config: PrimaryConfig, wanted: argparse.Namespace) -> str:
    """Make a primary from a site's directory; what to print."""
    data_dir = config.data_dir
    make_private_folder(data_dir)
    with only_server_of(data_dir):
        if (data_dir / DIRECTORY_FILE).exists() and stored_plan(data_dir) is None:
            raise ConfigError([f"{data_dir} holds a directory already; take an empty folder"])
        said: list[str] = []
        fill = _fill_of_site(data_dir, wanted, said)
        made = restore(
            Wanted(data_dir=data_dir, ledger=config.ledger_place, fill=fill, may_begin_ledger=True),
            SystemClock(),
        )
    return "\n".join([*said, _told(data_dir, made)])


def _fill_of_site(data_dir: Path, wanted: argparse.Namespace, said: list[str]) -> Fill:
    if stored_plan(data_dir) is not None:
        return _nothing
    tickets = _tickets(wanted)
    if len(tickets) != len(wanted.sites):
        raise ConfigError([f"{len(wanted.sites)} sites and {len(tickets)} tickets: one for each"])
    givers = [giver_of(*each) for each in zip(wanted.sites, tickets, strict=True)]

    async def fetch(target: Path) -> None:
        giver, standing = await newest_of(givers)
        said.append(told_of(standing))
        await fetch_directory(giver, target)

    def fill(beside: Path) -> None:
        asyncio.run(fetch(beside / DIRECTORY_FILE))

    return _with_keys(fill, data_dir, wanted, tickets[0])


def _tickets(wanted: argparse.Namespace) -> list[RebuildTicket]:
    text = wanted.ticket_file.read_text("ascii") if wanted.ticket_file else sys.stdin.read()
    return [parse_ticket(line) for line in text.splitlines() if line.strip()]


def _with_keys(
    fill: Fill, data_dir: Path, wanted: argparse.Namespace, ticket: RebuildTicket | None
) -> Fill:
    """`fill`, and the keys that the data folder lacks. Errors: `ConfigError`, `KeyBackupError`."""
    if stored_plan(data_dir) is not None:
        return _nothing
    keys = _keys(wanted)
    has_keys = (data_dir / PKI_FOLDER).exists() and (data_dir / CARD_KEY_FILE).exists()
    if keys is None and not wanted.new_keys and not has_keys:
        raise ConfigError([NO_KEYS.format(folder=data_dir)])

    def fill_all(beside: Path) -> None:
        if keys is not None:
            put_keys(beside, keys)
        elif wanted.new_keys:
            CertificateAuthority(beside / PKI_FOLDER, SystemClock())
            card_key = secrets.token_hex(CARD_KEY_BYTES) if ticket is None else ticket.card_key_hex
            write_private(beside / CARD_KEY_FILE, f"{card_key}\n".encode())
        if not (data_dir / ADMIN_KEY_FILE).exists():
            admin_key = secrets.token_hex(ADMIN_KEY_BYTES)
            write_private(beside / ADMIN_KEY_FILE, f"{admin_key}\n".encode())
        fill(beside)

    return fill_all


def _keys(wanted: argparse.Namespace) -> Keys | None:
    if wanted.keys is None:
        return None
    try:
        text = wanted.keys.read_text("ascii")
        if wanted.passphrase_file is None:
            raise ConfigError(["--keys needs --passphrase-file, a file with the passphrase"])
        passphrase = wanted.passphrase_file.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"cannot be read: {error}"]) from error
    if not text.startswith(PREFIX):
        raise ConfigError([f"{wanted.keys}: these are no keys of backup-keys"])
    return unseal(text, passphrase)


def _add_keys(parser: argparse.ArgumentParser) -> None:
    keys = parser.add_mutually_exclusive_group()
    keys.add_argument("--keys", metavar="FILE", type=Path, help="the keys that backup-keys sealed")
    keys.add_argument(
        "--new-keys", action="store_true", help="do without; every site must be installed anew"
    )
    parser.add_argument("--passphrase-file", metavar="FILE", type=Path, help="to unseal the keys")


def _nothing(_beside: Path) -> None:
    """A plan is only finished: nothing is fetched."""


def _told(data_dir: Path, made: Restored) -> str:
    kept = f"What was there before is kept in {data_dir / made.kept_in}."
    if made.as_of_ms is None:
        return f"The restore that was interrupted is finished. {kept}"
    moment = datetime.fromtimestamp(made.as_of_ms / 1000, UTC)
    lines = [f"{data_dir}: the directory as of {moment:%Y-%m-%d %H:%M:%S} UTC. {kept}"]
    if made.opened_payers is not None:
        lines.append(f"The ledger begins anew, with {made.opened_payers} opening balances.")
    if made.unknown_payers:
        lines.append(
            "The ledger has money of payers that this directory does not know; make them again: "
            + ", ".join(made.unknown_payers)
        )
    if made.unheard:
        lines.append(
            "No allowance is granted until these sites were heard, joined anew or were written "
            "off: " + ", ".join(made.unheard)
        )
    return "\n".join([*lines, "Next: start the primary. Sites feed it by themselves."])
