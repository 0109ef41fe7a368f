"""A primary does not start on files that somebody put back."""

from pathlib import Path

import pytest

from primary.service.adjust import Adjust, Adjustment
from primary.service.ingest import Ingest
from primary.start_checks import PutBackError, check_files, note_heartbeat
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from replication.testing import ManualClock


async def beat(data_dir: Path, directory: Directory, wall_ms: int) -> None:
    await directory.heartbeat(wall_ms=wall_ms, min_reader=1, backup_window_ms=1)
    note_heartbeat(data_dir, directory.lineage(), wall_ms)


async def test_what_ran_here_last_starts_again(
    data_dir: Path, directory: Directory, ledger: Ledger
) -> None:
    check_files(data_dir, directory, ledger)
    await beat(data_dir, directory, 2_000_000_000_000)
    check_files(data_dir, directory, ledger)
    await directory.heartbeat(wall_ms=2_000_000_000_001, min_reader=1, backup_window_ms=1)
    check_files(data_dir, directory, ledger)  # killed before it was noted


async def test_an_older_directory_and_one_of_another_lineage_do_not_start(
    data_dir: Path, directory: Directory, ledger: Ledger
) -> None:
    note_heartbeat(data_dir, directory.lineage(), 3_000_000_000_000)
    with pytest.raises(PutBackError, match=r"older.*restore --here"):
        check_files(data_dir, directory, ledger)
    note_heartbeat(data_dir, "0" * 32, 0)
    with pytest.raises(PutBackError, match=r"another.*restore --here"):
        check_files(data_dir, directory, ledger)


async def test_an_older_ledger_does_not_start(
    data_dir: Path, directory: Directory, tmp_path: Path, clock: ManualClock
) -> None:
    newer = Ledger(data_dir / "ledger.db")
    adjust = Adjust(Ingest(directory, newer, clock), directory, newer, clock)
    await adjust.apply(Adjustment(payer="user:ada", amount_micros=1, request_id="a"))
    newer.close()
    older = Ledger(tmp_path / "older.db")
    with pytest.raises(PutBackError, match="ledger has 0"):
        check_files(data_dir, directory, older)
    older.close()


async def test_without_the_ca_that_sites_trust_no_other_is_made_in_silence(
    data_dir: Path, directory: Directory, ledger: Ledger
) -> None:
    await directory.new_epoch("oslo")
    with pytest.raises(PutBackError, match="--keys FILE"):
        check_files(data_dir, directory, ledger)
    (data_dir / "pki").mkdir()
    (data_dir / "pki" / "ca.cert.pem").touch()
    check_files(data_dir, directory, ledger)
