"""Filters as a person writes them."""

import pytest
from hypothesis import given

from failure_modes.conversions import Conversion
from failure_modes.facts import JobFacts, UserView
from failure_modes.filter_rules import NAMES_MAX, contradictions, needless, problems, read
from failure_modes.filters import FILTERS_MAX, Filter, filter_set, first_refusal
from failure_modes.name_patterns import PIECED_MAX
from failure_modes.rule_vocabulary import ConversionKind, FilterKind, RuleScope
from failure_modes.vocabulary import Layer
from tests.unit.failure_modes.rule_builders import filter_lists, jobs, users


def test_each_form_is_read() -> None:
    raw: list[dict[str, object]] = [
        {"kind": "pages_max", "limit": 50, "scope": "all"},
        {"kind": "group", "names": ["staff", "guests"]},
        {"kind": "document_name", "names": ["*.exe", "a*b"]},
        {"kind": "mono_only"},
    ]

    assert problems(raw) == []
    assert read(raw, Layer.SITE) == (
        Filter(kind=FilterKind.PAGES_MAX, limit=50, scope=RuleScope.ALL, layer=Layer.SITE),
        Filter(
            kind=FilterKind.GROUP,
            names=frozenset({"staff", "guests"}),
            scope=RuleScope.RESTRICTED,
            layer=Layer.SITE,
        ),
        Filter(kind=FilterKind.DOCUMENT_NAME, names=frozenset({"*.exe", "a*b"}), layer=Layer.SITE),
        Filter(kind=FilterKind.MONO_ONLY, layer=Layer.SITE),
    )


def test_no_filters_are_filters() -> None:
    assert problems([]) == []
    assert read([], Layer.SITE) == ()


@pytest.mark.parametrize("raw", [None, {}, "mono_only", [{"kind": "mono_only"}] * 33])
def test_what_is_no_list_or_too_long_is_refused(raw: object) -> None:
    assert problems(raw) == [f"not a list of at most {FILTERS_MAX} filters"]


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        (7, "[0] 7 is not an object"),
        ({}, "[0] kind: None is not known; choose one of: group,"),
        ({"kind": ["group"]}, "[0] kind: ['group'] is not known"),
        ({"kind": "pages_max"}, "[0] pages_max: 'limit' is missing"),
        ({"kind": "pages_max", "limit": 0}, "[0] pages_max.limit: 0 is not a whole number of im"),
        ({"kind": "pages_max", "limit": 1, "names": ["a"]}, "[0] pages_max: 'names' is not known"),
        ({"kind": "mono_only", "limit": 1}, "[0] mono_only: 'limit' is not known"),
        ({"kind": "group", "names": []}, "[0] group.names: a list of 0 is not a list"),
        ({"kind": "group", "names": ["a"] * (NAMES_MAX + 1)}, "[0] group.names: a list of 65"),
        ({"kind": "paper_size", "names": ["ISO"]}, "[0] paper_size.names: 'ISO' is not in lower"),
        ({"kind": "document_name", "names": "*"}, "[0] document_name.names: '*' is not a list"),
        ({"kind": "document_name", "names": ["*"]}, "[0] document_name.names: '*' matches every"),
        ({"kind": "mono_only", "scope": "some"}, "[0] mono_only.scope: 'some' is not known"),
    ],
)
def test_each_mistake_is_told_with_its_place(item: object, problem: str) -> None:
    (found,) = problems([item])

    assert found.startswith(problem)


def test_all_mistakes_come_at_once() -> None:
    raw = [
        {"kind": "pages_max", "limit": 0, "scope": "some", "colour": True},
        {"kind": "mono_only"},
        {"kind": "colour"},
    ]

    assert [found.split(":")[0] for found in problems(raw)] == [
        "[0] pages_max",
        "[0] pages_max.limit",
        "[0] pages_max.scope",
        "[2] kind",
    ]


def test_many_patterns_are_welcome_but_few_that_take_time() -> None:
    quick = [f"*.{letter}" for letter in "abcdefghijklmnop"]
    slow = [f"a*{letter}" for letter in "abcdefghi"]
    assert len(slow) == PIECED_MAX + 1

    assert problems([{"kind": "document_name", "names": [*quick, *slow[1:]]}]) == []
    (found,) = problems(
        [
            {"kind": "document_name", "names": slow[:4]},
            {"kind": "document_name", "names": slow[4:], "scope": "all"},
        ]
    )
    assert found.startswith("document_name: 9 patterns have a star in the middle")


NO_COMMON = "have no size in common, so no paper may be used"

LIMITS = [
    Filter(kind=FilterKind.PAGES_MAX, limit=50, scope=RuleScope.ALL),
    Filter(kind=FilterKind.PAGES_MAX, limit=60),
]


def test_a_laxer_limit_for_fewer_people_is_needless() -> None:
    assert needless(LIMITS) == [
        "[1] pages_max never decides anything: [0] pages_max refuses all it would"
    ]


@pytest.mark.parametrize(
    "rules",
    [
        [LIMITS[0], Filter(kind=FilterKind.PAGES_MAX, limit=40)],
        [LIMITS[1], Filter(kind=FilterKind.COPIES_MAX, limit=60)],
        [
            Filter(kind=FilterKind.GROUP, names=frozenset({"a", "b"})),
            Filter(kind=FilterKind.GROUP, names=frozenset({"b", "c"})),
        ],
        [
            Filter(kind=FilterKind.MONO_ONLY),
            Filter(kind=FilterKind.COLOUR_GROUP, names=frozenset({"a"}), scope=RuleScope.ALL),
        ],
    ],
)
def test_rules_that_can_both_decide_are_not_needless(rules: list[Filter]) -> None:
    assert needless(rules) == []


@pytest.mark.parametrize(
    ("first", "second", "needless_place"),
    [
        (
            Filter(kind=FilterKind.GROUP, names=frozenset({"a"})),
            Filter(kind=FilterKind.GROUP, names=frozenset({"a", "b"})),
            1,
        ),
        (
            Filter(kind=FilterKind.DOCUMENT_TYPE, names=frozenset({"a"})),
            Filter(kind=FilterKind.DOCUMENT_TYPE, names=frozenset({"a", "b"})),
            0,
        ),
        (Filter(kind=FilterKind.MONO_ONLY), Filter(kind=FilterKind.MONO_ONLY), 1),
        (
            Filter(kind=FilterKind.COLOUR_GROUP, names=frozenset({"a"})),
            Filter(kind=FilterKind.MONO_ONLY, scope=RuleScope.ALL),
            0,
        ),
    ],
)
def test_what_another_rule_always_refuses_is_needless(
    first: Filter, second: Filter, needless_place: int
) -> None:
    (found,) = needless([first, second])

    assert found.startswith(f"[{needless_place}] ")


@given(some=filter_lists, job=jobs, user=users)
def test_law_without_its_needless_rules_a_list_refuses_the_same(
    some: list[Filter], job: JobFacts, user: UserView
) -> None:
    places = {int(found[1 : found.index("]")]) for found in needless(some)}
    kept = [rule for place, rule in enumerate(some) if place not in places]

    assert (first_refusal(filter_set(kept), job, user) is None) is (
        first_refusal(filter_set(some), job, user) is None
    )


@pytest.mark.parametrize(
    ("one", "other", "problem"),
    [
        (
            Filter(kind=FilterKind.COLOUR_ONLY, layer=Layer.PRINTER),
            Filter(kind=FilterKind.MONO_ONLY, layer=Layer.GLOBAL),
            "global.mono_only and printer.colour_only together let nothing pass",
        ),
        (
            Filter(kind=FilterKind.SIMPLEX_ONLY, layer=Layer.SITE),
            Filter(kind=FilterKind.DUPLEX_ONLY, layer=Layer.SITE, scope=RuleScope.ALL),
            "site.simplex_only and site.duplex_only together let nothing pass",
        ),
        (
            Filter(kind=FilterKind.PAPER_SIZE, names=frozenset({"a4"}), layer=Layer.GLOBAL),
            Filter(kind=FilterKind.PAPER_SIZE, names=frozenset({"a3"}), layer=Layer.PRINTER),
            f"printer.paper_size and global.paper_size {NO_COMMON}",
        ),
    ],
)
def test_rules_that_leave_nothing_to_print_contradict_each_other(
    one: Filter, other: Filter, problem: str
) -> None:
    assert contradictions([one, other], []) == [problem]
    assert contradictions([other, one], []) == [problem]


def test_sizes_that_agree_two_by_two_may_still_leave_none() -> None:
    rules = [
        Filter(kind=FilterKind.PAPER_SIZE, names=frozenset(names), layer=Layer.SITE)
        for names in (("a3", "a4"), ("a4", "a5"), ("a5", "a3"))
    ]

    (found,) = contradictions(rules, [])

    assert found == f"site.paper_size and site.paper_size and site.paper_size {NO_COMMON}"
    assert contradictions(rules[:2], []) == []


@pytest.mark.parametrize(
    ("rule", "conversion"),
    [
        (FilterKind.COLOUR_ONLY, ConversionKind.FORCE_MONO),
        (FilterKind.SIMPLEX_ONLY, ConversionKind.FORCE_DUPLEX),
    ],
)
def test_a_filter_that_refuses_what_a_conversion_made_contradicts_it(
    rule: FilterKind, conversion: ConversionKind
) -> None:
    (found,) = contradictions(
        [Filter(kind=rule, layer=Layer.SITE)], [Conversion(kind=conversion, layer=Layer.GLOBAL)]
    )

    assert found == f"site.{rule} refuses what global.{conversion} makes of a job"


def test_rules_that_go_together_do_not_contradict_each_other() -> None:
    rules = [
        Filter(kind=FilterKind.MONO_ONLY),
        Filter(kind=FilterKind.DUPLEX_ONLY),
        Filter(kind=FilterKind.PAPER_SIZE, names=frozenset({"a4", "a3"})),
        Filter(kind=FilterKind.PAPER_SIZE, names=frozenset({"a4", "a5"})),
    ]
    changes = [
        Conversion(kind=ConversionKind.FORCE_MONO),
        Conversion(kind=ConversionKind.FORCE_DUPLEX),
    ]

    assert contradictions(rules, changes) == []
