"""The rules of `replication.registers.CardClaims`, for cr-sqlite and for its double."""

from __future__ import annotations

import asyncio
import os
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from replication.adapters.components import crsqlite_path
from replication.adapters.crsqlite import Registers
from replication.ports import WallMs
from replication.registers import CardClaim, ClaimState
from site_server.service.testing import MemoryClaims

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from replication.registers import CardClaims

ADA = CardClaim(
    card_hash="c" * 64, site_name="oslo", user_name="ada", claimed_wall_ms=WallMs(1_000)
)
BOB = replace(ADA, site_name="lima", user_name="bob", claimed_wall_ms=WallMs(2_000))


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[CardClaims]:
    if kind == "memory":
        yield MemoryClaims()
        return
    with closing(Registers(folder / "registers.db", crsqlite_path(os.environ))) as registers:
        yield registers


@pytest.fixture(params=["memory", "cr-sqlite"])
def register(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CardClaims]:
    with opened(request.param, tmp_path) as found:
        yield found


async def test_claims_are_listed_oldest_first_one_for_each_card_and_site(
    register: CardClaims,
) -> None:
    await register.put_card_claim(BOB)
    await register.put_card_claim(ADA)
    assert await register.card_claims() == (ADA, BOB)
    again = replace(ADA, user_name="grace")
    await register.put_card_claim(again)
    assert await register.card_claims() == (again, BOB)


async def test_a_verdict_reaches_the_claim_it_is_about_and_no_other(register: CardClaims) -> None:
    await register.put_card_claim(ADA)
    await register.put_card_claim(BOB)
    verdict = replace(ADA, state=ClaimState.REFUSED, reason="user_disabled")
    await register.settle_card_claims([verdict])
    assert await register.card_claims() == (verdict, BOB)


async def test_what_was_dropped_is_gone_and_no_verdict_brings_it_back(register: CardClaims) -> None:
    await register.put_card_claim(ADA)
    await register.drop_card_claim(BOB.card_hash, BOB.site_name)
    assert await register.card_claims() == (ADA,)
    await register.drop_card_claim(ADA.card_hash, ADA.site_name)
    await register.settle_card_claims([replace(ADA, state=ClaimState.CONFIRMED)])
    assert await register.card_claims() == ()


async def test_whoever_waits_is_woken_by_a_claim_and_by_a_verdict(register: CardClaims) -> None:
    confirmed = replace(ADA, state=ClaimState.CONFIRMED)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        first = group.create_task(register.wait_beyond(dict(register.versions)))
        await register.put_card_claim(ADA)
        await first
        second = group.create_task(register.wait_beyond(dict(register.versions)))
        await register.settle_card_claims([confirmed])
        await second
