"""Cards that people registered themselves, as headquarters answers them."""

import asyncio
from dataclasses import replace
from typing import TypeVar

import pytest
from sqlalchemy import select

from failure_modes.vocabulary import Layer
from primary.policy_rules import LayerRules
from primary.service.settle_claims import SettleClaims
from primary.store import people
from primary.store.directory import Directory
from primary.store.people import UserFields
from primary.store.policies import put_policy
from primary.testing import WALL_MS
from replication.adapters.crsqlite import Registers
from replication.adapters.sqlite_file import Work
from replication.errors import StorageFullError
from replication.registers import CardClaim, ClaimState
from replication.schema.directory import cards

T = TypeVar("T")
CARD = "c" * 64
CLAIM = CardClaim(card_hash=CARD, site_name="oslo", user_name="grace", claimed_wall_ms=WALL_MS)


def allow(directory: Directory, **rules: object) -> None:
    rules = rules or {"card_self_registration": True}
    value = LayerRules(layer=Layer.SITE, scope="oslo", rules=rules)
    directory.write_now(lambda connection: put_policy(connection, value))


def owners(directory: Directory) -> dict[str, tuple[str, bool]]:
    with directory.read() as connection:
        return {
            row.card_hash: (row.user_name, row.revoked) for row in connection.execute(select(cards))
        }


async def settled(directory: Directory, registers: Registers, claim: CardClaim) -> CardClaim:
    await registers.put_card_claim(claim)
    await SettleClaims(directory, registers).settle()
    (verdict,) = await registers.card_claims()
    return verdict


async def test_a_claim_of_a_known_user_puts_the_card_into_the_directory(
    directory: Directory, registers: Registers
) -> None:
    allow(directory)

    verdict = await settled(directory, registers, CLAIM)

    assert verdict == replace(CLAIM, state=ClaimState.CONFIRMED)
    assert owners(directory)[CARD] == ("grace", False)
    assert await SettleClaims(directory, registers).settle() == 0


async def test_a_crash_between_directory_and_verdict_costs_nothing(
    directory: Directory, registers: Registers
) -> None:
    allow(directory)
    await settled(directory, registers, CLAIM)

    again = await settled(directory, registers, CLAIM)  # as it was before the verdict

    assert again.state is ClaimState.CONFIRMED
    assert owners(directory)[CARD] == ("grace", False)


@pytest.mark.parametrize(
    ("user_name", "reason"),
    [("nobody", "unknown_user"), ("alan", "user_disabled"), ("ada", "card_not_free")],
)
async def test_who_may_not_have_the_card_is_told_why_and_nothing_changes(
    directory: Directory, registers: Registers, user_name: str, reason: str
) -> None:
    allow(directory)
    off = UserFields(full_name="Alan Turing", enabled=False)
    directory.write_now(lambda connection: people.put_user(connection, "alan", off))
    if reason == "card_not_free":
        directory.write_now(lambda connection: people.put_card(connection, "grace", CARD))
    before = owners(directory)

    verdict = await settled(directory, registers, replace(CLAIM, user_name=user_name))

    assert (verdict.state, verdict.reason) == (ClaimState.REFUSED, reason)
    assert owners(directory) == before


async def test_a_claim_never_opens_a_revoked_card_again(
    directory: Directory, registers: Registers
) -> None:
    allow(directory)
    directory.write_now(lambda connection: people.put_card(connection, "grace", CARD))
    directory.write_now(lambda connection: people.revoke_card(connection, "grace", CARD))

    verdict = await settled(directory, registers, CLAIM)

    assert (verdict.state, verdict.reason) == (ClaimState.REFUSED, "card_not_free")
    assert owners(directory)[CARD] == ("grace", True)


async def test_of_two_sites_that_claimed_one_card_the_first_is_heard_and_both_are_answered(
    directory: Directory, registers: Registers
) -> None:
    value = LayerRules(layer=Layer.GLOBAL, scope="", rules={"card_self_registration": True})
    directory.write_now(lambda connection: put_policy(connection, value))
    later = replace(
        CLAIM, site_name="lima", user_name="ada", claimed_wall_ms=type(WALL_MS)(WALL_MS + 1)
    )
    await registers.put_card_claim(later)
    await registers.put_card_claim(CLAIM)

    await SettleClaims(directory, registers).settle()

    first, second = await registers.card_claims()
    assert (first.site_name, first.state) == ("oslo", ClaimState.CONFIRMED)
    assert (second.site_name, second.state) == ("lima", ClaimState.REFUSED)
    assert owners(directory)[CARD] == ("grace", False)


@pytest.mark.parametrize(
    ("rules", "site_name"),
    [
        ({}, "oslo"),
        ({"copies_max": 3}, "oslo"),
        ({"card_self_registration": False}, "oslo"),
        ({"card_self_registration": True}, "lima"),
        ({"card_self_registration": True}, "atlantis"),
    ],
)
async def test_a_site_where_nobody_may_register_cards_cannot_make_any(
    directory: Directory, registers: Registers, rules: dict[str, object], site_name: str
) -> None:
    if rules:
        allow(directory, **rules)

    verdict = await settled(directory, registers, replace(CLAIM, site_name=site_name))

    assert (verdict.state, verdict.reason) == (ClaimState.REFUSED, "card_claims_off")
    assert CARD not in owners(directory)


async def test_a_site_that_lets_people_register_cards_in_an_outage_alone_is_believed(
    directory: Directory, registers: Registers
) -> None:
    step = {"after_ms": 3_600_000, "rules": {"card_self_registration": True}}
    allow(directory, escalation=[step])

    assert (await settled(directory, registers, CLAIM)).state is ClaimState.CONFIRMED


async def test_a_claim_is_answered_when_it_is_heard_of(
    directory: Directory, registers: Registers
) -> None:
    allow(directory)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(SettleClaims(directory, registers).run())
        versions = dict(registers.versions)
        await registers.put_card_claim(CLAIM)
        while CARD not in owners(directory):
            await registers.wait_beyond(versions)
            versions = dict(registers.versions)
        running.cancel()
    assert owners(directory)[CARD] == ("grace", False)


class FillingDirectory(Directory):
    """A directory whose disk is full for as many writes as the test says."""

    full_times = 0

    async def write(self, work: Work[T]) -> T:
        """Write, or not."""
        if self.full_times:
            self.full_times -= 1
            raise StorageFullError
        return await super().write(work)


async def test_a_full_disk_delays_the_answer_and_ends_nothing(
    directory: Directory, registers: Registers, caplog: pytest.LogCaptureFixture
) -> None:
    allow(directory)
    filling = FillingDirectory(directory.path)
    filling.full_times = 2
    await registers.put_card_claim(CLAIM)
    versions = dict(registers.versions)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        running = group.create_task(SettleClaims(filling, registers, retry_ms=1).run())
        await registers.wait_beyond(versions)
        running.cancel()
    filling.close()
    (verdict,) = await registers.card_claims()
    assert verdict.state is ClaimState.CONFIRMED
    problems = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(problems) == 1
