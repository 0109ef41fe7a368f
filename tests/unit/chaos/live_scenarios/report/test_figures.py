"""How long decisions took with a fault and without it."""

from __future__ import annotations

from chaos.history import Operation, Outcome
from chaos.live_scenarios.report.figures import Window, figures, windows, windows_of, worst_during
from chaos.live_scenarios.testing import decided, result
from chaos.live_scenarios.timeline import Mark, MarkKind


def test_a_fault_lasts_from_its_beginning_to_the_end_of_the_same_name() -> None:
    marks = (
        Mark(at_ms=10, kind=MarkKind.BEGAN, text="WAN cut", site="oslo"),
        Mark(at_ms=20, kind=MarkKind.BEGAN, text="disk full", site="oslo"),
        Mark(at_ms=30, kind=MarkKind.ENDED, text="WAN cut", site="oslo"),
        Mark(at_ms=35, kind=MarkKind.ENDED, text="never begun", site="oslo"),
        Mark(at_ms=40, kind=MarkKind.SAID, text="disk full", site="oslo"),
    )
    assert windows(marks, 99) == (
        Window(name="WAN cut", site="oslo", from_ms=10, to_ms=30),
        Window(name="disk full", site="oslo", from_ms=20, to_ms=99),
    )


def test_a_fault_of_headquarters_is_one_for_every_site_and_that_of_a_site_is_its_own() -> None:
    here = Window(name="cut", site="oslo", from_ms=0, to_ms=1)
    there = Window(name="cut", site="lima", from_ms=0, to_ms=1)
    centre = Window(name="killed", site="primary", from_ms=0, to_ms=1)
    assert windows_of("oslo", (here, there, centre)) == (here, centre)


def test_a_decision_that_reaches_into_a_fault_counts_as_one_with_it() -> None:
    events = (
        decided(1_000, 7_000),
        decided(1_999, 20_000),  # begins before the cut, ends in it
        decided(3_000, 30_000),
        decided(3_000, 90_000, node="lima"),  # another site's
        decided(6_000, 9_000),
    )
    (figure,) = figures(result(events=events))
    assert figure.decision == "log in"
    assert figure.during.values_us == (20_000, 30_000)
    assert (figure.during.median_us, figure.during.worst_us) == (25_000, 30_000)
    assert figure.without.values_us == (7_000, 90_000, 9_000)


def test_a_refusal_is_measured_beside_and_what_got_no_answer_is_no_figure() -> None:
    events = (
        decided(1_000, operation=Operation.RELEASE),
        decided(1_000, operation=Operation.RELEASE, outcome=Outcome.REFUSED),
        decided(1_000, operation=Operation.COPY_START, outcome=Outcome.UNKNOWN),
    )
    assert [each.decision for each in figures(result(events=events))] == [
        "release",
        "release, refused",
    ]


def test_nothing_measured_has_no_median() -> None:
    (figure,) = figures(result(events=(decided(3_000),)))
    assert (figure.without.count, figure.without.median_us, figure.without.worst_us) == (
        *(0, None, None),
    )


def test_the_longest_during_a_fault_is_that_of_a_panel_and_not_of_a_printing_client() -> None:
    events = (
        decided(3_000, 30_000),
        decided(3_000, 800_000, operation=Operation.PRINT),
        decided(3_000, 900_000, outcome=Outcome.UNKNOWN),
        decided(8_000, 700_000),
    )
    assert worst_during(result(events=events)) == 30_000
    assert worst_during(result()) is None
