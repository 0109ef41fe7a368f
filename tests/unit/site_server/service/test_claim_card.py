"""People who register a card themselves, with and without a link."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from failure_modes.vocabulary import LinkState, Reason, WallMs
from replication.card_hash import card_hash
from replication.errors import StorageFullError
from replication.registers import CardClaim, ClaimState
from replication.schema import directory as schema
from site_server.causes import Cause
from site_server.config import Limits, Times
from site_server.errors import RefusedError
from site_server.service.testing import MemoryClaims
from tests.unit.site_server.a_site import CARD_KEY, DEVICE, SITE, ASite, a_site, units

if TYPE_CHECKING:
    from pathlib import Path

NEW = "a new card"
NEW_HASH = card_hash(NEW, CARD_KEY)


def allow(site: ASite, **rules: object) -> None:
    site.policy("site", SITE, {"card_self_registration": True, **rules})
    site.user("ada", units(5))
    site.user("bob", units(5))


async def holder(site: ASite, number: str = NEW) -> str:
    return (await site.services.log_in.log_in(DEVICE, number)).session.user_name


async def refusal_of(site: ASite, user_name: str, number: str = NEW) -> str:
    session = await site.log_in(user_name)
    with pytest.raises(RefusedError) as refused:
        await site.services.panels.claim_card.claim(session, number)
    return str(refused.value.reason)


async def verdict(site: ASite, state: ClaimState, reason: str = "") -> None:
    (claim,) = site.claims.rows.values()
    await site.claims.settle_card_claims([replace(claim, state=state, reason=reason)])
    await site.settle()


@pytest.mark.parametrize(("link", "provisional"), [("online", False), ("offline", True)])
async def test_a_card_counts_at_once_and_provisionally_while_cut_off(
    tmp_path: Path, link: str, provisional: bool
) -> None:
    async with a_site(tmp_path) as site:
        allow(site)
        site.link.state = LinkState(link)
        claimed = await site.services.panels.claim_card.claim(await site.log_in("ada"), NEW)
        assert claimed.provisional is provisional
        assert await holder(site) == "ada"
        assert site.claims.rows == {
            (NEW_HASH, SITE): CardClaim(
                card_hash=NEW_HASH,
                site_name=SITE,
                user_name="ada",
                claimed_wall_ms=site.clock.wall_ms(),
            )
        }


async def test_a_claim_outlives_a_restart(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        allow(site)
        await site.services.panels.claim_card.claim(await site.log_in("ada"), NEW)
        claims = site.claims
    async with a_site(tmp_path, claims=claims) as again:
        assert await holder(again) == "ada"


async def test_unless_the_policy_says_so_nobody_registers_a_card(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        assert await refusal_of(site, "ada") == Reason.CARD_CLAIMS_OFF
        assert site.claims.rows == {}


async def test_the_same_claim_again_changes_nothing_and_an_own_card_needs_none(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        allow(site)
        session = await site.log_in("ada")
        first = await site.services.panels.claim_card.claim(session, NEW)
        site.clock.advance(5)
        again = await site.services.panels.claim_card.claim(session, NEW)
        assert again.claim == first.claim
        own = await site.services.panels.claim_card.claim(session, "card-of-ada")
        assert own.claim is None
        assert len(site.claims.rows) == 1


async def test_a_card_of_somebody_else_a_revoked_one_or_one_claimed_by_another_is_not_free(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        allow(site)
        site.card("ada", "a lost card", revoked=True)
        await site.services.panels.claim_card.claim(await site.log_in("bob"), NEW)
        elsewhere = CardClaim(
            card_hash=card_hash("lima card", CARD_KEY),
            site_name="lima",
            user_name="bob",
            claimed_wall_ms=WallMs(1),
        )
        await site.claims.put_card_claim(elsewhere)
        await site.settle()
        for number in ("card-of-bob", "a lost card", NEW, "lima card"):
            assert await refusal_of(site, "ada", number) == Cause.CARD_NOT_FREE
        assert len(site.claims.rows) == 2


async def test_a_claim_at_another_site_opens_nothing_here(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        allow(site)
        claim = CardClaim(
            card_hash=NEW_HASH,
            site_name="lima",
            user_name="ada",
            claimed_wall_ms=site.clock.wall_ms(),
        )
        await site.claims.put_card_claim(claim)
        await site.settle()
        with pytest.raises(RefusedError):
            await holder(site)


async def test_the_replica_always_wins_over_a_claim(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        allow(site)
        await site.services.panels.claim_card.claim(await site.log_in("ada"), NEW)
        site.card("bob", NEW)
        assert await holder(site) == "bob"
        site.card("ada", NEW, revoked=True)
        with pytest.raises(RefusedError) as refused:
            await holder(site)
        assert refused.value.reason == Reason.UNKNOWN_CARD


async def test_a_refused_card_opens_nothing_and_the_person_can_see_why(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        allow(site)
        session = await site.log_in("ada")
        await site.services.panels.claim_card.claim(session, NEW)
        await verdict(site, ClaimState.REFUSED, "card_not_free")
        with pytest.raises(RefusedError) as refused:
            await holder(site)
        assert refused.value.reason == Reason.UNKNOWN_CARD
        (told,) = site.services.panels.claim_card.list(session)
        assert (told.state, told.reason) == (ClaimState.REFUSED, "card_not_free")


async def test_a_refused_card_may_be_claimed_again(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        allow(site)
        await site.services.panels.claim_card.claim(await site.log_in("ada"), NEW)
        await verdict(site, ClaimState.REFUSED, "user_disabled")
        await site.services.panels.claim_card.claim(await site.log_in("ada"), NEW)
        assert await holder(site) == "ada"


async def test_a_confirmed_card_counts_until_the_replica_has_it_and_then_the_claim_goes(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        allow(site)
        await site.services.panels.claim_card.claim(await site.log_in("ada"), NEW)
        await verdict(site, ClaimState.CONFIRMED)
        await site.services.expire.once()
        assert await holder(site) == "ada"
        assert len(site.claims.rows) == 1
        site.card("ada", NEW)
        await site.services.expire.once()
        assert site.claims.rows == {}
        assert await holder(site) == "ada"


async def test_claims_are_kept_until_they_are_settled_and_refused_ones_for_a_while(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path, times=Times(ended_kept_ms=60_000)) as site:
        allow(site)
        await site.services.panels.claim_card.claim(await site.log_in("ada"), NEW)
        site.clock.advance(60_001)
        await site.services.expire.once()
        await verdict(site, ClaimState.REFUSED)
        await site.services.expire.once()
        assert site.claims.rows == {}


async def test_a_claim_is_believed_for_as_long_as_credentials_are(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        allow(site, credential_age_max_ms=60_000)
        await site.services.panels.claim_card.claim(await site.log_in("ada"), NEW)
        site.clock.advance(60_000)
        heart = {"id": 1, "lineage": "0" * 32, "min_reader": 1, "currency": "EUR"}
        site.replica.put(schema.heartbeat, wall_ms=site.clock.wall_ms(), **heart)
        assert await holder(site) == "ada"
        site.clock.advance(1)
        with pytest.raises(RefusedError) as refused:
            await holder(site)
        assert refused.value.reason == Reason.UNKNOWN_CARD


async def test_claims_are_bounded_per_person_and_per_site(tmp_path: Path) -> None:
    limits = Limits(card_claims_per_user_max=2, card_claims_max=3)
    async with a_site(tmp_path, limits=limits) as site:
        allow(site)
        site.user("carol")
        for user_name, number in (("ada", "1"), ("ada", "2"), ("bob", "3")):
            await site.services.panels.claim_card.claim(await site.log_in(user_name), number)
        assert await refusal_of(site, "ada", "4") == Cause.TOO_MANY_CARD_CLAIMS
        assert await refusal_of(site, "carol", "5") == Cause.CARD_CLAIMS_FULL
        assert len(site.claims.rows) == 3


async def test_a_claim_that_cannot_be_written_counts_for_nothing(tmp_path: Path) -> None:
    claims = MemoryClaims()
    async with a_site(tmp_path, claims=claims) as site:
        allow(site)
        session = await site.log_in("ada")
        claims.error = StorageFullError()
        with pytest.raises(StorageFullError):
            await site.services.panels.claim_card.claim(session, NEW)
        with pytest.raises(RefusedError):
            await holder(site)


async def test_a_disabled_claimer_is_kept_out(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        allow(site)
        await site.services.panels.claim_card.claim(await site.log_in("ada"), NEW)
        site.user("ada", enabled=False)
        with pytest.raises(RefusedError) as refused:
            await holder(site)
        assert refused.value.reason == Reason.USER_DISABLED
