"""What is changed in a job instead of refusing it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failure_modes.conversions import (
    CONVERSIONS_MAX,
    NO_CONVERSIONS,
    Conversion,
    conversion_set,
    convert,
    needless,
    problems,
    read,
)
from failure_modes.facts import ReleaseFacts, UserView
from failure_modes.pricing import PageCount
from failure_modes.rule_vocabulary import ConversionKind, RuleScope
from failure_modes.vocabulary import Layer, Reason, Sides
from tests.unit.failure_modes.rule_builders import layers, member, releases, scopes, users, words

MONO, DUPLEX = ConversionKind.FORCE_MONO, ConversionKind.FORCE_DUPLEX
COLOUR = ReleaseFacts(pages=PageCount(mono=1, colour=2))

conversions = st.builds(
    Conversion,
    kind=st.sampled_from(ConversionKind),
    groups=st.frozensets(words),
    scope=scopes,
    layer=layers,
)
lists = st.lists(conversions, max_size=6)


def test_without_conversions_a_job_stays_as_it_is() -> None:
    assert convert(NO_CONVERSIONS, COLOUR, member()) == (COLOUR, ())
    assert conversion_set([]) == NO_CONVERSIONS


def test_both_conversions_apply_and_are_told() -> None:
    rules = conversion_set([Conversion(kind=MONO), Conversion(kind=DUPLEX)])

    job, applied = convert(rules, COLOUR, member())

    assert job == ReleaseFacts(pages=COLOUR.pages, force_mono=True, sides=Sides.TWO_SIDED_LONG_EDGE)
    assert {rule.reason for rule in applied} == {
        Reason.CONVERTED_TO_MONO,
        Reason.CONVERTED_TO_DUPLEX,
    }


@pytest.mark.parametrize(
    ("kind", "job"),
    [
        (MONO, ReleaseFacts(pages=COLOUR.pages, force_mono=True)),
        (MONO, ReleaseFacts(pages=PageCount(mono=3, colour=0))),
        (DUPLEX, ReleaseFacts(pages=COLOUR.pages, sides=Sides.TWO_SIDED_SHORT_EDGE)),
        (DUPLEX, ReleaseFacts(pages=PageCount(mono=1, colour=0), copies=7)),
    ],
)
def test_nothing_is_told_where_nothing_has_to_change(
    kind: ConversionKind, job: ReleaseFacts
) -> None:
    assert convert(conversion_set([Conversion(kind=kind)]), job, member()) == (job, ())


def test_a_document_that_could_not_be_counted_is_converted_to_be_sure() -> None:
    rules = conversion_set([Conversion(kind=MONO), Conversion(kind=DUPLEX)])

    job, applied = convert(rules, ReleaseFacts(pages=None), member())

    assert job.force_mono
    assert job.sides is Sides.TWO_SIDED_LONG_EDGE
    assert len(applied) == 2


@pytest.mark.parametrize(
    ("rule", "user", "applies"),
    [
        (Conversion(kind=MONO), member(restricted=True), True),
        (Conversion(kind=MONO), member(restricted=False), False),
        (Conversion(kind=MONO, scope=RuleScope.ALL), member(restricted=False), True),
        (Conversion(kind=MONO, groups=frozenset({"guests"})), member("guests"), True),
        (Conversion(kind=MONO, groups=frozenset({"guests"})), member("staff"), False),
        (
            Conversion(kind=MONO, groups=frozenset({"guests"})),
            member("guests", restricted=False),
            False,
        ),
    ],
)
def test_a_conversion_speaks_of_its_scope_and_groups(
    rule: Conversion, user: UserView, applies: bool
) -> None:
    _, applied = convert(conversion_set([rule]), COLOUR, user)

    assert applied == ((rule,) if applies else ())


def test_the_rule_nearest_to_the_printer_is_named() -> None:
    rules = [
        Conversion(kind=MONO, layer=Layer.GLOBAL),
        Conversion(kind=MONO, layer=Layer.PRINTER, groups=frozenset({"guests"})),
        Conversion(kind=MONO, layer=Layer.SITE),
    ]

    for user, layer in ((member("guests"), Layer.PRINTER), (member("staff"), Layer.SITE)):
        _, (applied,) = convert(conversion_set(rules), COLOUR, user)
        assert applied.layer is layer


@given(some=lists, shuffled=st.data(), job=releases, user=users)
def test_law_the_order_of_conversions_changes_nothing(
    some: list[Conversion], shuffled: st.DataObject, job: ReleaseFacts, user: UserView
) -> None:
    other = shuffled.draw(st.permutations(some))

    assert conversion_set(some) == conversion_set(other)
    assert convert(conversion_set(some), job, user) == convert(conversion_set(other), job, user)


@given(some=lists, job=releases, user=users)
def test_law_a_converted_job_is_not_converted_again(
    some: list[Conversion], job: ReleaseFacts, user: UserView
) -> None:
    once, _ = convert(conversion_set(some), job, user)

    assert convert(conversion_set(some), once, user) == (once, ())


@given(some=lists, job=releases, user=users)
def test_law_many_conversions_change_what_each_of_them_changes_alone(
    some: list[Conversion], job: ReleaseFacts, user: UserView
) -> None:
    step_by_step = job
    for rule in some:
        step_by_step, _ = convert(conversion_set([rule]), step_by_step, user)

    together, applied = convert(conversion_set(some), job, user)

    assert together == step_by_step
    assert all(rule in some and rule.speaks_of(user) for rule in applied)
    assert len({rule.kind for rule in applied}) == len(applied)


def test_each_form_is_read() -> None:
    raw: list[dict[str, object]] = [
        {"kind": "force_mono"},
        {"kind": "force_duplex", "groups": ["guests"], "scope": "all"},
    ]

    assert problems(raw) == []
    assert read(raw, Layer.SITE) == (
        Conversion(kind=MONO, layer=Layer.SITE),
        Conversion(
            kind=DUPLEX, groups=frozenset({"guests"}), scope=RuleScope.ALL, layer=Layer.SITE
        ),
    )


@pytest.mark.parametrize("raw", [None, {}, [{"kind": "force_mono"}] * (CONVERSIONS_MAX + 1)])
def test_what_is_no_list_or_too_long_is_refused(raw: object) -> None:
    assert problems(raw) == [f"not a list of at most {CONVERSIONS_MAX} conversions"]


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        (7, "[0] 7 is not an object"),
        ({}, "[0] 'kind' is missing"),
        ({"kind": "force_colour"}, "[0] kind: 'force_colour' is not known"),
        ({"kind": "force_mono", "groups": []}, "[0] groups: a list of 0 is not a list"),
        ({"kind": "force_mono", "scope": None}, "[0] scope: None is not known"),
        ({"kind": "force_mono", "edge": "long"}, "[0] 'edge' is not known here"),
    ],
)
def test_each_mistake_is_told_with_its_place(item: object, problem: str) -> None:
    (found,) = problems([item])

    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("first", "second", "places"),
    [
        (Conversion(kind=MONO), Conversion(kind=MONO), ["[1]"]),
        (Conversion(kind=MONO), Conversion(kind=DUPLEX), []),
        (Conversion(kind=MONO, groups=frozenset({"a"})), Conversion(kind=MONO), ["[0]"]),
        (Conversion(kind=MONO), Conversion(kind=MONO, scope=RuleScope.ALL), ["[0]"]),
        (
            Conversion(kind=MONO, groups=frozenset({"a"}), scope=RuleScope.ALL),
            Conversion(kind=MONO),
            [],
        ),
        (
            Conversion(kind=MONO, groups=frozenset({"a"})),
            Conversion(kind=MONO, groups=frozenset({"a", "b"})),
            ["[0]"],
        ),
    ],
)
def test_a_rule_that_adds_nobody_is_needless(
    first: Conversion, second: Conversion, places: list[str]
) -> None:
    assert [found.split()[0] for found in needless([first, second])] == places
