"""Paper: what it costs, and whether it comes out."""

from dataclasses import replace

import pytest

from failure_modes.decision import Decision, Reservation
from failure_modes.facts import AccountView, LateFacts, ReleaseFacts, SubmitFacts, UserView, View
from failure_modes.policy import Policy, resolve
from failure_modes.pricing import Price
from failure_modes.rule_vocabulary import ConversionKind, PriceModel
from failure_modes.tariff import Tariff
from failure_modes.vocabulary import (
    Action,
    HoldMode,
    Layer,
    LinkState,
    Micros,
    Reason,
    WallMs,
)
from tests.unit.failure_modes.builders import NOW_MS, PRICE, UNCOUNTED, ask, job, printer, user

OFFLINE = AccountView(account_name="Offline Account", balance_micros=Micros(200_000))
UNDECIDED = replace(job(), choose_account=True)
UNPROVEN = replace(job(), authenticated=False)


def policy(**fields: object) -> Policy:
    return resolve({Layer.SITE: fields})


def view(who: UserView | None = None, account: AccountView = OFFLINE) -> View:
    return View(user=who, printer=printer(), accounts={account.account_name: account})


# Shared accounts


def test_a_shared_account_pays_instead_of_the_user() -> None:
    decision = ask(UNDECIDED, view(user(0)))

    assert decision.reasons == (Reason.ENOUGH_CREDIT, Reason.ACCOUNT_CHARGED)
    assert (decision.charge_to, decision.charge_account) == (None, "Offline Account")
    assert decision.reservations == (
        Reservation(user_name="ada", amount_micros=Micros(150_000), account_name="Offline Account"),
    )


def test_a_job_of_nobody_known_can_be_charged_to_the_offline_account() -> None:
    rules = policy(unauthenticated="charge_offline_account")

    decision = ask(UNPROVEN, view(None), policy=rules)

    assert (decision.action, decision.charge_account) == (Action.ALLOW, "Offline Account")
    assert decision.reservations[0].user_name == ""


def test_an_account_without_credit_refuses_as_a_user_does() -> None:
    decision = ask(replace(UNDECIDED, copies=2), view(user()))

    assert decision.reasons == (Reason.NOT_ENOUGH_CREDIT, Reason.ACCOUNT_CHARGED)
    assert decision.balance_micros == 200_000


def test_where_nobody_pays_the_rule_is_named() -> None:
    decision = ask(UNDECIDED, view(user()), policy=policy(account_selection="cancel"))

    assert (decision.action, decision.reasons) == (Action.DENY, (Reason.NO_ACCOUNT_CHOSEN,))
    assert (decision.trace[-1].rule, decision.trace[-1].layer) == ("account_selection", Layer.SITE)


@pytest.mark.parametrize(
    ("choice", "action", "reason"),
    [
        ("cancel", Action.DENY, Reason.NO_ACCOUNT_CHOSEN),
        ("choose_at_device", Action.HOLD, Reason.ACCOUNT_TO_BE_CHOSEN),
        ("shared", Action.HOLD, Reason.JOB_HELD),
    ],
)
def test_a_held_queue_says_at_once_who_will_pay(
    choice: str, action: Action, reason: Reason
) -> None:
    waiting = SubmitFacts(hold_mode=HoldMode.USER, job=UNDECIDED)

    decision = ask(waiting, view(user()), policy=policy(account_selection=choice))

    assert (decision.action, decision.reasons[0]) == (action, reason)
    assert decision.charge_account == ("Offline Account" if choice == "shared" else None)


# Credit in an outage


@pytest.mark.parametrize(
    ("link", "spent_micros", "reason"),
    [
        (LinkState.ONLINE, 999_999, Reason.ENOUGH_CREDIT),
        (LinkState.OFFLINE, 850_000, Reason.ENOUGH_CREDIT),
        (LinkState.OFFLINE, 850_001, Reason.CEILING_REACHED),
        (LinkState.DRILL, 999_999, Reason.CEILING_REACHED),
    ],
)
def test_an_offline_ceiling_counts_what_this_outage_has_cost(
    link: LinkState, spent_micros: int, reason: Reason
) -> None:
    rules = policy(credit="offline_ceiling", offline_ceiling_micros=1_000_000)
    who = replace(user(), offline_spent_micros=Micros(spent_micros))

    decision = ask(job(), view(who), link=link, policy=rules)

    assert decision.reasons == (reason,)
    assert decision.limit == (None if decision.allowed else 1_000_000)


def test_strict_spends_the_allowance_of_this_site() -> None:
    who = replace(user(0), allowance_micros=Micros(150_000))

    assert ask(job(), view(who), policy=policy(credit="strict")).allowed
    assert ask(job(mono=4), view(who), policy=policy(credit="strict")).reasons == (
        Reason.ALLOWANCE_SPENT,
    )


# Conversions and filters


@pytest.mark.parametrize("hold_mode", HoldMode)
def test_a_job_is_converted_before_it_is_priced_and_the_printer_is_told(
    hold_mode: HoldMode,
) -> None:
    rules = policy(conversions=[{"kind": "force_mono"}, {"kind": "force_duplex"}])

    decision = ask(
        SubmitFacts(hold_mode=hold_mode, job=job(mono=1, colour=2)), view(user()), policy=rules
    )

    assert decision.cost_micros == 3 * 40_000
    assert set(decision.conversions) == {ConversionKind.FORCE_MONO, ConversionKind.FORCE_DUPLEX}
    assert decision.reasons[-2:] == (Reason.CONVERTED_TO_DUPLEX, Reason.CONVERTED_TO_MONO)
    assert [step.layer for step in decision.trace if step.rule == "conversions"] == [
        Layer.SITE,
        Layer.SITE,
    ]


def test_a_conversion_that_changes_nothing_is_not_mentioned() -> None:
    decision = ask(job(), view(user()), policy=policy(conversions=[{"kind": "force_mono"}]))

    assert (decision.conversions, decision.reasons) == ((), (Reason.ENOUGH_CREDIT,))


def test_a_filter_refuses_what_was_not_converted_and_its_layer_is_named() -> None:
    rules = resolve({Layer.PRINTER: {"filters": [{"kind": "cost_max", "limit": 400_000}]}})

    decision = ask(job(mono=1, colour=2), view(user()), policy=rules)

    assert (decision.action, decision.reasons) == (Action.DENY, (Reason.TOO_EXPENSIVE,))
    assert (decision.limit, decision.cost_micros) == (400_000, 450_000)
    assert (decision.trace[-1].rule, decision.trace[-1].layer) == ("filters", Layer.PRINTER)
    assert decision.trace[-1].detail == "cost_max, scope restricted"


def test_filters_that_let_a_job_pass_are_traced() -> None:
    rules = policy(filters=[{"kind": "pages_max", "limit": 3}])

    decision = ask(job(), view(user()), policy=rules)

    assert decision.allowed
    assert [step.detail for step in decision.trace if step.rule == "filters"] == ["1 filters"]


def test_a_filter_of_groups_asks_even_for_a_user_whom_nobody_knows() -> None:
    rules = policy(
        unauthenticated="charge_offline_account",
        filters=[{"kind": "group", "names": ["staff"], "scope": "all"}],
    )

    assert ask(UNPROVEN, view(None), policy=rules).reasons == (Reason.GROUP_NEEDED,)


# Late uploads


def late(age_ms: int, facts: ReleaseFacts | None = None) -> LateFacts:
    return LateFacts(job=facts or job(), printed_ms=WallMs(NOW_MS - age_ms))


@pytest.mark.parametrize("age_ms", [-5, 0, 100])
def test_what_was_printed_without_an_answer_is_charged_whatever_the_balance(age_ms: int) -> None:
    rules = policy(late_upload_max_ms=100, copies_max=1, pages_max=1)

    decision = ask(late(age_ms, job(copies=2)), view(user(0)), policy=rules)

    assert (decision.action, decision.reasons) == (Action.ALLOW, (Reason.CHARGED_LATE,))
    assert (decision.cost_micros, decision.charge_to) == (300_000, "ada")
    assert decision.reservations == ()


def test_what_is_too_old_is_recorded_and_not_charged() -> None:
    decision = ask(late(101), view(user()), policy=policy(late_upload_max_ms=100))

    assert (decision.action, decision.reasons) == (Action.DENY, (Reason.TOO_LATE_TO_CHARGE,))
    assert decision.charge_to is None
    assert decision.trace[-1].detail == "101 ms old, 100 allowed"


def test_a_late_job_of_nobody_known_is_charged_to_nobody() -> None:
    assert ask(late(0), view(None)).reasons == (Reason.UNKNOWN_USER,)


def test_a_late_job_that_could_not_be_counted_is_not_charged_either() -> None:
    decision = ask(LateFacts(job=UNCOUNTED, printed_ms=NOW_MS), view(user()))

    assert (decision.action, decision.reasons) == (Action.DENY, (Reason.PAGES_UNKNOWN,))


@pytest.mark.parametrize(
    ("choice", "account", "who"),
    [("shared", "Offline Account", None), ("cancel", None, "ada"), ("personal", None, "ada")],
)
def test_a_late_job_is_charged_to_an_account_or_else_to_its_user(
    choice: str, account: str | None, who: str | None
) -> None:
    decision = ask(
        late(0, UNDECIDED),
        view(user()),
        policy=policy(account_selection=choice),
    )

    assert (decision.charge_account, decision.charge_to) == (account, who)


# Paper that a job does not name

A3 = "iso_a3_297x420mm"


def on_tariff(paper_size: str = "") -> Decision:
    dear = Price(**{name: Micros(7_000) for name in PRICE.__dataclass_fields__})
    tariff = Tariff(model=PriceModel.SIZE_TABLE, other=PRICE, by_size={A3: dear})
    seen = View(user=user(), printer=replace(printer(), tariff=tariff))
    return ask(
        replace(job(mono=3), paper_size=paper_size), seen, policy=policy(default_paper_size=A3)
    )


def test_a_job_that_names_no_paper_costs_what_the_default_paper_does() -> None:
    decision = on_tariff()

    assert decision.cost_micros == 3 * 7_000
    (step,) = [step for step in decision.trace if step.rule == "default_paper_size"]
    assert (step.layer, step.detail) == (Layer.SITE, A3)


def test_a_job_that_names_its_paper_is_taken_at_its_word() -> None:
    decision = on_tariff(paper_size="iso_a4_210x297mm")

    assert decision.cost_micros == 3 * PRICE.mono_simplex_micros
    assert "default_paper_size" not in {step.rule for step in decision.trace}


def test_filters_see_the_default_paper_too() -> None:
    only_a4 = [{"kind": "paper_size", "names": ["iso_a4_210x297mm"], "scope": "all"}]

    decision = ask(job(), policy=policy(default_paper_size=A3, filters=only_a4))

    assert decision.reasons == (Reason.PAPER_SIZE_REFUSED,)


def test_what_is_charged_late_is_on_the_default_paper_too() -> None:
    rules = policy(default_paper_size=A3)

    decision = ask(LateFacts(job=job(), printed_ms=NOW_MS), policy=rules)

    assert "default_paper_size" in {step.rule for step in decision.trace}
