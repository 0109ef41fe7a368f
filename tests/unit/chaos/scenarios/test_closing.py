"""Any "no" at the end of a scenario is told, and makes it fail."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaos.history import Event, Fault, FaultKind, History, Operation
from chaos.scenarios.closing import close_the_books
from chaos.scenarios.narration import LABEL_WIDTH, Narrator
from chaos.testing import CLOSING_MICROS, DOCUMENT, HEARD, Story, event, fault
from replication.ports import Micros


@pytest.fixture
def told() -> list[str]:
    return []


def with_a_cut(*, cut_us: int) -> History:
    visits: list[Event | Fault] = [event(Operation.LOGIN, at_ms=n) for n in (1, 2, 3)]
    cut = [event(Operation.LOGIN, at_ms=n, latency_us=cut_us) for n in (11_000, 12_000, 13_000)]
    return History(records=(*HEARD.records, *visits, fault(FaultKind.WAN_CUT, at_ms=10_000), *cut))


def close(told: list[str], story: Story, *, cut_us: int = 4_000) -> bool:
    return close_the_books(Narrator(told.append), with_a_cut(cut_us=cut_us), story.state())


def test_a_true_story_closes_well(told: list[str]) -> None:
    assert close(told, Story())
    assert f"      {'money conserved:':<{LABEL_WIDTH}} yes" in told
    assert f"      {'lost:':<{LABEL_WIDTH}} 0" in told
    assert f"      {'printed twice:':<{LABEL_WIDTH}} 0" in told


def test_the_balances_of_every_node_stand_side_by_side(told: list[str]) -> None:
    close(told, Story())
    (row,) = [line for line in told if line.split()[:1] == ["ada"]]
    assert row.split() == ["ada", "5.50", "5.50", "5.50"]


def test_what_an_account_has_is_told_where_it_is_known(told: list[str]) -> None:
    state = Story().state()
    account = {"account:research": Micros(1_000_000)}
    primary = replace(
        state.primary,
        balances={**state.primary.balances, **account},
        ledger_balances={**state.primary.ledger_balances, **account},
    )
    opening = replace(state.opening, balances={**state.opening.balances, **account})
    both = replace(state, primary=primary, opening=opening)
    assert close_the_books(Narrator(told.append), with_a_cut(cut_us=4_000), both)
    (row,) = [line for line in told if line.split()[:1] == ["research"]]
    assert row.split() == ["research", "1.00", "-", "1.00"]


def test_entries_and_watermark_of_each_journal_are_told(told: list[str]) -> None:
    close(told, Story())
    (row,) = [line for line in told if line.strip().startswith("oslo, epoch 1")]
    assert row.split()[3:] == ["5", "5", "5"]


def test_lost_money_makes_the_scenario_fail(told: list[str]) -> None:
    assert not close(told, Story(balance_micros=Micros(CLOSING_MICROS - 1)))
    assert f"      {'money conserved:':<{LABEL_WIDTH}} no" in told


def test_a_second_print_makes_the_scenario_fail(told: list[str]) -> None:
    assert not close(told, Story(documents=(DOCUMENT, DOCUMENT)))
    assert f"      {'printed twice:':<{LABEL_WIDTH}} 1" in told


def test_a_slow_decision_makes_the_scenario_fail_and_is_named(told: list[str]) -> None:
    assert not close(told, Story(), cut_us=2_000_000)
    assert [line for line in told if "login at oslo took 2000 ms while cut" in line]


def test_what_could_not_be_judged_is_no_success(told: list[str]) -> None:
    assert not close_the_books(Narrator(told.append), HEARD, Story().state())
