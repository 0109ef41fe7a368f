"""Policies, views and questions at random, for the laws of decisions."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

from hypothesis import strategies as st

from failure_modes.decide import decide
from failure_modes.decision import Decision
from failure_modes.facts import (
    WITHOUT_PAPER,
    AccountView,
    CopyFacts,
    Facts,
    FunctionFacts,
    LateFacts,
    LoginFacts,
    PasswordCheck,
    ReleaseFacts,
    SubmitFacts,
    View,
)
from failure_modes.policy import CHANGING_FIELDS, Policy, resolve
from failure_modes.pricing import PageCount
from failure_modes.vocabulary import (
    AccountSelection,
    CreditPolicy,
    HoldMode,
    Layer,
    LinkState,
    Micros,
    PasswordLogin,
    Sides,
    Unauthenticated,
    UncountedDocument,
    WallMs,
)
from tests.unit.failure_modes.builders import NOW_MS, printer, user

Raw: TypeAlias = dict[str, Any]

amounts = st.integers(-200_000, 1_500_000).map(Micros)
spans = st.integers(0, 100) | st.integers(100, 1_000)
rarely = st.sampled_from([False] * 7 + [True])
mostly = st.sampled_from([True] * 7 + [False])

FILTERS: list[dict[str, object]] = [
    {"kind": "pages_max", "limit": 20},
    {"kind": "pages_max", "limit": 40, "scope": "all"},
    {"kind": "cost_max", "limit": 1_000_000},
    {"kind": "cost_max", "limit": 400_000, "scope": "all"},
    {"kind": "copies_max", "limit": 1},
    {"kind": "mono_only", "scope": "all"},
    {"kind": "colour_only"},
    {"kind": "duplex_only"},
    {"kind": "simplex_only", "scope": "all"},
    {"kind": "group", "names": ["staff", "guests"]},
    {"kind": "group", "names": ["staff"], "scope": "all"},
    {"kind": "colour_group", "names": ["staff"]},
    {"kind": "colour_group", "names": ["guests"]},
    {"kind": "paper_size", "names": ["a4", "a3"]},
    {"kind": "paper_size", "names": ["a4"], "scope": "all"},
    {"kind": "document_type", "names": ["text/plain"]},
    {"kind": "document_name", "names": ["*.exe", "draft*"]},
    {"kind": "document_name", "names": ["*salary*"], "scope": "all"},
    {"kind": "spool_bytes_max", "limit": 1_000},
    {"kind": "duplicate", "limit": 60_000},
]
CONVERSIONS: list[dict[str, object]] = [
    {"kind": "force_mono"},
    {"kind": "force_mono", "groups": ["staff"], "scope": "all"},
    {"kind": "force_duplex", "groups": ["guests"], "scope": "all"},
    {"kind": "force_duplex", "groups": ["staff"]},
]
HOURS: list[dict[str, object]] = [
    {"days": ["mon", "tue"], "from": "08:00", "to": "12:00"},
    {"days": ["mon"], "from": "11:00", "to": "18:00"},
]


def _some(rules: list[dict[str, object]]) -> st.SearchStrategy[list[dict[str, object]]]:
    return st.lists(st.sampled_from(rules), unique_by=str, max_size=6)


def _word(kind: type[StrEnum]) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(kind)).map(str)


rules = st.fixed_dictionaries(
    {},
    optional={
        "credit": _word(CreditPolicy),
        "offline_ceiling_micros": st.integers(0, 2_000_000),
        "ask_for_account": st.booleans(),
        "account_selection": _word(AccountSelection),
        "unauthenticated": _word(Unauthenticated),
        "pin_needed": rarely,
        "password_login": _word(PasswordLogin),
        "uncounted_document": _word(UncountedDocument),
        "uncounted_pages": st.integers(1, 50),
        "pages_max": st.integers(1, 60),
        "copies_max": st.integers(1, 4),
        "opening_hours": _some(HOURS),
        "filters": _some(FILTERS),
        "conversions": _some(CONVERSIONS),
        "card_self_registration": st.booleans(),
        "password_hash_age_max_ms": spans,
        "credential_age_max_ms": spans,
        "offline_warn_ms": spans,
        "offline_stop_ms": spans,
        "late_upload_max_ms": spans,
        "device_offline": st.fixed_dictionaries({}, optional={"enabled": st.booleans()}),
    },
)

ValueT = TypeVar("ValueT")


def _or_none(is_none: bool, value: ValueT) -> ValueT | None:
    return None if is_none else value


users = st.builds(
    replace,
    st.builds(user, restricted=st.booleans(), enabled=mostly),
    balance_micros=amounts,
    allowance_micros=amounts,
    offline_spent_micros=amounts,
    groups=st.frozensets(st.sampled_from(["staff", "guests"])),
)
accounts = st.builds(
    AccountView,
    account_name=st.sampled_from(["Offline Account", "Project"]),
    balance_micros=amounts,
    allowance_micros=amounts,
    enabled=mostly,
    restricted=mostly,
    open_to_user=mostly,
)
ages = st.integers(-10, 150).map(lambda age_ms: WallMs(NOW_MS - age_ms))
views = st.builds(
    View,
    user=st.builds(_or_none, rarely, users),
    printer=st.just(printer()),
    accounts=st.lists(accounts, min_size=1, max_size=4).map(
        lambda all_: {a.account_name: a for a in all_}
    ),
    offline_since_ms=st.none() | ages,
    replica_ms=st.none() | ages,
    local_minute=st.none() | st.integers(400, 1_200),
)
counts = st.builds(PageCount, mono=st.integers(0, 12), colour=st.sampled_from([0, 0, 1, 9]))
jobs = st.builds(
    ReleaseFacts,
    pages=st.builds(_or_none, rarely, counts),
    copies=st.sampled_from([1, 1, 1, 2, 5]),
    sides=st.sampled_from(Sides),
    document_name=st.sampled_from(["", "letter", "setup.exe", "my salary"]),
    document_format=st.sampled_from(["", "application/pdf", "text/plain"]),
    spool_bytes=st.sampled_from([0, 500, 5_000]),
    paper_size=st.sampled_from(["", "a4", "a3"]),
    duplicate_age_ms=st.none() | st.integers(0, 100_000),
    authenticated=mostly,
    by_manager=rarely,
    from_other_site=rarely,
    choose_account=rarely,
    account_name=st.sampled_from([None] * 7 + ["Project"]),
)
logins = st.builds(
    LoginFacts,
    card_known=mostly,
    pin_ok=st.none() | st.booleans(),
    password=st.none()
    | st.builds(
        PasswordCheck,
        directory_ok=st.none() | st.booleans(),
        hash_ok=st.none() | st.booleans(),
    ),
)
questions: st.SearchStrategy[Facts] = st.one_of(
    logins,
    jobs,
    st.builds(SubmitFacts, hold_mode=st.sampled_from(HoldMode), job=jobs),
    st.builds(
        CopyFacts,
        pages=st.integers(0, 40),
        colour=st.booleans(),
        sides=st.sampled_from(Sides),
        choose_account=rarely,
        account_name=st.sampled_from([None] * 7 + ["Project"]),
    ),
    st.builds(LateFacts, job=jobs, printed_ms=ages),
    st.builds(FunctionFacts, function=st.sampled_from(sorted(WITHOUT_PAPER))),
)


def _step(after_ms: int, raw: Raw) -> Raw:
    """Return a step with those rules that a step may set, or with one that it may."""
    kept = {name: rule for name, rule in raw.items() if name in CHANGING_FIELDS}
    return {"after_ms": after_ms, "rules": kept or {"copies_max": 3}}


escalations: st.SearchStrategy[list[Raw]] = st.lists(
    st.builds(_step, spans, rules), max_size=3, unique_by=lambda step: str(step["after_ms"])
)


@dataclass(frozen=True, kw_only=True)
class World:
    """One question in one situation under one policy, as it was written down."""

    facts: Facts
    view: View
    link: LinkState
    raw: Raw
    """The rules of the site,"""
    escalation: list[Raw] = field(default_factory=list)
    office: Raw = field(default_factory=dict)
    """and those of the organisation, over which they are laid."""

    @property
    def policy(self) -> Policy:
        site = {**self.raw, "escalation": self.escalation}
        return resolve({Layer.GLOBAL: self.office, Layer.SITE: site})

    def answer(self) -> Decision:
        return decide(self.facts, self.view, self.link, self.policy, NOW_MS)


offices: st.SearchStrategy[Raw] = st.fixed_dictionaries(
    {}, optional={"filters": _some(FILTERS), "conversions": _some(CONVERSIONS)}
)
without_escalation = st.builds(
    World,
    facts=questions,
    view=views,
    link=st.sampled_from(LinkState),
    raw=rules,
    office=offices,
)
worlds = st.builds(replace, without_escalation, escalation=escalations)
