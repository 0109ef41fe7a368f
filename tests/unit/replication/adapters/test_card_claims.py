"""The register of card claims on real cr-sqlite."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pysqlite3.dbapi2 as sqlite
import pytest

from replication.adapters.components import crsqlite_path
from replication.adapters.crsqlite import Registers
from replication.ports import WallMs
from replication.registers import CardClaim, ClaimState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXTENSION = crsqlite_path(os.environ)
CARD = "c" * 64
ADA = CardClaim(
    card_hash=CARD, site_name="oslo", user_name="ada", claimed_wall_ms=WallMs(1_800_000_000_000)
)
BOB = replace(ADA, site_name="lima", user_name="bob", claimed_wall_ms=WallMs(1_800_000_000_001))


async def pass_on(source: Registers, target: Registers) -> None:
    while batch := await source.newer_than(target.versions):
        await target.merge(batch)


async def meet(one: Registers, other: Registers) -> None:
    await pass_on(one, other)
    await pass_on(other, one)


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[list[Registers]]:
    opened = [Registers(tmp_path / f"{name}.db", EXTENSION) for name in ("hq", "oslo", "lima")]
    yield opened
    for each in opened:
        each.close()


async def test_a_verdict_of_headquarters_comes_back_to_the_site_of_the_claim(
    nodes: list[Registers],
) -> None:
    hq, oslo, _ = nodes
    await oslo.put_card_claim(ADA)
    await pass_on(oslo, hq)
    assert await hq.card_claims() == (ADA,)
    verdict = replace(ADA, state=ClaimState.REFUSED, reason="user_disabled")
    await hq.settle_card_claims([verdict])
    await pass_on(hq, oslo)
    assert await oslo.card_claims() == (verdict,)


async def test_two_cut_off_sites_that_claim_one_card_make_two_claims_and_both_are_answered(
    nodes: list[Registers],
) -> None:
    hq, oslo, lima = nodes
    await oslo.put_card_claim(ADA)
    await lima.put_card_claim(BOB)
    await pass_on(oslo, hq)
    await pass_on(lima, hq)
    assert await hq.card_claims() == (ADA, BOB)
    confirmed = replace(ADA, state=ClaimState.CONFIRMED)
    refused = replace(BOB, state=ClaimState.REFUSED, reason="card_taken")
    await hq.settle_card_claims([confirmed, refused])
    await pass_on(hq, oslo)
    await pass_on(hq, lima)
    assert await oslo.card_claims() == await lima.card_claims() == (confirmed, refused)


async def test_a_claim_that_was_dropped_is_gone_everywhere_and_a_late_verdict_does_not_revive_it(
    nodes: list[Registers],
) -> None:
    hq, oslo, _ = nodes
    await oslo.put_card_claim(ADA)
    await pass_on(oslo, hq)
    await oslo.drop_card_claim(ADA.card_hash, ADA.site_name)
    await hq.settle_card_claims([replace(ADA, state=ClaimState.CONFIRMED)])
    await meet(oslo, hq)
    assert await oslo.card_claims() == await hq.card_claims() == ()
    await hq.settle_card_claims([replace(ADA, state=ClaimState.CONFIRMED)])
    assert await hq.card_claims() == ()


async def test_a_card_may_be_claimed_again_after_its_claim_was_dropped(
    nodes: list[Registers],
) -> None:
    hq, oslo, _ = nodes
    await oslo.put_card_claim(ADA)
    await meet(oslo, hq)
    await oslo.drop_card_claim(ADA.card_hash, ADA.site_name)
    again = replace(ADA, user_name="grace")
    await oslo.put_card_claim(again)
    await meet(oslo, hq)
    assert await hq.card_claims() == (again,)


async def test_claims_survive_a_restart(nodes: list[Registers]) -> None:
    _, oslo, _ = nodes
    await oslo.put_card_claim(ADA)
    oslo.close()
    again = Registers(oslo.path, EXTENSION)
    try:
        assert await again.card_claims() == (ADA,)
    finally:
        again.close()


async def test_a_file_from_before_the_claims_hears_everything_again(tmp_path: Path) -> None:
    new, old = Registers(tmp_path / "new.db", EXTENSION), Registers(tmp_path / "old.db", EXTENSION)
    try:
        await new.put_card_claim(ADA)
        batch = await new.newer_than({})
        assert batch is not None
        await old.merge(replace(batch, changes=()))  # an older version passed them over
        assert await new.newer_than(old.versions) is None
        old.close()
        connection = sqlite.connect(str(old.path))
        connection.execute("PRAGMA user_version = 1")
        connection.close()
        old = Registers(old.path, EXTENSION)
        await pass_on(new, old)
        assert await old.card_claims() == (ADA,)
    finally:
        new.close()
        old.close()


async def test_a_state_that_only_a_newer_version_knows_says_nothing_here(
    nodes: list[Registers],
) -> None:
    hq, oslo, _ = nodes
    await oslo.put_card_claim(ADA)
    batch = await oslo.newer_than({})
    assert batch is not None
    strange = tuple(
        change.model_copy(update={"val": "suspended"}) if change.cid == "state" else change
        for change in batch.changes
    )
    await hq.merge(replace(batch, changes=strange))
    assert await hq.card_claims() == ()


async def test_an_equal_claim_or_verdict_again_is_no_news(nodes: list[Registers]) -> None:
    _, oslo, _ = nodes
    await oslo.put_card_claim(ADA)
    versions = dict(oslo.versions)
    await oslo.put_card_claim(ADA)
    await oslo.settle_card_claims([ADA])
    await oslo.drop_card_claim(ADA.card_hash, "lima")
    assert dict(oslo.versions) == versions
