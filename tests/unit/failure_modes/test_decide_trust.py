"""Laws of trust and of links: neither more of the one nor a better other ever takes a yes away.

Trust is what the directory or a proof says in somebody's favour: enabled, without a limit, the
right PIN, an account that is open. Being proven to be the sender of a job is none of these: it
changes who pays, and the law says nothing about two different purses. Nor is a group: a conversion
may be made for its members.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failure_modes.facts import AccountView, LoginFacts, PasswordCheck, UserView, View
from failure_modes.policy import Policy, resolve
from failure_modes.vocabulary import Action, Layer, LinkState, ProviderMode, Reason, WallMs
from tests.unit.failure_modes.builders import NOW_MS, ask, job, printer, user, view
from tests.unit.failure_modes.policies import World, logins, views, without_escalation, worlds

BETTER_LINKS = {
    LinkState.FORCED_OFFLINE: 0,
    LinkState.DRILL: 0,
    LinkState.OFFLINE: 0,
    LinkState.DEGRADED: 1,
    LinkState.RECOVERING: 2,
    LinkState.ONLINE: 3,
}
"""The states of the link, worst first; those of one number are equally bad."""

BLACK_ONLY_FOR_THE_RESTRICTED = resolve(
    {
        Layer.SITE: {
            "filters": [{"kind": "mono_only", "scope": "all"}],
            "conversions": [{"kind": "force_mono", "scope": "restricted"}],
        }
    }
)


def trusted(who: UserView, field: str) -> UserView:
    return replace(who, enabled=True) if field == "enabled" else replace(who, restricted=False)


def trusted_account(account: AccountView, field: str) -> AccountView:
    match field:
        case "enabled":
            return replace(account, enabled=True)
        case "unrestricted":
            return replace(account, restricted=False)
        case _:
            return replace(account, open_to_user=True)


@given(world=worlds, field=st.sampled_from(["enabled", "unrestricted"]))
def test_law_more_trust_in_a_user_never_turns_allow_into_deny(world: World, field: str) -> None:
    who = world.view.user
    if who is None:
        return
    seen = replace(world.view, user=trusted(who, field))

    assert world.answer().allowed <= replace(world, view=seen).answer().allowed


@given(world=worlds, field=st.sampled_from(["enabled", "unrestricted", "open_to_user"]))
def test_law_more_trust_in_an_account_never_turns_allow_into_deny(world: World, field: str) -> None:
    better = {
        name: trusted_account(account, field) for name, account in world.view.accounts.items()
    }
    seen = replace(world.view, accounts=better)

    assert world.answer().allowed <= replace(world, view=seen).answer().allowed


@given(world=worlds, login=logins, field=st.sampled_from(["card_known", "pin_ok", "password"]))
def test_law_a_better_proof_never_keeps_somebody_out(
    world: World, login: LoginFacts, field: str
) -> None:
    if field == "password":
        right = PasswordCheck(directory_ok=True, hash_ok=True)
        better = replace(login, password=login.password and right)
    elif field == "pin_ok":
        better = replace(login, pin_ok=None if login.pin_ok is None else True)
    else:
        better = replace(login, card_known=True)

    assert (
        replace(world, facts=login).answer().allowed
        <= replace(world, facts=better).answer().allowed
    )


@given(
    world=without_escalation,
    other=st.sampled_from(LinkState),
    has_replica=st.booleans(),
    mode=st.sampled_from(ProviderMode),
)
def test_law_where_no_rule_fails_open_a_better_link_never_turns_allow_into_deny(
    world: World, other: LinkState, has_replica: bool, mode: ProviderMode
) -> None:
    """Any two states of the six. Only an escalation step can fail open, by replacing a rule."""
    if BETTER_LINKS[other] < BETTER_LINKS[world.link]:
        return
    seen = replace(world.view, has_replica=has_replica, printer=printer(mode))
    worse = replace(world, view=seen)

    assert worse.answer().allowed <= replace(worse, link=other).answer().allowed


@given(world=without_escalation, seen=views)
def test_law_where_no_rule_fails_open_a_younger_outage_never_turns_allow_into_deny(
    world: World, seen: View
) -> None:
    began = seen.offline_since_ms
    if began is None:
        return
    longer = replace(world, view=replace(seen, offline_since_ms=WallMs(began - 50)))

    assert longer.answer().allowed <= replace(world, view=seen).answer().allowed


# What the first law made necessary


@pytest.mark.parametrize("restricted", [True, False])
def test_nobody_is_refused_what_they_would_get_if_they_were_trusted_less(restricted: bool) -> None:
    who = user(restricted=restricted)

    decision = ask(job(mono=1, colour=2), view(who), policy=BLACK_ONLY_FOR_THE_RESTRICTED)

    assert decision.action is Action.ALLOW
    assert Reason.CONVERTED_TO_MONO in decision.reasons
    assert decision.cost_micros == 150_000


def test_a_trusted_user_keeps_their_colour_where_nothing_refuses_it() -> None:
    policy = resolve({Layer.SITE: {"conversions": [{"kind": "force_mono"}]}})

    decision = ask(job(colour=2), view(user(restricted=False)), policy=policy)

    assert decision.conversions == ()


def test_the_trace_of_a_job_that_was_spared_shows_the_refusal_it_was_spared() -> None:
    decision = ask(
        job(colour=2), view(user(restricted=False)), policy=BLACK_ONLY_FOR_THE_RESTRICTED
    )

    outcomes = [step.outcome for step in decision.trace]
    assert outcomes.index(Reason.ONLY_MONO_HERE) < outcomes.index(Reason.CONVERTED_TO_MONO)


def test_a_refusal_that_no_conversion_would_spare_is_named_as_if_there_were_none() -> None:
    rules = {"filters": [{"kind": "copies_max", "limit": 1, "scope": "all"}]}
    plain = resolve({Layer.SITE: rules})
    converting = resolve({Layer.SITE: {**rules, "conversions": [{"kind": "force_mono"}]}})
    asked = job(colour=2, copies=2)

    refused = ask(asked, view(user(restricted=False)), policy=converting)

    assert refused == ask(asked, view(user(restricted=False)), policy=plain)


def test_the_built_in_policy_spares_nobody() -> None:
    decision = ask(job(copies=1_000), view(user(restricted=False)), policy=Policy())

    assert decision.reasons == (Reason.TOO_MANY_COPIES,)
    assert decision.trace[0].values == (NOW_MS,)
