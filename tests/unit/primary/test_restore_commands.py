"""What the commands refuse, before anything is touched."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pytest

from primary import config, restore_commands
from primary.config import PrimaryConfig
from primary.errors import ConfigError
from primary.service.backup import back_up
from primary.service.key_backup import Keys, keys_of, seal
from replication.rebuild_ticket import RebuildTicket, print_ticket
from replication.testing import ManualClock

KEYS = Keys(ca_cert_pem="certificate", ca_key_pem="key", card_key_hex="ab" * 32)
PASSPHRASE = "correct horse battery"


def parsed(*arguments: str | Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    restore_commands.add_all(commands, argparse.ArgumentParser(add_help=False))
    return parser.parse_args([str(each) for each in arguments])


def of(data_dir: Path) -> PrimaryConfig:
    return config.for_folder(str(data_dir), {})


def names_in(folder: Path) -> Sequence[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def backup(data_dir: Path, tmp_path: Path, clock: ManualClock) -> Path:
    back_up(data_dir, tmp_path / "backup", clock)
    return tmp_path / "backup"


def test_a_new_machine_needs_the_keys_or_a_word_that_it_must_do_without(
    backup: Path, tmp_path: Path
) -> None:
    fresh = tmp_path / "fresh"
    with pytest.raises(ConfigError, match="every site must be installed anew"):
        restore_commands.restore_here(of(fresh), parsed("restore", "--from", backup))
    assert names_in(fresh) == ["server.lock"]
    said = restore_commands.restore_here(
        of(fresh), parsed("restore", "--from", backup, "--new-keys")
    )
    assert "the directory as of" in said
    assert {"admin.key", "card.key", "pki", "directory.db"} <= set(names_in(fresh))


def test_sealed_keys_make_a_new_machine_the_one_that_sites_trust(
    backup: Path, tmp_path: Path
) -> None:
    sealed, passphrase, fresh = tmp_path / "keys", tmp_path / "passphrase", tmp_path / "fresh"
    sealed.write_text(seal(KEYS, PASSPHRASE))
    with pytest.raises(ConfigError, match="passphrase-file"):
        restore_commands.restore_here(
            of(fresh), parsed("restore", "--from", backup, "--keys", sealed)
        )
    passphrase.write_text(f"{PASSPHRASE}\n")
    given = ("--keys", sealed, "--passphrase-file", passphrase)
    restore_commands.restore_here(of(fresh), parsed("restore", "--from", backup, *given))
    assert keys_of(fresh) == KEYS


def test_a_rebuild_wants_an_empty_folder_and_a_ticket_for_each_site(
    data_dir: Path, tmp_path: Path
) -> None:
    ticket = RebuildTicket(site_name="oslo", ca_pem="", card_key_hex="ab" * 32, secret="s" * 43)
    tickets = tmp_path / "tickets"
    tickets.write_text(f"{print_ticket(ticket)}\n")
    asked = parsed("rebuild", "--from-site", "a", "--from-site", "b", "--ticket-file", tickets)
    with pytest.raises(ConfigError, match="2 sites and 1 tickets"):
        restore_commands.rebuild(of(tmp_path / "fresh"), asked)
    with pytest.raises(ConfigError, match="holds a directory already"):
        restore_commands.rebuild(of(data_dir), asked)
