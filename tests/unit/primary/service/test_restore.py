"""A data folder goes on from an earlier state: whole, or not at all."""

import shutil
from itertools import islice
from pathlib import Path

import pytest

from primary.errors import PrimaryError
from primary.service import restore as restoring
from primary.service.adjust import Adjust, Adjustment
from primary.service.backup import LIST_FILE, BackupError, back_up, read_backup
from primary.service.fit import put_payers
from primary.service.ingest import Ingest
from primary.service.restore import DoNotFitError, Restored, Wanted, as_it_lies, from_backup
from primary.service.restore_plan import (
    BESIDE_FOLDER,
    PLAN_FILE,
    UnfinishedRestoreError,
    carry_out,
    check_finished,
    stored_plan,
)
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.testing import SiteJournal
from replication.testing import ManualClock
from tests.unit.primary.money import balances_of, ledger_balances_of

ADA = "user:ada"
NEW_EPOCHS = 100_000_000


def restored(data_dir: Path, fill: restoring.Fill, clock: ManualClock) -> Restored:
    wanted = Wanted(data_dir=data_dir, ledger=data_dir / "ledger.db", fill=fill)
    return restoring.restore(wanted, clock)


class Hq:
    """The open files of a primary that does not serve."""

    def __init__(self, data_dir: Path, clock: ManualClock) -> None:
        self.directory = Directory(data_dir / "directory.db")
        self.ledger = Ledger(data_dir / "ledger.db")
        self.ingest = Ingest(self.directory, self.ledger, clock)
        self.adjust = Adjust(self.ingest, self.directory, self.ledger, clock)

    async def credit(self, amount_micros: int, request_id: str, payer: str = ADA) -> int:
        asked = Adjustment(payer=payer, amount_micros=amount_micros, request_id=request_id)
        return (await self.adjust.apply(asked)).balance_micros

    def close(self) -> None:
        self.ledger.close()
        self.directory.close()


async def test_a_backup_is_fed_again_and_no_number_is_used_twice(
    data_dir: Path, tmp_path: Path, clock: ManualClock
) -> None:
    oslo = SiteJournal("oslo")
    before, after = oslo.printed("ada", 100), oslo.printed("ada", 200)
    hq = Hq(data_dir, clock)
    await hq.directory.new_epoch("oslo")
    await hq.ingest.receive("oslo", 1, [before])
    lineage = hq.directory.lineage()
    back_up(data_dir, tmp_path / "backup", clock)
    await hq.ingest.receive("oslo", 1, [after])
    await hq.credit(7, "lost")
    await hq.directory.new_epoch("oslo")
    hq.close()

    made = restored(data_dir, from_backup(tmp_path / "backup"), clock)
    assert made.unheard == ("oslo",)
    assert (data_dir / made.kept_in / "directory.db").exists()
    hq = Hq(data_dir, clock)
    assert hq.directory.lineage() != lineage
    await hq.ingest.receive("oslo", 1, [before, after])
    await hq.ingest.receive("oslo", 1, [before, after])
    assert await hq.credit(5, "new") == 10_000_000 - 300 + 5
    assert hq.directory.watermark("primary", hq.directory.own_epoch()).seq == 1
    assert hq.directory.own_epoch() > NEW_EPOCHS
    assert await hq.directory.new_epoch("oslo") > NEW_EPOCHS
    assert ledger_balances_of(hq.ledger)[ADA] == balances_of(hq.directory)[ADA]
    hq.close()


async def test_two_restores_of_one_backup_share_no_number(
    data_dir: Path, tmp_path: Path, clock: ManualClock
) -> None:
    back_up(data_dir, tmp_path / "backup", clock)
    seen = set()
    for _ in range(2):
        clock.advance(3_600_000)
        restored(data_dir, from_backup(tmp_path / "backup"), clock)
        hq = Hq(data_dir, clock)
        seen.update({hq.directory.lineage(), hq.directory.own_epoch()})
        hq.close()
    assert len(seen) == 4


@pytest.mark.parametrize("steps", range(6))
async def test_a_restore_that_is_killed_after_any_step_is_finished_by_the_next(
    steps: int, data_dir: Path, tmp_path: Path, clock: ManualClock
) -> None:
    back_up(data_dir, tmp_path / "backup", clock)
    hq = Hq(data_dir, clock)
    await hq.credit(7, "lost")
    hq.close()
    (data_dir / "store").mkdir()
    fill = from_backup(tmp_path / "backup")
    wanted = Wanted(data_dir=data_dir, ledger=data_dir / "ledger.db", fill=fill)
    _, plan = restoring.prepare(wanted, clock)
    list(islice(carry_out(data_dir, plan), steps))
    with pytest.raises(UnfinishedRestoreError):
        check_finished(data_dir)

    restored(data_dir, fill, clock)
    check_finished(data_dir)
    hq = Hq(data_dir, clock)
    assert balances_of(hq.directory)[ADA] == 10_000_000
    assert ledger_balances_of(hq.ledger)[ADA] == 10_000_000
    assert len(hq.directory.lineage()) == 32
    hq.close()
    assert not (data_dir / "store").exists()
    assert not (data_dir / BESIDE_FOLDER).exists()


def test_what_is_no_whole_backup_is_refused_and_nothing_changes(
    data_dir: Path, tmp_path: Path, clock: ManualClock
) -> None:
    backup = tmp_path / "backup"
    back_up(data_dir, backup, clock)
    before = (data_dir / "directory.db").read_bytes()
    for spoil in (spoil_a_byte, forget_the_list):
        broken = tmp_path / spoil.__name__
        shutil.copytree(backup, broken)
        spoil(broken)
        with pytest.raises(BackupError, match="Take another"):
            restored(data_dir, from_backup(broken), clock)
    assert (data_dir / "directory.db").read_bytes() == before
    assert not (data_dir / PLAN_FILE).exists()
    with pytest.raises(BackupError, match="exists"):
        back_up(data_dir, backup, clock)
    assert set(read_backup(backup).files) == {"directory.db", "ledger.db"}


def spoil_a_byte(folder: Path) -> None:
    content = bytearray((folder / "ledger.db").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "ledger.db").write_bytes(content)


def forget_the_list(folder: Path) -> None:
    (folder / LIST_FILE).unlink()


async def test_a_ledger_older_than_the_directory_is_refused(
    data_dir: Path, tmp_path: Path, clock: ManualClock
) -> None:
    back_up(data_dir, tmp_path / "backup", clock)
    hq = Hq(data_dir, clock)
    await hq.credit(7, "not in the old ledger")
    hq.close()
    shutil.copy(tmp_path / "backup" / "ledger.db", data_dir / "ledger.db")
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (data_dir / name).unlink(missing_ok=True)
    with pytest.raises(DoNotFitError, match="primary, epoch 1"):
        restored(data_dir, as_it_lies(data_dir), clock)
    assert stored_plan(data_dir) is None


async def test_a_directory_older_than_its_ledger_is_rolled_forward_also_for_new_people(
    data_dir: Path, tmp_path: Path, clock: ManualClock
) -> None:
    back_up(data_dir, tmp_path / "backup", clock)
    hq = Hq(data_dir, clock)
    await hq.directory.write(lambda db: put_payers(db, frozenset({"user:nina"})))
    await hq.credit(300, "nina's", payer="user:nina")
    await hq.credit(7, "ada's")
    hq.close()
    shutil.copy(tmp_path / "backup" / "directory.db", data_dir / "directory.db")
    made = restored(data_dir, as_it_lies(data_dir), clock)
    assert made.unknown_payers == ("user:nina",)
    hq = Hq(data_dir, clock)
    await hq.ingest.roll_forward()
    assert balances_of(hq.directory)["user:nina"] == 300
    assert balances_of(hq.directory)[ADA] == 10_000_007
    hq.close()


async def test_a_new_ledger_opens_with_every_balance_and_sites_go_on_behind_it(
    data_dir: Path, tmp_path: Path, clock: ManualClock
) -> None:
    oslo = SiteJournal("oslo")
    first, second = oslo.printed("ada", 100), oslo.printed("ada", 200)
    hq = Hq(data_dir, clock)
    await hq.ingest.receive("oslo", 1, [first])
    hq.close()

    def fill(beside: Path) -> None:
        shutil.copy(data_dir / "directory.db", beside / "directory.db")

    fresh = tmp_path / "fresh"
    fresh.mkdir()
    wanted = Wanted(data_dir=fresh, ledger=fresh / "ledger.db", fill=fill, may_begin_ledger=True)
    assert restoring.restore(wanted, clock).opened_payers == 3
    hq = Hq(fresh, clock)
    await hq.ingest.roll_forward()
    assert balances_of(hq.directory)[ADA] == 10_000_000 - 100
    await hq.ingest.receive("oslo", 1, [first, second])
    assert balances_of(hq.directory)[ADA] == 10_000_000 - 300
    assert await hq.credit(5, "new") == 10_000_000 - 295
    there = {payer: micros for payer, micros in balances_of(hq.directory).items() if micros}
    assert ledger_balances_of(hq.ledger) == there
    hq.close()

    shutil.copy(data_dir / "directory.db", fresh / "directory.db")  # from before the rebuild
    with pytest.raises(DoNotFitError, match="begun anew"):
        restored(fresh, as_it_lies(fresh), clock)


def test_without_any_ledger_nothing_is_restored(
    data_dir: Path, tmp_path: Path, clock: ManualClock
) -> None:
    (data_dir / "ledger.db").unlink()
    with pytest.raises(PrimaryError, match="There is no ledger"):
        restored(data_dir, as_it_lies(data_dir), clock)
