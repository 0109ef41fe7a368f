"""What a decision always is."""

import pytest

from failure_modes.decision import Decision, Reservation, TraceStep
from failure_modes.errors import BrokenInvariantError
from failure_modes.vocabulary import Action, Layer, Micros, Reason


@pytest.mark.parametrize(
    ("action", "allowed"),
    [
        (Action.ALLOW, True),
        (Action.PRINT_UNLOGGED, True),
        (Action.PRINT_AND_LOG_LATER, True),
        (Action.HOLD, False),
        (Action.DENY, False),
    ],
)
def test_a_decision_is_allowed_when_the_asker_goes_ahead_now(action: Action, allowed: bool) -> None:
    assert Decision(action=action, reasons=(Reason.JOB_HELD,)).allowed is allowed


def test_a_decision_without_a_reason_cannot_be_made() -> None:
    with pytest.raises(BrokenInvariantError, match="has a reason"):
        Decision(action=Action.ALLOW, reasons=())


def test_a_refusal_cannot_reserve_anything() -> None:
    with pytest.raises(BrokenInvariantError, match="nothing is reserved"):
        Decision(
            action=Action.DENY,
            reasons=(Reason.NOT_ENOUGH_CREDIT,),
            reservations=(Reservation(user_name="ada", amount_micros=Micros(1)),),
        )


def test_the_detail_of_a_step_is_put_together_when_it_is_read() -> None:
    step = TraceStep("pages_max", Layer.SITE, "passed", "{} asked for, {} allowed", (3, 5))

    assert step.detail == "3 asked for, 5 allowed"
    assert TraceStep("person", Layer.BUILT_IN, "known").detail == ""
