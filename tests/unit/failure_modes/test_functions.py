"""The functions matrix, row by row."""

import pytest

from failure_modes.functions import MATRIX, ROWS, is_offered
from failure_modes.vocabulary import Function, LinkState, Offer

UP = ["online", "recovering"]
CUT = ["degraded", "offline", "drill", "forced_offline"]

# One row per function: while the primary answers, while it does not, without a replica.
TABLE = {
    "print": "yes yes by_mode",
    "hold": "yes yes yes",
    "release": "yes yes by_mode",
    "release_for_others": "yes yes no",
    "release_from_other_site": "yes no no",
    "card_login": "yes yes no",
    "pin_login": "yes yes no",
    "password_login": "by_policy by_policy no",
    "copy": "yes yes no",
    "show_balance": "yes yes no",
    "choose_account": "yes yes no",
    "change_job_settings": "yes yes no",
    "claim_card": "by_policy provisional no",
    "add_credit": "yes no no",
    "administer": "yes no no",
}


def test_every_state_of_the_link_is_up_or_cut() -> None:
    assert sorted(UP + CUT) == sorted(LinkState)


def test_every_function_has_one_row() -> None:
    assert [row.function for row in ROWS] == [Function(name) for name in TABLE]
    assert set(TABLE) == set(Function)


@pytest.mark.parametrize("name", TABLE)
def test_a_row_says_what_works(name: str) -> None:
    function = Function(name)
    up, cut, alone = (Offer(word) for word in TABLE[name].split())

    assert {MATRIX[function, LinkState(state), True] for state in UP} == {up}
    assert {MATRIX[function, LinkState(state), True] for state in CUT} == {cut}
    assert {MATRIX[function, state, False] for state in LinkState} == {alone}


@pytest.mark.parametrize(("cell", "offer"), MATRIX.items())
def test_whatever_is_not_refused_is_offered(
    cell: tuple[Function, LinkState, bool], offer: Offer
) -> None:
    assert is_offered(*cell) is (offer is not Offer.NO)


@pytest.mark.parametrize("function", Function)
@pytest.mark.parametrize("link_state", LinkState)
def test_law_neither_a_better_link_nor_a_replica_takes_a_function_away(
    function: Function, link_state: LinkState
) -> None:
    offered = is_offered(function, link_state, has_replica=True)

    assert offered <= is_offered(function, LinkState.ONLINE, has_replica=True)
    assert is_offered(function, link_state, has_replica=False) <= offered


@pytest.mark.parametrize("function", Function)
def test_a_drill_and_a_forced_cut_take_away_what_a_real_cut_does(function: Function) -> None:
    real = MATRIX[function, LinkState.OFFLINE, True]

    assert MATRIX[function, LinkState.DRILL, True] is real
    assert MATRIX[function, LinkState.FORCED_OFFLINE, True] is real


def test_titles_tell_functions_apart() -> None:
    assert len({row.title for row in ROWS}) == len(ROWS)
