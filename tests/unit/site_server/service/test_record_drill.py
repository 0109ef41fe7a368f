"""What a drill counts of a decision, and what a good line would have said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.decide import decide
from failure_modes.facts import (
    AccountView,
    CopyFacts,
    LoginFacts,
    PrinterView,
    ReleaseFacts,
    SubmitFacts,
    UserView,
    View,
)
from failure_modes.policy import Policy, resolve
from failure_modes.pricing import PageCount, Price
from failure_modes.vocabulary import HoldMode, Layer, LinkState, Micros, WallMs
from replication.testing import ManualClock
from site_server.service.record_drill import Asked, RecordDrill
from site_server.store.drills import NAMED_MAX, NOBODY, Count, Counted, Refusal
from site_server.store.site_store import SiteStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from failure_modes.facts import Facts

NOW_MS = WallMs(1_800_000_000_000)
PRICE = Price(
    mono_simplex_micros=Micros(10),
    mono_duplex_micros=Micros(10),
    colour_simplex_micros=Micros(10),
    colour_duplex_micros=Micros(10),
)
JOB = ReleaseFacts(pages=PageCount(mono=3, colour=0))
CEILING = resolve({Layer.SITE: {"credit": "offline_ceiling", "offline_ceiling_micros": 0}})
NO_PASSWORDS = Policy()


@pytest.fixture
def drill(tmp_path: Path) -> Iterator[RecordDrill]:
    store = SiteStore(tmp_path / "site.db", site_name="oslo", epoch=1, clock=ManualClock())
    recorder = RecordDrill(store)
    recorder.begin(1)
    yield recorder
    store.close()


def view(balance_micros: int) -> View:
    user = UserView(
        user_name="ada", enabled=True, restricted=True, balance_micros=Micros(balance_micros)
    )
    account = AccountView(account_name="Offline Account", balance_micros=Micros(10**9))
    return View(
        user=user,
        printer=PrinterView(printer_name="p", price=PRICE),
        accounts={account.account_name: account},
        offline_since_ms=NOW_MS,
    )


def counted(
    drill: RecordDrill,
    facts: Facts,
    policy: Policy = NO_PASSWORDS,
    balance_micros: int = 100,
    link: LinkState = LinkState.DRILL,
) -> Counted:
    """What is counted of one decision."""
    asked = Asked(
        facts=facts,
        view=view(balance_micros),
        policy=policy,
        link=link,
        now_ms=NOW_MS,
        user_name="ada",
    )
    drill.note(asked, decide(facts, asked.view, link, policy, NOW_MS))
    return drill.stop()


@pytest.mark.parametrize(
    ("facts", "balance_micros", "counts"),
    [
        (LoginFacts(card_known=True), 0, {"logins_accepted": 1}),
        (LoginFacts(card_known=False), 0, {"logins_refused": 1}),
        (SubmitFacts(hold_mode=HoldMode.USER, job=JOB), 0, {"jobs_taken": 1}),
        (
            SubmitFacts(hold_mode=HoldMode.USER, job=ReleaseFacts(pages=None, authenticated=False)),
            0,
            {"jobs_turned_away": 1},
        ),
        (JOB, 100, {"jobs_released": 1, "pages_released": 3, "released_micros": 30}),
        (JOB, 29, {"releases_refused": 1}),
        (
            CopyFacts(pages=4, colour=False),
            100,
            {"copies_started": 1, "copy_pages_max": 4, "copy_micros_max": 40},
        ),
        (CopyFacts(pages=4, colour=False), 0, {"copies_refused": 1}),
    ],
)
def test_each_kind_of_decision_has_its_counters(
    drill: RecordDrill, facts: Facts, balance_micros: int, counts: dict[str, int]
) -> None:
    assert counted(drill, facts, balance_micros=balance_micros).counts == counts


@pytest.mark.parametrize(("balance_micros", "because_of_drill"), [(100, True), (0, False)])
def test_a_refusal_is_the_drills_where_a_good_line_would_have_let_it_pass(
    drill: RecordDrill, balance_micros: int, because_of_drill: bool
) -> None:
    found = counted(drill, JOB, CEILING, balance_micros)
    ((refusal, times),) = found.refusals.items()
    assert (refusal.because_of_drill, refusal.user_name, times) == (because_of_drill, "ada", 1)


def test_who_pays_otherwise_than_online_is_counted(drill: RecordDrill) -> None:
    steps = [{"after_ms": 0, "rules": {"conversions": [{"kind": "force_duplex", "scope": "all"}]}}]
    policy = resolve({Layer.SITE: {"escalation": steps}})
    assert counted(drill, JOB, policy).counts[Count.OTHERWISE_THAN_ONLINE] == 1


def test_what_only_an_outage_lets_pass_is_counted(drill: RecordDrill) -> None:
    steps = [{"after_ms": 0, "rules": {"credit": "allow_overdraft"}}]
    policy = resolve({Layer.SITE: {"escalation": steps}})
    assert counted(drill, JOB, policy, balance_micros=0).counts[Count.REFUSED_ONLINE_ONLY] == 1


def test_a_decision_by_the_rules_from_before_is_counted_as_that(drill: RecordDrill) -> None:
    assert counted(drill, JOB, link=LinkState.ONLINE).counts == {"by_earlier_rules": 1}


async def test_more_people_than_are_named_are_counted_without_a_name(tmp_path: Path) -> None:
    store = SiteStore(tmp_path / "site.db", site_name="oslo", epoch=1, clock=ManualClock())
    people = {
        Refusal(reason="unknown_user", because_of_drill=False, user_name=f"user {number}"): 1
        for number in range(NAMED_MAX + 7)
    }
    await store.write(lambda unit: unit.drills.add(1, Counted(refusals=people)))
    with store.read() as site:
        (found,) = site.drills.refusals(1)
    store.close()
    assert (found.times, found.people) == (NAMED_MAX + 7, NAMED_MAX)
    assert NOBODY not in {refusal.user_name for refusal in people}
