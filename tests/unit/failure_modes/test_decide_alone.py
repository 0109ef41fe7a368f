"""What a node without a replica does by itself."""

from dataclasses import replace

import pytest

from failure_modes.facts import CopyFacts, Facts, LateFacts, LoginFacts, SubmitFacts
from failure_modes.vocabulary import Action, HoldMode, Layer, ProviderMode, Reason, Sides
from tests.unit.failure_modes.builders import NOW_MS, ask, blind_view, job, user

LOGIN = LoginFacts(card_known=True)
COPY = CopyFacts(pages=5, colour=True, sides=Sides.TWO_SIDED_LONG_EDGE)
TO_HELD_QUEUE = SubmitFacts(hold_mode=HoldMode.USER, job=job())
TO_MANAGER_QUEUE = SubmitFacts(hold_mode=HoldMode.MANAGER, job=job())
TO_DIRECT_QUEUE = SubmitFacts(hold_mode=HoldMode.NONE, job=job())


@pytest.mark.parametrize("facts", [LOGIN, COPY])
@pytest.mark.parametrize("mode", ProviderMode)
def test_without_a_replica_nobody_is_let_in(facts: Facts, mode: ProviderMode) -> None:
    decision = ask(facts, blind_view(mode, user()))

    assert (decision.action, decision.reasons) == (Action.DENY, (Reason.NO_REPLICA,))


@pytest.mark.parametrize("mode", ProviderMode)
def test_without_a_replica_a_held_queue_still_holds(mode: ProviderMode) -> None:
    decision = ask(TO_HELD_QUEUE, blind_view(mode))

    assert (decision.action, decision.reasons) == (Action.HOLD, (Reason.JOB_HELD,))


def test_without_a_replica_a_job_for_a_manager_waits_for_one() -> None:
    decision = ask(TO_MANAGER_QUEUE, blind_view(ProviderMode.PRINT_UNLOGGED))

    assert (decision.action, decision.reasons) == (Action.HOLD, (Reason.HELD_FOR_MANAGER,))


@pytest.mark.parametrize("facts", [TO_DIRECT_QUEUE, job()])
@pytest.mark.parametrize(
    ("mode", "restricted", "expected"),
    [
        (ProviderMode.PRINT_UNLOGGED, True, (Action.PRINT_UNLOGGED, 0, None)),
        (ProviderMode.PRINT_AND_LOG_LATER, True, (Action.PRINT_AND_LOG_LATER, 150_000, "ada")),
        (ProviderMode.HOLD_UNTIL_RECONNECT, False, (Action.HOLD, 150_000, "ada")),
        (ProviderMode.AUTO, True, (Action.HOLD, 150_000, "ada")),
        (ProviderMode.AUTO, False, (Action.PRINT_AND_LOG_LATER, 150_000, "ada")),
    ],
)
def test_without_a_replica_the_failure_mode_of_the_printer_decides(
    facts: Facts, mode: ProviderMode, restricted: bool, expected: tuple[Action, int, str | None]
) -> None:
    decision = ask(facts, blind_view(mode, user(0, restricted=restricted)))

    assert (decision.action, decision.cost_micros, decision.charge_to) == expected
    assert decision.reservations == ()
    assert decision.trace[1].layer is Layer.PRINTER


def test_without_a_replica_an_unheard_of_user_is_charged_to_nobody_yet() -> None:
    decision = ask(job(), blind_view(ProviderMode.PRINT_AND_LOG_LATER))

    assert (decision.action, decision.charge_to) == (Action.PRINT_AND_LOG_LATER, None)


def test_without_a_replica_a_full_offline_log_holds_what_could_not_be_noted() -> None:
    full = replace(blind_view(ProviderMode.PRINT_AND_LOG_LATER), log_has_room=False)

    decision = ask(job(), full)

    assert (decision.action, decision.reasons) == (Action.HOLD, (Reason.OFFLINE_LOG_FULL,))


def test_without_a_replica_no_late_upload_is_judged() -> None:
    late = LateFacts(job=job(), printed_ms=NOW_MS)

    decision = ask(late, blind_view(ProviderMode.PRINT_UNLOGGED))

    assert decision.reasons == (Reason.NO_REPLICA,)
