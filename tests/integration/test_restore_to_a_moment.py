"""An earlier moment of the directory, from litestream; the ledger stays, or comes from it, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from primary.service.ingest import Ingest
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from replication.adapters.system_clock import SystemClock
from tests.integration.running_primary import holdfast, initialised, running
from tests.unit.primary.money import balances_of, ledger_balances_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.running_primary import Running

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]

ADA_MICROS = 20_000_000


async def txid_of(primary: Running) -> int:
    detail = (await primary.get("/health"))["litestream"]["detail"]
    return int(detail.removeprefix("TXID "))


async def money_of(primary: Running) -> tuple[int, bool]:
    """Ada's balance, and whether the ledger adds up to every balance."""
    ledger = (await primary.get("/api/v1/ledger/balances"))["items"]
    users = (await primary.get("/api/v1/users?limit=1000"))["items"]
    sums = {row["payer"]: row["balance_micros"] for row in ledger}
    fits = all(sums.get(f"user:{u['user_name']}", 0) == u["balance_micros"] for u in users)
    return await primary.ada_micros(), fits


def settings_in(folder: Path, data_dir: Path) -> Path:
    settings = folder / "primary.toml"
    settings.write_text(
        f'data_dir = "{data_dir}"\nledger_store = true\nheartbeat_ms = 200\n'
        'link = { listen_host = "127.0.0.1", port = 0 }\napi.port = 0\n'
    )
    return settings


async def test_the_directory_goes_back_to_a_moment_and_no_money_does(tmp_path: Path) -> None:
    data_dir = initialised(tmp_path)
    settings = settings_in(tmp_path, data_dir)
    async with running(data_dir, settings) as primary:
        await primary.adjust(1_000, "before")
        txid = await txid_of(primary)
        status, _ = await primary.call("PATCH", "/api/v1/users/ada", {"enabled": False})
        assert status == 200
        await primary.adjust(500, "after")
        await primary.call("PUT", "/api/v1/users/nina", {"full_name": "Nina"})

    nowhere = holdfast("restore", "--to", "999999", "--config", settings)
    assert (nowhere.returncode, "Nothing was changed" in nowhere.stderr) == (1, True)
    done = holdfast("restore", "--to", str(txid), "--config", settings)
    assert done.returncode == 0, done.stderr

    async with running(data_dir, settings) as primary:
        assert (await primary.get("/api/v1/users/ada"))["enabled"]
        assert (await primary.call("GET", "/api/v1/users/nina"))[0] == 404
        assert await money_of(primary) == (ADA_MICROS + 1_500, True)
        await primary.adjust(250, "in the new epoch")
        txid = await txid_of(primary)

    (data_dir / "ledger.db").write_bytes(b"this disk is broken")
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (data_dir / name).unlink(missing_ok=True)
    done = holdfast("restore", "--to", str(txid), "--config", settings)
    assert done.returncode == 0, done.stderr
    directory, ledger = Directory(data_dir / "directory.db"), Ledger(data_dir / "ledger.db")
    await Ingest(directory, ledger, SystemClock()).roll_forward()
    there = {payer: micros for payer, micros in balances_of(directory).items() if micros}
    assert ledger_balances_of(ledger) == there
    assert there["user:ada"] == ADA_MICROS + 1_750
    ledger.close()
    directory.close()
