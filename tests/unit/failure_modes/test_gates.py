"""The gates before a person or a job is looked at."""

from dataclasses import replace

import pytest

from failure_modes.facts import (
    CopyFacts,
    Facts,
    LateFacts,
    LoginFacts,
    PasswordCheck,
    SubmitFacts,
    View,
)
from failure_modes.gates import function_of, outage_ms
from failure_modes.policy import Policy, resolve
from failure_modes.vocabulary import (
    Action,
    Function,
    HoldMode,
    Layer,
    LinkState,
    Reason,
    WallMs,
)
from tests.unit.failure_modes.builders import NOW_MS, ask, job, view

CARD = LoginFacts(card_known=True)
PASSWORD = LoginFacts(card_known=False, password=PasswordCheck())
COPY = CopyFacts(pages=1, colour=False)
HELD = SubmitFacts(hold_mode=HoldMode.USER, job=job())
DIRECT = SubmitFacts(hold_mode=HoldMode.NONE, job=job())
ELSEWHERE = replace(job(), from_other_site=True)
LATE = LateFacts(job=job(), printed_ms=NOW_MS)
HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("facts", "function"),
    [
        (CARD, Function.CARD_LOGIN),
        (LoginFacts(card_known=True, pin_ok=False), Function.PIN_LOGIN),
        (PASSWORD, Function.PASSWORD_LOGIN),
        (HELD, Function.HOLD),
        (DIRECT, Function.PRINT),
        (job(), Function.RELEASE),
        (replace(job(), by_manager=True), Function.RELEASE_FOR_OTHERS),
        (ELSEWHERE, Function.RELEASE_FROM_OTHER_SITE),
        (COPY, Function.COPY),
    ],
)
def test_every_question_belongs_to_a_row_of_the_functions_matrix(
    facts: Facts, function: Function
) -> None:
    assert not isinstance(facts, LateFacts)
    assert function_of(facts) is function


@pytest.mark.parametrize(
    ("link", "offered"),
    [
        (LinkState.ONLINE, True),
        (LinkState.RECOVERING, True),
        (LinkState.DEGRADED, False),
        (LinkState.OFFLINE, False),
        (LinkState.DRILL, False),
        (LinkState.FORCED_OFFLINE, False),
    ],
)
def test_the_functions_matrix_is_enforced(link: LinkState, offered: bool) -> None:
    decision = ask(ELSEWHERE, link=link)

    assert decision.allowed is offered
    if not offered:
        assert decision.reasons == (Reason.FUNCTION_NOT_OFFERED,)


@pytest.mark.parametrize(
    ("link", "since_ms", "expected"),
    [
        (LinkState.ONLINE, None, None),
        (LinkState.ONLINE, 10, None),
        (LinkState.DEGRADED, None, None),
        (LinkState.DEGRADED, 10, 90),
        (LinkState.RECOVERING, None, None),
        (LinkState.RECOVERING, 10, 90),
        (LinkState.OFFLINE, None, 0),
        (LinkState.OFFLINE, 10, 90),
        (LinkState.OFFLINE, 110, 0),
        (LinkState.DRILL, 10, 90),
        (LinkState.FORCED_OFFLINE, None, 0),
    ],
)
def test_an_outage_lasts_until_the_link_is_online_again(
    link: LinkState, since_ms: int | None, expected: int | None
) -> None:
    assert outage_ms(link, since_ms, 100) == expected


# The age of the outage


def cut_off_for(age_ms: int) -> View:
    return replace(view(), offline_since_ms=WallMs(NOW_MS - age_ms))


AGES = resolve({Layer.SITE: {"offline_warn_ms": HOUR_MS, "offline_stop_ms": 2 * HOUR_MS}})


@pytest.mark.parametrize("facts", [CARD, COPY, DIRECT, job()])
def test_an_outage_that_lasts_too_long_stops_everything_that_lets_paper_out(facts: Facts) -> None:
    decision = ask(facts, cut_off_for(2 * HOUR_MS), link=LinkState.OFFLINE, policy=AGES)

    assert (decision.action, decision.reasons) == (Action.DENY, (Reason.OFFLINE_TOO_LONG,))
    assert (decision.trace[-1].rule, decision.trace[-1].layer) == ("offline_stop_ms", Layer.SITE)


def test_a_held_queue_goes_on_accepting_jobs() -> None:
    decision = ask(HELD, cut_off_for(9 * HOUR_MS), link=LinkState.OFFLINE, policy=AGES)

    assert (decision.action, decision.notes) == (Action.HOLD, (Reason.OFFLINE_FOR_LONG,))


@pytest.mark.parametrize(
    ("age_ms", "notes"),
    [
        (HOUR_MS - 1, ()),
        (HOUR_MS, (Reason.OFFLINE_FOR_LONG,)),
        (2 * HOUR_MS - 1, (Reason.OFFLINE_FOR_LONG,)),
    ],
)
@pytest.mark.parametrize("facts", [CARD, COPY, DIRECT, job()])
def test_before_that_the_operator_is_warned_and_nobody_else_notices(
    facts: Facts, age_ms: int, notes: tuple[Reason, ...]
) -> None:
    decision = ask(facts, cut_off_for(age_ms), link=LinkState.OFFLINE, policy=AGES)

    assert (decision.action, decision.notes) == (Action.ALLOW, notes)
    assert decision.reasons == ask(facts).reasons


def test_online_no_outage_counts() -> None:
    assert ask(job(), cut_off_for(99 * HOUR_MS), policy=AGES).allowed


# Opening hours

MORNINGS = resolve(
    {Layer.SITE: {"opening_hours": [{"days": ["mon"], "from": "08:00", "to": "12:00"}]}}
)


@pytest.mark.parametrize(
    ("facts", "action"),
    [
        (CARD, Action.DENY),
        (COPY, Action.DENY),
        (job(), Action.DENY),
        (DIRECT, Action.HOLD),
    ],
)
def test_outside_opening_hours_nothing_is_let_out(facts: Facts, action: Action) -> None:
    decision = ask(facts, replace(view(), local_minute=12 * 60), policy=MORNINGS)

    assert (decision.action, decision.reasons) == (action, (Reason.CLOSED_NOW,))


@pytest.mark.parametrize("facts", [CARD, COPY, job(), DIRECT])
@pytest.mark.parametrize("minute", [8 * 60, None])
def test_within_opening_hours_and_without_a_clock_they_do_not_matter(
    facts: Facts, minute: int | None
) -> None:
    assert ask(facts, replace(view(), local_minute=minute), policy=MORNINGS).allowed


def test_a_held_queue_accepts_jobs_at_any_hour() -> None:
    decision = ask(HELD, replace(view(), local_minute=0), policy=MORNINGS)

    assert decision.reasons == (Reason.JOB_HELD,)


def test_a_late_upload_passes_every_gate() -> None:
    seen = replace(cut_off_for(99 * HOUR_MS), local_minute=0)
    strict = replace(AGES, opening_hours=MORNINGS.opening_hours)

    decision = ask(LATE, seen, link=LinkState.OFFLINE, policy=strict)

    assert decision.reasons == (Reason.CHARGED_LATE,)


def test_a_replica_of_the_future_is_new() -> None:
    seen = replace(view(), replica_ms=WallMs(NOW_MS + HOUR_MS))

    assert ask(CARD, seen, policy=resolve({Layer.SITE: {"credential_age_max_ms": 0}})).allowed


def test_the_age_of_the_replica_counts_in_any_state_of_the_link() -> None:
    seen = replace(view(), replica_ms=WallMs(NOW_MS - 15 * 24 * HOUR_MS))

    assert ask(CARD, seen, policy=Policy()).reasons == (Reason.CREDENTIALS_TOO_OLD,)
