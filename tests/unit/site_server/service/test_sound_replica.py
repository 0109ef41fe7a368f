"""What the site does with a replica that is not sound: whom it asks, what it reads meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replication.adapters.applier.verdict import Proof
from replication.adapters.applier_process import (
    DAMAGED,
    OTHER_PAGE_SIZE,
    Applied,
    ApplierError,
)
from replication.page_delta import BadDeltaError
from replication.testing import ManualClock
from site_server.service.sound_replica import SoundReplica
from tests.unit.site_server.service.following import LINEAGE, at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from replication.position import Position


def applied(position: Position | None = None, gap: str | None = None) -> Applied:
    return Applied(position=position, files=1, pages=1, refused=(), gap=gap)


class ApplierDouble:
    """An applier and the file it writes, as one story."""

    def __init__(self) -> None:
        self.story: list[str] = []
        self.proof = Proof()
        self.error: Exception | None = None
        self.rebuilt = applied(at(3))
        self.on_damage: Callable[[], None] = self.distrust

    def distrust(self) -> None:
        self.story.append("distrust")

    def trust(self) -> None:
        self.story.append("trust")

    async def prove(self) -> Proof:
        self.story.append("prove")
        return self.proof

    async def apply(self, lineage: str, head_txid: int | None = None) -> Applied:
        del lineage, head_txid
        self.story.append("apply")
        self._fail()
        return applied(at(5))

    async def apply_deltas(self, lineage: str, deltas: Sequence[bytes]) -> Applied:
        del lineage, deltas
        self.story.append("deltas")
        self._fail()
        return applied(at(6))

    async def rebuild(self, lineage: str, damaged_as: str = "") -> Applied:
        del lineage
        self.story.append(f"rebuild {damaged_as}".strip())
        return self.rebuilt

    def _fail(self) -> None:
        if self.error is not None:
            error, self.error = self.error, None
            raise error


@pytest.fixture
def applier() -> ApplierDouble:
    return ApplierDouble()


@pytest.fixture
def sound(applier: ApplierDouble) -> SoundReplica:
    return SoundReplica(applier, applier, ManualClock(wall_ms=0))


async def test_it_is_proved_once_per_start(applier: ApplierDouble, sound: SoundReplica) -> None:
    await sound.apply(LINEAGE)
    await sound.apply(LINEAGE)
    await sound.apply_deltas(LINEAGE, [b""])
    assert applier.story == ["prove", "apply", "apply", "deltas"]
    assert (sound.is_proved, sound.damage, sound.rebuilt) == (True, "", 0)


async def test_damage_that_is_found_is_not_read_and_made_good(
    applier: ApplierDouble, sound: SoundReplica
) -> None:
    applier.proof = Proof(damage="page 7 is not what headquarters sent")
    assert (await sound.apply(LINEAGE)).position == at(3)
    assert applier.story == ["prove", "distrust", "rebuild 19700101T000000Z"]
    assert (sound.damage, sound.rebuilt) == ("", 1)


async def test_damage_that_cannot_be_made_good_stands_as_an_alarm_until_it_is(
    applier: ApplierDouble, sound: SoundReplica
) -> None:
    applier.proof = Proof(damage="noise")
    applier.rebuilt = applied(None, gap="everything is missing")
    assert (await sound.apply(LINEAGE)).position is None
    assert sound.damage == "noise"
    applier.proof = Proof()
    await sound.apply(LINEAGE)
    assert sound.damage == ""


async def test_a_delta_that_does_not_fit_raises_a_doubt(
    applier: ApplierDouble, sound: SoundReplica
) -> None:
    await sound.apply(LINEAGE)
    applier.error = BadDeltaError("its base is gone")
    with pytest.raises(BadDeltaError):
        await sound.apply_deltas(LINEAGE, [b""])
    await sound.apply(LINEAGE)
    assert applier.story == ["prove", "apply", "deltas", "prove", "apply"]


async def test_a_doubted_replica_takes_no_delta(
    applier: ApplierDouble, sound: SoundReplica
) -> None:
    applier.proof = Proof(damage="noise")
    with pytest.raises(BadDeltaError, match="noise"):
        await sound.apply_deltas(LINEAGE, [b""])
    assert applier.story == ["prove", "distrust"]


async def test_what_the_applier_finds_damaged_while_it_writes_is_made_good(
    applier: ApplierDouble, sound: SoundReplica
) -> None:
    applier.error = ApplierError("malformed", DAMAGED)
    assert (await sound.apply(LINEAGE)).position == at(3)
    assert applier.story == ["prove", "apply", "distrust", "rebuild 19700101T000000Z"]


async def test_another_page_size_is_followed_while_the_old_replica_is_read(
    applier: ApplierDouble, sound: SoundReplica
) -> None:
    applier.error = ApplierError("another page size", OTHER_PAGE_SIZE)
    assert (await sound.apply(LINEAGE)).position == at(3)
    assert applier.story == ["prove", "apply", "rebuild"]


async def test_other_errors_are_no_damage(applier: ApplierDouble, sound: SoundReplica) -> None:
    applier.error = ApplierError("the disk is full", "StorageFullError")
    with pytest.raises(ApplierError):
        await sound.apply(LINEAGE)
    assert applier.story == ["prove", "apply"]
    await sound.apply_deltas(LINEAGE, [b""]) if sound.is_proved else None
    applier.error = ApplierError("malformed", DAMAGED)
    with pytest.raises(BadDeltaError):
        await sound.apply_deltas(LINEAGE, [b""])


async def test_a_damaged_file_of_the_mirror_is_fetched_again(
    applier: ApplierDouble, sound: SoundReplica
) -> None:
    applier.proof = Proof(refused=("a file",))
    assert (await sound.apply(LINEAGE)).refused == ("a file",)
    assert (await sound.apply(LINEAGE)).refused == ()


async def test_what_a_lookup_could_not_read_is_replaced_though_its_pages_are_proved(
    applier: ApplierDouble, sound: SoundReplica
) -> None:
    await sound.apply(LINEAGE)
    woken: list[str] = []
    sound.on_suspicion = lambda: woken.append("look")
    applier.on_damage()
    assert woken == ["look"]
    with pytest.raises(BadDeltaError):
        await sound.apply_deltas(LINEAGE, [b""])
    await sound.apply(LINEAGE)
    await sound.apply(LINEAGE)
    assert applier.story == ["prove", "apply", "prove", "prove", "rebuild", "apply"]


async def test_where_it_cannot_be_replaced_it_is_read_again(
    applier: ApplierDouble, sound: SoundReplica
) -> None:
    applier.on_damage()
    applier.rebuilt = applied(None, gap="something is missing")
    await sound.apply(LINEAGE)
    await sound.apply(LINEAGE)
    assert applier.story == ["prove", "rebuild", "trust", "apply", "apply"]
