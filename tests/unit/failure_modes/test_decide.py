"""The decision, question by question."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failure_modes.decision import Reservation
from failure_modes.facts import CopyFacts, Facts, LoginFacts, SubmitFacts, View
from failure_modes.policy import Policy, resolve
from failure_modes.pricing import Price
from failure_modes.rule_vocabulary import PriceModel
from failure_modes.tariff import Tariff
from failure_modes.vocabulary import (
    Action,
    HoldMode,
    Layer,
    LinkState,
    Micros,
    Reason,
    Sides,
    WallMs,
)
from tests.unit.failure_modes.builders import (
    NOW_MS,
    PRICE,
    UNCOUNTED,
    ask,
    job,
    printer,
    user,
    view,
)

LOGIN = LoginFacts(card_known=True)
COPY = CopyFacts(pages=5, colour=True, sides=Sides.TWO_SIDED_LONG_EDGE)
TO_HELD_QUEUE = SubmitFacts(hold_mode=HoldMode.USER, job=job())
TO_DIRECT_QUEUE = SubmitFacts(hold_mode=HoldMode.NONE, job=job())

QUESTIONS: list[Facts] = [LOGIN, COPY, TO_HELD_QUEUE, TO_DIRECT_QUEUE, job()]
CHARGED: list[Facts] = [COPY, TO_DIRECT_QUEUE, job()]
UNCOUNTED_QUESTIONS: list[Facts] = [
    UNCOUNTED,
    SubmitFacts(hold_mode=HoldMode.NONE, job=UNCOUNTED),
]
CHARGE_FIXED = resolve({Layer.SITE: {"uncounted_document": "charge_fixed", "uncounted_pages": 4}})


# Who asks


def test_a_known_card_of_an_enabled_user_logs_in() -> None:
    decision = ask(LOGIN)

    assert (decision.action, decision.reasons) == (Action.ALLOW, (Reason.LOGIN_ACCEPTED,))
    assert (decision.cost_micros, decision.charge_to, decision.reservations) == (0, None, ())


def test_an_unknown_card_is_refused() -> None:
    decision = ask(LoginFacts(card_known=False))

    assert (decision.action, decision.reasons) == (Action.DENY, (Reason.UNKNOWN_CARD,))


@pytest.mark.parametrize("facts", QUESTIONS)
def test_an_unknown_user_is_refused_whatever_is_asked(facts: Facts) -> None:
    decision = ask(facts, View(user=None, printer=printer()))

    assert (decision.action, decision.reasons) == (Action.DENY, (Reason.UNKNOWN_USER,))


@pytest.mark.parametrize("facts", QUESTIONS)
def test_a_disabled_user_is_refused_whatever_is_asked(facts: Facts) -> None:
    decision = ask(facts, view(user(enabled=False)))

    assert (decision.action, decision.reasons) == (Action.DENY, (Reason.USER_DISABLED,))
    assert decision.charge_to is None


# Held queues


def test_a_job_for_a_held_queue_waits_and_shows_its_cost() -> None:
    decision = ask(TO_HELD_QUEUE)

    assert (decision.action, decision.reasons) == (Action.HOLD, (Reason.JOB_HELD,))
    assert (decision.cost_micros, decision.charge_to) == (150_000, "ada")
    assert decision.reservations == ()


def test_a_held_job_is_accepted_even_without_credit() -> None:
    assert ask(TO_HELD_QUEUE, view(user(0))).action is Action.HOLD


def test_a_job_in_a_managers_queue_waits_for_a_manager_and_says_so() -> None:
    decision = ask(SubmitFacts(hold_mode=HoldMode.MANAGER, job=job()), view(user(0)))

    assert (decision.action, decision.reasons) == (Action.HOLD, (Reason.HELD_FOR_MANAGER,))


def test_a_document_that_cannot_be_counted_is_held_and_says_so() -> None:
    decision = ask(SubmitFacts(hold_mode=HoldMode.USER, job=UNCOUNTED))

    assert decision.action is Action.HOLD
    assert decision.reasons == (Reason.JOB_HELD, Reason.PAGES_UNKNOWN)


# Release, direct queue, copy


def test_a_release_reserves_its_cost_from_its_user() -> None:
    decision = ask(job(mono=2, colour=1))

    assert (decision.action, decision.reasons) == (Action.ALLOW, (Reason.ENOUGH_CREDIT,))
    assert (decision.cost_micros, decision.charge_to) == (300_000, "ada")
    assert decision.reservations == (Reservation(user_name="ada", amount_micros=Micros(300_000)),)


def test_a_direct_queue_is_a_release_at_once() -> None:
    assert ask(TO_DIRECT_QUEUE) == ask(TO_DIRECT_QUEUE.job)


def test_a_copy_session_reserves_all_the_pages_asked_for() -> None:
    decision = ask(COPY)

    assert decision.action is Action.ALLOW
    assert decision.reservations == (
        Reservation(user_name="ada", amount_micros=Micros(5 * 150_000)),
    )


@pytest.mark.parametrize("facts", CHARGED)
def test_without_credit_no_paper_comes_out(facts: Facts) -> None:
    decision = ask(facts, view(user(149_999)))

    assert (decision.action, decision.reasons) == (Action.DENY, (Reason.NOT_ENOUGH_CREDIT,))
    assert (decision.charge_to, decision.reservations) == (None, ())
    assert decision.cost_micros >= 150_000
    assert decision.balance_micros == 149_999


def test_overdraft_lets_a_user_print_on_debt_where_the_site_allows_it() -> None:
    policy = resolve({Layer.SITE: {"credit": "allow_overdraft"}})

    decision = ask(job(), view(user(0)), policy=policy)

    assert (decision.action, decision.reasons) == (Action.ALLOW, (Reason.OVERDRAFT_ALLOWED,))
    assert decision.trace[-1].rule == "credit"
    assert decision.trace[-1].layer is Layer.SITE


def test_an_unrestricted_user_prints_and_is_charged() -> None:
    decision = ask(job(), view(user(0, restricted=False)))

    assert (decision.action, decision.reasons) == (Action.ALLOW, (Reason.UNRESTRICTED_USER,))
    assert decision.charge_to == "ada"


@pytest.mark.parametrize("facts", UNCOUNTED_QUESTIONS)
def test_a_document_that_cannot_be_counted_is_not_printed_by_default(facts: Facts) -> None:
    decision = ask(facts)

    assert (decision.action, decision.reasons) == (Action.DENY, (Reason.PAGES_UNKNOWN,))


@pytest.mark.parametrize("facts", UNCOUNTED_QUESTIONS)
def test_a_document_that_cannot_be_counted_may_cost_a_fixed_number_of_pages(facts: Facts) -> None:
    decision = ask(facts, policy=CHARGE_FIXED)

    assert decision.action is Action.ALLOW
    assert decision.reasons == (Reason.ENOUGH_CREDIT, Reason.PAGES_ASSUMED)
    assert decision.cost_micros == 2 * 4 * 50_000


# Limits


@pytest.mark.parametrize(
    ("field", "limit", "reason"),
    [("copies_max", 2, Reason.TOO_MANY_COPIES), ("pages_max", 11, Reason.TOO_MANY_PAGES)],
)
def test_a_job_beyond_a_limit_is_refused_and_the_layer_named(
    field: str, limit: int, reason: Reason
) -> None:
    decision = ask(job(mono=4, copies=3), policy=resolve({Layer.PRINTER: {field: limit}}))

    assert (decision.action, decision.reasons) == (Action.DENY, (reason,))
    assert decision.limit == limit
    assert (decision.trace[-1].rule, decision.trace[-1].layer) == (field, Layer.PRINTER)


def test_a_job_exactly_at_its_limits_is_printed() -> None:
    policy = resolve({Layer.PRINTER: {"copies_max": 3, "pages_max": 12}})

    assert ask(job(mono=4, copies=3), policy=policy).action is Action.ALLOW


# The link


@pytest.mark.parametrize("facts", QUESTIONS)
@pytest.mark.parametrize("link", LinkState)
def test_with_a_replica_the_link_is_traced_and_changes_nothing(
    facts: Facts, link: LinkState
) -> None:
    decision, online = ask(facts, link=link), ask(facts, link=LinkState.ONLINE)

    assert replace(decision, trace=()) == replace(online, trace=())
    assert decision.trace[1:] == online.trace[1:]
    assert (decision.trace[0].rule, decision.trace[0].outcome) == ("link", link)
    assert str(NOW_MS) in decision.trace[0].detail


# Escalation

STEPS = resolve(
    {Layer.SITE: {"escalation": [{"after_ms": 10, "rules": {"credit": "allow_overdraft"}}]}}
)


@pytest.mark.parametrize(
    ("link", "age_ms", "allowed"),
    [
        (LinkState.ONLINE, 10, False),
        (LinkState.OFFLINE, 9, False),
        (LinkState.OFFLINE, 10, True),
        (LinkState.RECOVERING, 10, True),
        (LinkState.DRILL, 10, True),
    ],
)
def test_the_longer_an_outage_lasts_the_more_rules_have_been_replaced(
    link: LinkState, age_ms: int, allowed: bool
) -> None:
    seen = replace(view(user(0)), offline_since_ms=WallMs(NOW_MS - age_ms))

    decision = ask(job(), seen, link=link, policy=STEPS)

    escalated = [step.layer for step in decision.trace if step.rule == "escalation"]
    assert decision.allowed is allowed
    assert escalated == ([Layer.SITE] if allowed else [])


# Prices


def test_a_tariff_prices_a_job_by_its_paper() -> None:
    dear = Price(
        mono_simplex_micros=Micros(9),
        mono_duplex_micros=Micros(9),
        colour_simplex_micros=Micros(9),
        colour_duplex_micros=Micros(9),
    )
    tariff = Tariff(model=PriceModel.SIZE_TABLE, other=PRICE, by_size={"iso_a3_297x420mm": dear})
    seen = replace(view(), printer=replace(printer(), tariff=tariff))

    assert ask(job(), seen).cost_micros == 150_000
    assert ask(replace(job(), paper_size="iso_a3_297x420mm"), seen).cost_micros == 27


# Laws


@given(
    balance_micros=st.integers(-1_000_000, 10_000_000),
    mono=st.integers(0, 200),
    colour=st.integers(0, 200),
    copies=st.integers(1, 20),
)
def test_law_what_is_allowed_is_reserved_in_full_and_was_there(
    balance_micros: int, mono: int, colour: int, copies: int
) -> None:
    decision = ask(job(mono, colour, copies), view(user(balance_micros)))

    assert sum(line.amount_micros for line in decision.lines) == decision.cost_micros
    reserved = sum(reservation.amount_micros for reservation in decision.reservations)
    assert reserved == (decision.cost_micros if decision.allowed else 0)
    assert reserved <= max(balance_micros, 0)


@given(
    balance_micros=st.integers(-1_000_000, 10_000_000),
    more=st.integers(0, 10_000_000),
    mono=st.integers(0, 300),
    facts=st.sampled_from([COPY, TO_DIRECT_QUEUE]),
)
def test_law_more_credit_never_turns_allow_into_deny(
    balance_micros: int, more: int, mono: int, facts: Facts
) -> None:
    for question in (facts, job(mono)):
        poorer = ask(question, view(user(balance_micros)))
        richer = ask(question, view(user(balance_micros + more)))
        assert poorer.allowed <= richer.allowed


@pytest.mark.parametrize("facts", QUESTIONS)
@pytest.mark.parametrize("policy", [Policy(), CHARGE_FIXED])
def test_law_the_same_question_has_the_same_answer(facts: Facts, policy: Policy) -> None:
    assert ask(facts, policy=policy) == ask(facts, policy=policy)
