"""A site that joins again is another writer of the registers; what nobody heard goes along."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from replication.adapters.components import crsqlite_path
from replication.adapters.crsqlite import Registers
from replication.ports import Micros, WallMs
from replication.registers import CardClaim, ClaimState, HeldJob
from site_server.adapters.registers_anew import begin_registers_anew

if TYPE_CHECKING:
    from pathlib import Path

EXTENSION = crsqlite_path(os.environ)
CLAIM = CardClaim(card_hash="a", site_name="oslo", user_name="ada", claimed_wall_ms=WallMs(1))
JOB = HeldJob(
    job_uuid="6f1c1fd2-3c0e-4c53-9d6a-0d8a6b9c0001",
    site_name="oslo",
    user_name="ada",
    queue_name="oslo-secure",
    job_name="report",
    pages=1,
    cost_micros=Micros(0),
    state="held",
    updated_wall_ms=WallMs(1),
)


def of_lima(claim: CardClaim) -> CardClaim:
    return CardClaim(
        card_hash="b", site_name="lima", user_name="eve", claimed_wall_ms=claim.claimed_wall_ms
    )


def settled(claim: CardClaim) -> CardClaim:
    return CardClaim(
        card_hash="c",
        site_name="oslo",
        user_name="ada",
        claimed_wall_ms=claim.claimed_wall_ms,
        state=ClaimState.CONFIRMED,
    )


async def test_the_writer_is_another_and_only_open_claims_of_the_site_go_along(
    tmp_path: Path,
) -> None:
    path = tmp_path / "registers.db"
    former = Registers(path, EXTENSION)
    for claim in (CLAIM, of_lima(CLAIM), settled(CLAIM)):
        await former.put_card_claim(claim)
    await former.put_held_job(JOB)
    former.close()
    await begin_registers_anew(path, EXTENSION, "oslo")
    anew = Registers(path, EXTENSION)
    assert anew.origin != former.origin
    assert await anew.card_claims() == (CLAIM,)
    assert await anew.held_jobs() == ()
    assert dict(anew.versions) == {anew.origin: 1}
    anew.close()
    assert {each.name for each in tmp_path.iterdir()} == {"registers.db"}


async def test_where_there_are_no_registers_nothing_is_made(tmp_path: Path) -> None:
    await begin_registers_anew(tmp_path / "registers.db", EXTENSION, "oslo")
    assert list(tmp_path.iterdir()) == []


async def test_another_attempt_begins_with_nothing_of_the_interrupted_one(tmp_path: Path) -> None:
    path = tmp_path / "registers.db"
    for name in (path, tmp_path / "registers.db.anew"):
        left = Registers(name, EXTENSION)
        await left.put_card_claim(CLAIM)
        left.close()
    await begin_registers_anew(path, EXTENSION, "oslo")
    anew = Registers(path, EXTENSION)
    assert await anew.card_claims() == (CLAIM,)
    anew.close()
