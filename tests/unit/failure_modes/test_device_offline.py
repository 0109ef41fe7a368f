"""A device that has lost even its branch."""

from dataclasses import replace

import pytest

from failure_modes.device_offline import (
    CardUse,
    DeviceFacts,
    DeviceOffline,
    DevicePhase,
    DeviceRules,
    Upload,
    decide_at_device,
    device_phase,
    match_card_use,
    problems,
    takes_unlock_code,
)
from failure_modes.errors import BrokenInvariantError, PolicyError
from failure_modes.facts import UserView
from failure_modes.policy import resolve
from failure_modes.pricing import PageCount
from failure_modes.vocabulary import Action, Function, Layer, Reason, WallMs
from tests.unit.failure_modes.builders import PRICE, user

ENCODED = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"
RULES = DeviceOffline(enabled=True, delay_ms=60_000)
LOCKED = DeviceOffline(
    enabled=True, needs_unlock_code=True, unlock_tries=3, unlock_code_hash=ENCODED
)
SOMEBODY = replace(user(), user_name="somebody")
IN_TIME = Upload(now_ms=WallMs(15), age_ms_max=10)
LONG = DeviceFacts(silent_ms=600_000)
USE = CardUse(card_hash="c0ffee", used_ms=WallMs(5), pages=PageCount(mono=3, colour=1))


# Where it stands


@pytest.mark.parametrize("rules", [DeviceOffline(), RULES, LOCKED])
def test_a_device_whose_server_answers_is_connected_whatever_was_typed(
    rules: DeviceOffline,
) -> None:
    assert device_phase(DeviceFacts(unlocked=True), rules) is DevicePhase.CONNECTED


def test_a_device_waits_for_its_delay_and_then_goes_on_by_itself() -> None:
    assert device_phase(DeviceFacts(silent_ms=59_999), RULES) is DevicePhase.WAITING
    assert device_phase(DeviceFacts(silent_ms=60_000), RULES) is DevicePhase.BY_ITSELF


def test_a_device_without_an_offline_mode_waits_for_as_long_as_it_takes() -> None:
    assert device_phase(LONG, DeviceOffline()) is DevicePhase.WAITING


def test_a_device_with_an_unlock_code_is_locked_until_it_is_typed() -> None:
    assert device_phase(LONG, LOCKED) is DevicePhase.LOCKED
    assert (
        device_phase(DeviceFacts(silent_ms=600_000, unlocked=True), LOCKED) is DevicePhase.BY_ITSELF
    )


@pytest.mark.parametrize(("wrong_codes", "asks"), [(0, True), (2, True), (3, False)])
def test_too_many_wrong_codes_lock_it_until_its_server_is_back(
    wrong_codes: int, asks: bool
) -> None:
    assert (
        takes_unlock_code(DeviceFacts(silent_ms=600_000, wrong_codes=wrong_codes), LOCKED) is asks
    )


def test_a_device_that_is_not_locked_asks_for_no_code() -> None:
    assert not takes_unlock_code(LONG, RULES)


def test_a_silence_is_never_negative() -> None:
    with pytest.raises(BrokenInvariantError):
        device_phase(DeviceFacts(silent_ms=-1), RULES)


# What it does


@pytest.mark.parametrize("function", [Function.CARD_LOGIN, Function.COPY])
def test_a_card_is_enough_and_what_is_done_is_noted_under_it(function: Function) -> None:
    decision = decide_at_device(function, LONG, RULES)

    assert decision.action is Action.PRINT_AND_LOG_LATER
    assert decision.reasons == (Reason.DEVICE_CARD_LOGGED,)


@pytest.mark.parametrize("function", sorted(set(Function) - {Function.CARD_LOGIN, Function.COPY}))
def test_whatever_needs_more_than_a_card_is_refused(function: Function) -> None:
    decision = decide_at_device(function, LONG, RULES)

    assert (decision.action, decision.reasons) == (Action.DENY, (Reason.DEVICE_CARD_ONLY,))


@pytest.mark.parametrize(
    ("facts", "rules", "reason"),
    [
        (DeviceFacts(silent_ms=1), RULES, Reason.DEVICE_WAITING),
        (LONG, LOCKED, Reason.DEVICE_LOCKED),
        (LONG, DeviceOffline(), Reason.NO_REPLICA),
    ],
)
def test_a_device_that_may_not_go_on_says_why(
    facts: DeviceFacts, rules: DeviceOffline, reason: Reason
) -> None:
    decision = decide_at_device(Function.CARD_LOGIN, facts, rules)

    assert (decision.action, decision.reasons) == (Action.DENY, (reason,))


def test_a_connected_device_asks_its_server() -> None:
    with pytest.raises(BrokenInvariantError, match="asks its server"):
        decide_at_device(Function.COPY, DeviceFacts(), RULES)


# Who pays


def test_what_was_noted_is_charged_to_the_owner_of_the_card_without_a_limit() -> None:
    decision = match_card_use(USE, user(balance_micros=-7, enabled=False), SOMEBODY, PRICE, IN_TIME)

    assert decision.charge_to == "ada"
    assert decision.cost_micros == 3 * 50_000 + 200_000
    assert decision.reasons == (Reason.CARD_MATCHED,)
    assert (decision.balance_micros, decision.reservations) == (-7, ())


def test_a_card_that_belongs_to_nobody_is_charged_to_the_user_for_unknown_cards() -> None:
    decision = match_card_use(USE, None, SOMEBODY, PRICE, IN_TIME)

    assert decision.charge_to == "somebody"
    assert decision.reasons == (Reason.CARD_UNMATCHED,)
    assert decision.cost_micros == 350_000


def test_where_nobody_stands_for_unknown_cards_nobody_pays_and_what_it_cost_is_told() -> None:
    decision = match_card_use(USE, None, None, PRICE, IN_TIME)

    assert (decision.action, decision.reasons) == (Action.DENY, (Reason.CARD_UNCHARGED,))
    assert (decision.charge_to, decision.cost_micros) == (None, 350_000)


@pytest.mark.parametrize("owner", [user(), None])
def test_what_comes_too_late_is_recorded_and_charged_to_nobody(owner: UserView | None) -> None:
    decision = match_card_use(USE, owner, SOMEBODY, PRICE, replace(IN_TIME, now_ms=WallMs(16)))

    assert (decision.action, decision.reasons[0]) == (Action.DENY, Reason.TOO_LATE_TO_CHARGE)
    assert (decision.charge_to, decision.cost_micros) == (None, 350_000)


# Settings


def test_the_offline_mode_is_off_unless_somebody_wants_it() -> None:
    assert not DeviceOffline().enabled
    assert problems({}) == []


def test_knobs_that_cannot_be_are_named_all_at_once() -> None:
    raw = {
        "enabled": 1,
        "needs_unlock_code": "yes",
        "delay_ms": -1,
        "unlock_tries": 0,
        "unlock_code_hash": "1234",
        "unknown_user": "",
        "colour": "red",
    }

    assert len(problems(raw)) == 7
    with pytest.raises(PolicyError):
        DeviceOffline(delay_ms=-1)


@pytest.mark.parametrize("encoded", ["1234", "$argon2id$", ENCODED + "$", ENCODED + "A" * 255, 7])
def test_an_unlock_code_in_clear_is_refused_and_not_repeated(encoded: object) -> None:
    (problem,) = problems({"unlock_code_hash": encoded})

    assert problem.startswith("unlock_code_hash: this is no Argon2 hash")
    assert str(encoded) not in problem.removesuffix("255 characters")


def test_a_device_that_asks_for_a_code_has_one() -> None:
    (problem,) = problems({"needs_unlock_code": True})

    assert problem.startswith("unlock_code_hash: it is missing")
    assert problems({"needs_unlock_code": True, "unlock_code_hash": ENCODED}) == []
    assert problems({"unlock_code_hash": ENCODED}) == []


def test_the_rules_are_a_field_of_the_policy_and_a_stronger_layer_replaces_all_of_them() -> None:
    policy = resolve(
        {
            Layer.SITE: {"device_offline": {"enabled": True, "delay_ms": 5}},
            Layer.PRINTER: {"device_offline": {"enabled": True, "unknown_user": "somebody"}},
        }
    )

    assert policy.device_offline == DeviceOffline(enabled=True, unknown_user="somebody")
    assert policy.layer_of("device_offline") is Layer.PRINTER


def test_rules_that_are_no_object_or_have_problems_never_reach_a_policy() -> None:
    assert "delay_ms" in DeviceRules().range_text
    assert len(DeviceRules().problems(True)) == 1
    with pytest.raises(PolicyError) as caught:
        resolve({Layer.SITE: {"device_offline": {"delay_ms": -1, "unlock_tries": 0}}})

    assert len(caught.value.problems) == 2
