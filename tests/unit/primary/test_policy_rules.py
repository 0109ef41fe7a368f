"""Policies judged together, over all printers at which they meet."""

from failure_modes.vocabulary import Layer
from primary.policy_rules import LayerRules, Meeting, policy_problems

MEETINGS: list[Meeting] = [("oslo", "oslo-laser"), ("lima", "lima-laser"), ("lima", None)]
CEILING: dict[str, object] = {"offline_ceiling_micros": 1_000_000}
USED: dict[str, object] = {"credit": "offline_ceiling"}
HOUR_MS = 3_600_000


def rules(layer: Layer, scope: str = "", /, **fields: object) -> LayerRules:
    return LayerRules(layer=layer, scope=scope, rules=fields)


def test_no_policies_have_no_problems() -> None:
    assert policy_problems([], []) == []
    assert policy_problems([], MEETINGS) == []


def test_what_one_site_looks_at_is_no_idle_rule_of_the_organisation() -> None:
    every = [rules(Layer.GLOBAL, **CEILING), rules(Layer.SITE, "oslo", **USED)]

    assert policy_problems(every, MEETINGS) == []


def test_what_no_printer_looks_at_is_refused_once_and_named_by_its_layer() -> None:
    every = [rules(Layer.GLOBAL, **CEILING), rules(Layer.SITE, "oslo", pages_max=9)]

    (problem,) = policy_problems(every, MEETINGS)

    assert problem.startswith("global: offline_ceiling_micros: this is never looked at")


def test_a_printer_that_does_not_need_a_rule_leaves_it_to_the_others() -> None:
    every = [
        rules(Layer.SITE, "lima", **CEILING, **USED),
        rules(Layer.PRINTER, "lima-laser", credit="strict"),
    ]

    assert policy_problems(every, MEETINGS) == []


def test_a_step_that_no_site_reaches_is_refused_though_each_stops_at_another_time() -> None:
    step = {"after_ms": 9 * HOUR_MS, "rules": {"credit": "strict"}}
    every = [
        rules(Layer.GLOBAL, escalation=[step], offline_warn_ms=1),
        rules(Layer.SITE, "oslo", offline_stop_ms=HOUR_MS),
        rules(Layer.SITE, "lima", offline_stop_ms=2 * HOUR_MS),
    ]

    (problem,) = policy_problems(every, MEETINGS)

    assert problem.startswith("global: escalation: the step after")


def test_layers_that_contradict_each_other_at_one_printer_are_refused() -> None:
    every = [
        rules(Layer.SITE, "lima", offline_warn_ms=2, offline_stop_ms=3),
        rules(Layer.PRINTER, "lima-laser", offline_stop_ms=1),
    ]

    (problem,) = policy_problems(every, MEETINGS)

    assert problem.startswith("site lima with printer lima-laser: offline_warn_ms: 2 ms is not")


def test_a_contradiction_of_the_organisation_is_told_once_even_where_every_site_mends_it() -> None:
    every = [
        rules(Layer.GLOBAL, offline_warn_ms=5, offline_stop_ms=4),
        rules(Layer.SITE, "oslo", offline_warn_ms=1),
        rules(Layer.SITE, "lima", offline_warn_ms=1),
    ]

    (problem,) = policy_problems(every, MEETINGS)

    assert problem.startswith("global: offline_warn_ms: 5 ms is not before")


def test_a_site_without_printers_is_looked_at_too() -> None:
    every = [rules(Layer.GLOBAL, **USED), rules(Layer.SITE, "rome", uncounted_pages=3)]

    (problem,) = policy_problems(every, MEETINGS)

    assert problem.startswith("site rome: uncounted_pages: this is never looked at")


def test_all_problems_come_at_once() -> None:
    every = [
        rules(Layer.GLOBAL, quota=1, pages_max=0, version=7),
        rules(Layer.SITE, "oslo", filters=[{"kind": "mono_only"}, {"kind": "colour_only"}]),
        rules(Layer.PRINTER, "oslo-laser", uncounted_pages=5),
    ]

    assert [problem.rpartition(": ")[0] for problem in policy_problems(every, MEETINGS)] == [
        "global: quota: there is no such field; known are",
        "global: pages_max",
        "global: version",
        "site oslo",
        "printer oslo-laser: uncounted_pages",
    ]
