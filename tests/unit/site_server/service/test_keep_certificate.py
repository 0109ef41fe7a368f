"""When a site asks for a new certificate, and what it makes of the answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random

import pytest

from replication.adapters.tls import Validity
from replication.messages import Welcome
from replication.renewal import RenewAnswer
from replication.testing import ManualClock
from site_server.errors import (
    NoRenewalsError,
    RefusedRenewalError,
    SiteError,
    UnansweredRenewalError,
)
from site_server.service.keep_certificate import (
    DAY_MS,
    REFUSED_RETRY_MS,
    RETRY_MAX_MS,
    KeepCertificate,
)

ANSWER = RenewAnswer(cert_pem="cert", panel_cert_pem="panel", ca_pem="ca")
WELCOME = Welcome(lineage="a" * 32, txid=1, watermark_seq=0, wall_ms=0)


@dataclass(slots=True)
class Scene:
    """Both ends of the renewal, which do as the test says."""

    clock: ManualClock = field(default_factory=ManualClock)
    has_panel_certificate: bool = True
    says: list[RenewAnswer | SiteError] = field(default_factory=list)
    asked: int = 0
    kept: list[RenewAnswer] = field(default_factory=list)
    in_use: int = 0
    used: asyncio.Event = field(default_factory=asyncio.Event)
    validity: Validity = field(init=False)

    def __post_init__(self) -> None:
        self.validity = self._from_now()

    def _from_now(self) -> Validity:
        now_ms = self.clock.wall_ms()
        return Validity(from_ms=now_ms, until_ms=now_ms + 30 * DAY_MS)

    async def ask(self) -> RenewAnswer:
        self.asked += 1
        said = self.says.pop(0) if self.says else ANSWER
        if isinstance(said, SiteError):
            raise said
        return said

    def keep(self, answer: RenewAnswer) -> None:
        self.kept.append(answer)

    def take_into_use(self) -> None:
        self.in_use += 1
        self.used.set()
        self.has_panel_certificate = True
        self.validity = self._from_now()

    def keeper(self) -> KeepCertificate:
        return KeepCertificate(files=self, asking=self, clock=self.clock, chance=Random(1))


async def test_it_is_renewed_once_two_thirds_of_its_life_are_over() -> None:
    scene = Scene()
    keeper = scene.keeper()
    await keeper.up(WELCOME)
    scene.clock.advance(20 * DAY_MS - 1)
    assert await keeper.look() == 0
    assert scene.asked == 0
    scene.clock.advance(1)
    assert await keeper.look() == 0
    assert (scene.asked, scene.kept, scene.in_use) == (1, [ANSWER], 1)
    assert keeper.standing.days_left == 30
    assert await keeper.look() == 0
    assert scene.asked == 1


async def test_a_site_without_a_certificate_for_its_panels_asks_for_one_with_the_first_link() -> (
    None
):
    scene = Scene(has_panel_certificate=False)
    keeper = scene.keeper()
    await keeper.look()
    assert scene.asked == 0
    await keeper.up(WELCOME)
    await keeper.look()
    assert scene.asked == 1


async def test_while_headquarters_is_away_nobody_asks_however_old_it_is() -> None:
    scene = Scene()
    keeper = scene.keeper()
    await keeper.up(WELCOME)
    keeper.down()
    scene.clock.advance(90 * DAY_MS)
    assert await keeper.look() == 0
    assert scene.asked == 0
    assert keeper.standing.days_left == -60


async def test_the_refusal_at_the_door_is_the_sign_to_ask_whatever_our_own_clock_says() -> None:
    scene = Scene()
    keeper = scene.keeper()
    keeper.shut_out()
    assert await keeper.look() == 0
    assert scene.in_use == 1


async def test_an_answer_that_does_not_come_is_asked_for_again_soon() -> None:
    scene = Scene(says=[UnansweredRenewalError("reset")])
    keeper = scene.keeper()
    keeper.shut_out()
    assert 0 < await keeper.look() <= RETRY_MAX_MS
    assert keeper.standing.trouble == ""
    keeper.shut_out()
    assert await keeper.look() == 0
    assert (scene.asked, scene.in_use) == (2, 1)


async def test_a_refusal_is_told_asked_again_rarely_and_forgotten_once_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    scene = Scene(says=[RefusedRenewalError("Site oslo was revoked.")] * 9)
    keeper = scene.keeper()
    pauses = []
    for _ in range(9):
        keeper.shut_out()
        pauses.append(await keeper.look())
    assert REFUSED_RETRY_MS / 2 <= pauses[-1] <= REFUSED_RETRY_MS
    assert keeper.standing.trouble == "Site oslo was revoked."
    assert caplog.text.count("Site oslo was revoked.") == 1
    keeper.shut_out()
    assert await keeper.look() == 0
    assert keeper.standing.trouble == ""


async def test_a_headquarters_of_before_is_no_trouble_until_the_certificate_is_old() -> None:
    scene = Scene(has_panel_certificate=False, says=[NoRenewalsError()] * 20)
    keeper = scene.keeper()
    await keeper.up(WELCOME)
    pauses = [await keeper.look() for _ in range(9)]
    assert keeper.standing.trouble == ""
    assert pauses[-1] >= REFUSED_RETRY_MS / 2
    scene.clock.advance(20 * DAY_MS)
    await keeper.look()
    assert "Upgrade it" in keeper.standing.trouble


@pytest.mark.timeout(20)
async def test_it_sleeps_until_the_link_says_something() -> None:
    scene = Scene(has_panel_certificate=False)
    keeper = scene.keeper()
    task = asyncio.get_running_loop().create_task(keeper.run())
    await asyncio.sleep(0)
    assert scene.asked == 0
    await keeper.up(WELCOME)
    async with asyncio.timeout(10):
        await scene.used.wait()
    assert scene.asked == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
