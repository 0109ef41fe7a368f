"""Every reason in words."""

from string import Formatter

import pytest

from failure_modes.catalogue import CATALOGUE, ENTRIES, money_text, render
from failure_modes.catalogue_entry import Entry
from failure_modes.decision import Decision
from failure_modes.policy import resolve
from failure_modes.vocabulary import Action, Layer, Reason
from tests.unit.failure_modes.builders import UNCOUNTED, ask, job, user, view


def test_every_reason_is_in_the_catalogue_once() -> None:
    assert sorted(entry.code for entry in ENTRIES) == sorted(Reason)
    assert set(CATALOGUE) == set(Reason)


def test_no_two_reasons_share_a_title() -> None:
    titles = [entry.title for entry in ENTRIES]

    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)
def test_every_entry_is_whole_sentences_with_known_fields(entry: Entry) -> None:
    fields = {field for _, field, _, _ in Formatter().parse(entry.message) if field}

    assert entry.message.endswith(".")
    assert entry.advice.endswith(".")
    assert fields <= {"cost", "balance", "pages", "limit", "limit_money"}


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_can_be_rendered_without_any_numbers(reason: Reason) -> None:
    text = render(Decision(action=Action.DENY, reasons=(reason,)), "EUR")

    assert text
    assert "{" not in text


def test_a_refusal_for_lack_of_credit_names_the_cost_the_balance_and_what_to_do() -> None:
    decision = ask(job(mono=24), view(user(500_000)))

    assert render(decision, "EUR") == (
        "This job costs 1.20 EUR and you have 0.50 EUR. Ask for credit or print fewer pages."
    )


def test_a_refusal_by_a_limit_names_both_numbers() -> None:
    decision = ask(job(mono=24), policy=resolve({Layer.SITE: {"pages_max": 20}}))

    assert render(decision, "EUR") == (
        "This job has 24 pages and 20 are allowed. Print it in parts."
    )


def test_a_refusal_for_its_cost_names_the_cost_and_the_limit_as_money() -> None:
    filters = [{"kind": "cost_max", "limit": 1_000_000}]
    decision = ask(job(mono=24), policy=resolve({Layer.SITE: {"filters": filters}}))

    assert render(decision, "EUR") == (
        "This job costs 1.20 EUR and one job may cost 1.00 EUR here. "
        "Print fewer pages, or without colour."
    )


def test_all_reasons_of_a_decision_are_told_in_order() -> None:
    policy = resolve({Layer.SITE: {"uncounted_document": "charge_fixed", "uncounted_pages": 4}})

    assert render(ask(UNCOUNTED, policy=policy), "EUR") == (
        "This job costs 0.40 EUR. "
        "The pages of this document could not be counted; it is charged as 8 pages."
    )


@pytest.mark.parametrize(
    ("amount_micros", "currency", "expected"),
    [
        (1_200_000, "EUR", "1.20 EUR"),
        (0, "EUR", "0.00 EUR"),
        (-500_000, "EUR", "-0.50 EUR"),
        (5_000, "EUR", "0.005 EUR"),
        (1, "EUR", "0.000001 EUR"),
        (-12_345_678_901, "", "-12345.678901"),
        (1_000_000, "", "1.00"),
    ],
)
def test_money_is_shown_exactly(amount_micros: int, currency: str, expected: str) -> None:
    assert money_text(amount_micros, currency) == expected
