import stat
from pathlib import Path

import pytest

from primary import organisation_load
from primary.errors import AlreadyInitialisedError
from primary.names import QuotaPeriod
from primary.service.organisation import create
from primary.store import accounts, price_lists, quotas
from primary.store.accounts import AccountFields
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from replication.card_hash import card_hash
from replication.ports import WallMs
from replication.prices_in_force import PricesInForce
from replication.schema.directory import directory_metadata
from replication.testing import ManualClock
from tests.unit.primary.conftest import OPENING_MICROS, ORGANISATION
from tests.unit.primary.money import balances_of, ledger_balances_of


def row_counts(directory: Directory) -> dict[str, int]:
    with directory.read() as connection:
        return {
            name: int(
                connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()  # noqa: S608
            )
            for name in directory_metadata.tables
        }


def test_everything_of_the_file_is_in_the_directory(directory: Directory) -> None:
    assert row_counts(directory) == {
        "users": 3,
        "groups": 1,
        "memberships": 1,
        "cards": 1,
        "accounts": 2,
        "account_access": 1,
        "credentials": 0,
        "balances": 5,
        "printers": 2,
        "queues": 1,
        "prices": 1,
        "price_lists": 0,
        "quotas": 0,
        "allowances": 0,
        "link_orders": 0,
        "policies": 0,
        "devices": 1,
        "sites": 2,
        "watermarks": 1,
        "heartbeat": 1,
        "restores": 0,
        "unheard_sites": 0,
    }
    assert len(directory.lineage()) == 32
    assert directory.currency() == "EUR"
    assert [site.epoch for site in directory.sites()] == [0, 0]


def test_the_ledger_explains_every_opening_balance(directory: Directory, ledger: Ledger) -> None:
    in_directory = {payer: money for payer, money in balances_of(directory).items() if money}

    assert in_directory == ledger_balances_of(ledger)
    assert sum(in_directory.values()) == OPENING_MICROS
    assert directory.watermark("primary", 1) == ledger.head("primary", 1)
    assert ledger.head("primary", 1).seq == 3


def test_cards_are_kept_as_hashes_under_a_key_of_this_folder(
    data_dir: Path, directory: Directory
) -> None:
    key = bytes.fromhex((data_dir / "card.key").read_text().strip())

    with directory.read() as connection:
        kept = connection.exec_driver_sql("SELECT card_hash FROM cards").scalar_one()

    assert kept == card_hash("a1", key)


def test_keys_are_for_their_owner_only(data_dir: Path) -> None:
    for name in ("admin.key", "card.key"):
        assert stat.S_IMODE((data_dir / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    assert len((data_dir / "admin.key").read_text().strip()) == 64


def test_a_folder_with_a_directory_is_refused_and_stays_as_it_is(
    data_dir: Path, clock: ManualClock
) -> None:
    before = {path.name: path.read_bytes() for path in data_dir.iterdir()}

    with pytest.raises(AlreadyInitialisedError):
        create(data_dir, organisation_load.load(ORGANISATION), clock)

    assert {path.name: path.read_bytes() for path in data_dir.iterdir()} == before


def test_an_init_that_was_cut_off_can_be_run_again(tmp_path: Path, clock: ManualClock) -> None:
    half = tmp_path / "data"
    (half / ".init").mkdir(parents=True)
    (half / ".init" / "directory.db").write_bytes(b"half of it")
    (half / "ledger.db").write_bytes(b"from the first try")
    (half / "admin.key").write_text("old")

    made = create(half, organisation_load.load(ORGANISATION), clock)

    assert made.opening_micros == OPENING_MICROS
    assert sorted(path.name for path in half.iterdir()) == [
        "admin.key",
        "card.key",
        "directory.db",
        "ledger.db",
    ]


def test_the_example_organisation_can_be_used(tmp_path: Path, clock: ManualClock) -> None:
    example = Path(__file__).parents[4] / "primary" / "example" / "organisation.toml"
    organisation = organisation_load.load(example.read_text("utf-8"))

    made = create(tmp_path / "data", organisation, clock)

    assert made.sites == 2
    assert {site.name for site in organisation.sites} == {"oslo", "lima"}
    assert {"oslo-secure", "oslo-direct"} <= {queue.name for queue in organisation.queues}


def test_price_lists_are_numbered_by_their_beginning_and_quotas_are_kept(tmp_path: Path) -> None:
    sections = """
[[price_lists]]
valid_from_ms = 2_000
default = "dear"
tariffs = { dear = { model = "simple", mono_micros = 9, colour_micros = 9 } }

[[price_lists]]
default = "cheap"
tariffs = { cheap = { model = "simple", mono_micros = 1, colour_micros = 1 } }
printers = { oslo-laser = "cheap" }

[[quotas]]
group = "staff"
amount_micros = 5
period = "week"
"""
    create(tmp_path / "hq", organisation_load.load(ORGANISATION + sections), ManualClock())
    directory = Directory(tmp_path / "hq" / "directory.db")
    with directory.read() as connection:
        places = price_lists.all_places(connection)
        view = PricesInForce().view_at(connection, "oslo-laser", WallMs(1_999))
        (quota,) = quotas.all_quotas(connection)
    directory.close()

    assert [(each.version, each.valid_from_ms) for each in places] == [(1, 0), (2, 2_000)]
    assert view is not None
    assert view.price_on("").mono_simplex_micros == 1
    assert (quota.group_name, quota.period, quota.balance_max_micros) == (
        "staff",
        QuotaPeriod.WEEK,
        None,
    )


def test_the_account_that_pays_where_nobody_could_be_asked_is_made(directory: Directory) -> None:
    with directory.read() as connection:
        made = accounts.account(connection, "Offline Account")

    assert (made.fields.enabled, made.fields.restricted, made.fields.open_to) == (True, False, ())
    assert made.balance_micros == 0


def test_an_offline_account_of_the_file_stays_as_the_file_has_it(
    tmp_path: Path, clock: ManualClock
) -> None:
    own = '[[accounts]]\nname = "Offline Account"\ntitle = "Cuts"\nopen_to = ["*"]'
    create(tmp_path / "data", organisation_load.load(f"{ORGANISATION}\n{own}"), clock)

    opened = Directory(tmp_path / "data" / "directory.db")
    with opened.read() as connection:
        fields = accounts.account(connection, "Offline Account").fields
    opened.close()

    assert fields == AccountFields(title="Cuts", open_to=("*",))
