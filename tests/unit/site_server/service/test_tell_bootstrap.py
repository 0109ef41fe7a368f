"""A new site says how far its first copy is."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from site_server.service.site_status import ReplicaStanding
from site_server.service.tell_bootstrap import TellBootstrap, percent

if TYPE_CHECKING:
    import pytest


def test_the_log_says_each_tenth_once_and_then_that_it_is_there(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    fetched, position = [0], [0]
    tell = TellBootstrap(
        lambda: ReplicaStanding(fetched_bytes=fetched[0], wanted_bytes=1_000), lambda: position[0]
    )
    for here in range(0, 1_001, 10):
        fetched[0] = here
        assert not tell.look()
    position[0] = 7
    assert tell.look()
    assert len(caplog.records) == 12
    assert "TXID 7" in caplog.messages[-1]


def test_a_site_that_has_its_replica_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert TellBootstrap(ReplicaStanding, lambda: 3).look()
    assert caplog.records == []


async def test_it_looks_by_itself_until_there_is_one() -> None:
    seen: list[int] = []

    def position() -> int:
        seen.append(1)
        return 1

    task = asyncio.get_running_loop().create_task(TellBootstrap(ReplicaStanding, position).run())
    await asyncio.sleep(0)
    assert seen
    assert not task.done()
    task.cancel()


def test_a_percentage_is_never_more_than_the_whole() -> None:
    assert [percent(0, 0), percent(1, 3), percent(3, 3), percent(9, 3)] == [0, 33, 100, 100]
