"""What entries say, and what they do to money."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from replication.entry_bodies import (
    BODY_OF_KIND,
    KIND_OF_BODY,
    AllowanceReturned,
    BalanceAdjusted,
    Body,
    CardUsed,
    CopyFinished,
    CopyStarted,
    EntryKind,
    JobAccepted,
    JobCounted,
    JobDeleted,
    JobExpired,
    JobNotPrinted,
    JobPrinted,
    JobPrintedLate,
    JobReleased,
    JobUnknown,
    Movement,
    account_payer,
    movement,
    parse_body,
    returned,
    user_name_of,
    user_payer,
)
from replication.errors import BadEntryError
from replication.ports import Micros

UUID = "01234567-89ab-cdef-0123-456789abcdef"
EACH_KIND: dict[EntryKind, Body] = {
    EntryKind.JOB_ACCEPTED: JobAccepted(
        job_uuid=UUID,
        user_name="ada",
        queue_name="oslo-secure",
        job_name="report",
        bytes=10,
        sha256="0" * 64,
    ),
    EntryKind.JOB_COUNTED: JobCounted(job_uuid=UUID, mono_pages=3, colour_pages=1),
    EntryKind.JOB_RELEASED: JobReleased(
        job_uuid=UUID, user_name="ada", printer_name="laser", fence=1, cost_micros=5
    ),
    EntryKind.JOB_PRINTED: JobPrinted(
        job_uuid=UUID,
        user_name="ada",
        printer_name="laser",
        fence=1,
        payer="user:ada",
        cost_micros=5,
        mono_pages=3,
        colour_pages=1,
        copies=2,
    ),
    EntryKind.JOB_PRINTED_LATE: JobPrintedLate(
        job_uuid=UUID,
        user_name="ada",
        printer_name="laser",
        fence=1,
        payer="user:ada",
        cost_micros=6,
        mono_pages=3,
        colour_pages=1,
        copies=2,
        printed_wall_ms=1_800_000_000_000,
        reason="charged_late",
    ),
    EntryKind.JOB_NOT_PRINTED: JobNotPrinted(
        job_uuid=UUID, printer_name="laser", fence=1, reason="paper jam"
    ),
    EntryKind.JOB_UNKNOWN: JobUnknown(
        job_uuid=UUID, printer_name="laser", fence=1, reason="no record of it"
    ),
    EntryKind.JOB_DELETED: JobDeleted(job_uuid=UUID, by_user_name="ada"),
    EntryKind.JOB_EXPIRED: JobExpired(job_uuid=UUID),
    EntryKind.COPY_STARTED: CopyStarted(
        copy_uuid=UUID, user_name="ada", printer_name="laser", reserved_micros=5
    ),
    EntryKind.COPY_FINISHED: CopyFinished(
        copy_uuid=UUID,
        user_name="ada",
        printer_name="laser",
        payer="account:research",
        cost_micros=7,
        mono_pages=1,
        colour_pages=0,
    ),
    EntryKind.CARD_USED: CardUsed(
        use_uuid=UUID,
        device_name="panel-1",
        printer_name="laser",
        card_hash="0" * 64,
        used_wall_ms=3,
        payer="user:ada",
        cost_micros=8,
        mono_pages=1,
        colour_pages=0,
        matched=True,
    ),
    EntryKind.BALANCE_ADJUSTED: BalanceAdjusted(payer="user:ada", amount_micros=-9),
    EntryKind.ALLOWANCE_RETURNED: AllowanceReturned(payer="user:ada", amount_micros=3),
}
MOVES = {
    EntryKind.JOB_PRINTED: Movement(payer="user:ada", amount_micros=Micros(-5)),
    EntryKind.JOB_PRINTED_LATE: Movement(payer="user:ada", amount_micros=Micros(-6)),
    EntryKind.COPY_FINISHED: Movement(payer="account:research", amount_micros=Micros(-7)),
    EntryKind.CARD_USED: Movement(payer="user:ada", amount_micros=Micros(-8)),
    EntryKind.BALANCE_ADJUSTED: Movement(payer="user:ada", amount_micros=Micros(-9)),
}


def test_every_kind_has_one_body_and_every_body_one_kind() -> None:
    assert set(BODY_OF_KIND) == set(EntryKind) == set(EACH_KIND)
    assert {kind: type(body) for kind, body in EACH_KIND.items()} == BODY_OF_KIND
    assert {kind: KIND_OF_BODY[body] for kind, body in BODY_OF_KIND.items()} == {
        kind: kind for kind in EntryKind
    }


@pytest.mark.parametrize("kind", EntryKind)
def test_a_body_is_read_back_as_it_was_written(kind: EntryKind) -> None:
    body = EACH_KIND[kind]
    assert parse_body(kind, body.model_dump_json()) == body


@pytest.mark.parametrize("kind", EntryKind)
def test_money_moves_once_in_the_life_of_a_job_a_copy_or_an_adjustment(kind: EntryKind) -> None:
    assert movement(EACH_KIND[kind]) == MOVES.get(kind)


@pytest.mark.parametrize("kind", sorted(MOVES))
def test_what_costs_nothing_moves_nothing(kind: EntryKind) -> None:
    field = "amount_micros" if kind is EntryKind.BALANCE_ADJUSTED else "cost_micros"
    assert movement(EACH_KIND[kind].model_copy(update={field: 0})) is None


@pytest.mark.parametrize("kind", EntryKind)
def test_a_body_with_an_unknown_or_a_missing_field_is_refused_by_name(kind: EntryKind) -> None:
    good = EACH_KIND[kind].model_dump_json()
    with pytest.raises(BadEntryError, match="surprise"):
        parse_body(kind, good.replace("{", '{"surprise":1,', 1))
    with pytest.raises(BadEntryError, match=rf"A {kind} entry"):
        parse_body(kind, "{}")


@given(kind=st.sampled_from(EntryKind), text=st.text())
def test_no_text_does_worse_than_be_refused(kind: EntryKind, text: str) -> None:
    with pytest.raises(BadEntryError):
        parse_body(kind, text)


@pytest.mark.parametrize("kind", EntryKind)
def test_an_allowance_shrinks_beside_the_money_only_by_what_is_given_back(kind: EntryKind) -> None:
    given_back = Movement(payer="user:ada", amount_micros=Micros(-3))
    is_return = kind is EntryKind.ALLOWANCE_RETURNED
    assert returned(EACH_KIND[kind]) == (given_back if is_return else None)


def test_a_cost_is_never_negative_and_a_debit_by_headquarters_may_be() -> None:
    printed = EACH_KIND[EntryKind.JOB_PRINTED]
    with pytest.raises(ValidationError):
        type(printed).model_validate({**printed.model_dump(), "cost_micros": -1})
    assert BalanceAdjusted(payer="user:ada", amount_micros=-1).amount_micros == -1


def test_a_payer_is_a_user_or_an_account() -> None:
    assert (user_payer("ada"), account_payer("research")) == ("user:ada", "account:research")
    for wrong in ("ada", "user:", "site:oslo"):
        with pytest.raises(ValidationError):
            BalanceAdjusted(payer=wrong, amount_micros=1)


def test_only_a_payer_that_is_a_user_has_a_user_name() -> None:
    assert user_name_of(user_payer("user:ada")) == "user:ada"
    assert (user_name_of(account_payer("research")), user_name_of("")) == ("", "")


def test_what_nobody_pays_for_costs_nothing() -> None:
    used = EACH_KIND[EntryKind.CARD_USED].model_dump()
    free = CardUsed.model_validate({**used, "payer": None, "cost_micros": 0})

    assert movement(free) is None
    with pytest.raises(ValidationError):
        CardUsed.model_validate({**used, "payer": None})


def test_a_release_names_the_manager_only_where_one_let_the_job_go() -> None:
    own = EACH_KIND[EntryKind.JOB_RELEASED]
    by_manager = own.model_copy(update={"by_user_name": "mary"})
    assert "by_user_name" not in own.model_dump(mode="json")
    text = by_manager.model_dump_json()
    assert parse_body(EntryKind.JOB_RELEASED, text) == by_manager
    assert '"by_user_name":"mary"' in text
