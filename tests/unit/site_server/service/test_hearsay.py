"""What is told is used once, and what is remembered is little, bounded and lasting."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

from failure_modes.vocabulary import LinkState
from replication.testing import ManualClock
from replication.told import Told
from site_server.adapters.told_directory import ToldDirectory
from site_server.service.hearsay import Hearsay
from site_server.store.site_store import SiteStore
from site_server.store.told import NODE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from replication.told import Question, Row, Rows
    from site_server.store.unit_of_work import UnitOfWork

T = TypeVar("T")

PRINTER: Row = {
    "printer_name": "laser",
    "site_name": "annex",
    "printer_uri": "ipp://p",
    "provider_mode": "auto",
}


def user_rows(user_name: str, *, restricted: bool = True) -> Rows:
    return {
        "users": [
            {
                "user_name": user_name,
                "full_name": user_name,
                "enabled": True,
                "restricted": restricted,
            }
        ],
        "balances": [{"payer": f"user:{user_name}", "balance_micros": 1}],
    }


class Scripted:
    """Answers with these rows, or not at all."""

    def __init__(self) -> None:
        self.node: Rows | None = {"printers": [PRINTER]}
        self.restricted = True

    async def ask(self, question: Question) -> Told | None:
        if self.node is None:
            return None
        name = question.user_name
        rows = user_rows(name, restricted=self.restricted) if name else {}
        return Told(rows={**self.node, **rows}, link_state=LinkState.ONLINE)


class CountingStore(SiteStore):
    """A store that counts what is written."""

    writes = 0

    async def write(self, work: Callable[[UnitOfWork], T]) -> T:
        self.writes += 1
        return await super().write(work)


class Ear:
    """A node that listens."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.asker = Scripted()
        self.place = ToldDirectory()
        self.store = CountingStore(folder / "site.db", site_name="annex", epoch=1, clock=self.clock)
        self.hearsay = Hearsay(self.asker, self.place, self.store, self.clock, users_max=2)

    def remembered(self, scope: str) -> Rows | None:
        with self.store.read() as site:
            return site.told.get(scope)

    def close(self) -> None:
        self.place.close()
        self.store.close()


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[Ear]:
    opened = Ear(tmp_path)
    yield opened
    opened.close()


async def test_an_answer_is_good_for_one_decision(ear: Ear) -> None:
    assert await ear.hearsay.ask_about("ada")
    told = ear.hearsay.put_in_place("ada")
    assert told is not None
    assert ear.hearsay.put_in_place("ada") is None


async def test_an_answer_about_one_user_is_not_used_for_another(ear: Ear) -> None:
    await ear.hearsay.ask_about("ada")
    assert ear.hearsay.put_in_place("grace") is None


async def test_an_answer_that_nobody_took_is_let_go(ear: Ear) -> None:
    await ear.hearsay.ask_about("ada")
    ear.hearsay.forget("ada")
    assert ear.hearsay.put_in_place("ada") is None


async def test_silence_takes_back_an_older_answer(ear: Ear) -> None:
    await ear.hearsay.ask_about("ada")
    ear.asker.node = None
    assert not await ear.hearsay.ask_about("ada")
    assert ear.hearsay.put_in_place("ada") is None


async def test_no_balance_is_remembered(ear: Ear) -> None:
    await ear.hearsay.ask_about("ada")
    of_ada = ear.remembered("user:ada")
    assert of_ada is not None
    assert list(of_ada) == ["users"]
    assert "balances" not in (ear.remembered(NODE) or {})


async def test_the_same_answer_is_written_once(ear: Ear) -> None:
    await ear.hearsay.ask_about("ada")
    await ear.hearsay.ask_about("ada")
    await ear.hearsay.refresh()
    assert ear.store.writes == 1
    ear.asker.restricted = False
    await ear.hearsay.ask_about("ada")
    assert ear.store.writes == 2
    (user,) = (ear.remembered("user:ada") or {})["users"]
    assert user["restricted"] is False


async def test_the_user_of_whom_nothing_was_heard_for_longest_is_forgotten_first(ear: Ear) -> None:
    for name in ("ada", "grace", "alan"):
        await ear.hearsay.ask_about(name)
        ear.clock.advance(1)
    assert ear.remembered("user:ada") is None
    assert ear.remembered("user:alan") is not None
    assert ear.remembered(NODE) is not None


async def test_an_answer_that_cannot_be_read_counts_as_none(
    ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    await ear.hearsay.refresh()
    ear.asker.node = {"printers": [{"printer_name": "laser"}]}
    await ear.hearsay.ask_about("ada")
    assert ear.hearsay.put_in_place("ada") is None
    assert "cannot be read" in caplog.text
