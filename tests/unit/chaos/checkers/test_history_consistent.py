from __future__ import annotations

import pytest

from chaos.checkers.verdict import Validity
from chaos.history import FaultKind, Operation, Outcome
from replication.entry_bodies import JobDeleted, JobReleased
from tests.unit.chaos.checkers.little_model import OPENING_MICROS, PAGE, LittleModel


@pytest.fixture
def model() -> LittleModel:
    return LittleModel("oslo", "lima")


def only(model: LittleModel) -> str:
    """The one finding."""
    verdict = model.verdict()
    assert verdict.validity is Validity.INVALID
    assert len(verdict.findings) == 1, verdict.findings
    return verdict.findings[0]


def holds(model: LittleModel) -> None:
    verdict = model.verdict()
    assert verdict.findings == ()
    assert verdict.kept


def test_a_day_without_anything_odd_is_explained(model: LittleModel) -> None:
    job = model.send("oslo", "ada")
    model.list("oslo", "ada")
    model.release("oslo", job)
    model.log_in("oslo", "ada")
    model.printed("oslo", job)
    model.up("oslo")
    model.down("lima")
    assert model.log_in("lima", "ada") == OPENING_MICROS - PAGE
    model.adjust("ada", 3 * PAGE)
    model.look("ada")
    holds(model)


def test_nothing_seen_is_nothing_judged(model: LittleModel) -> None:
    assert model.verdict().validity is Validity.UNKNOWN


# What is allowed by design.


def test_two_sites_that_are_cut_off_may_show_different_balances(model: LittleModel) -> None:
    model.copy("oslo", "ada", 2)
    model.copy("lima", "ada", 3)
    assert model.log_in("oslo", "ada") != model.log_in("lima", "ada")
    holds(model)


def test_a_credit_may_be_seen_at_one_site_and_later_at_another(model: LittleModel) -> None:
    model.adjust("ada", PAGE)
    model.down("oslo")
    model.log_in("oslo", "ada")
    model.log_in("lima", "ada")
    model.look("ada")
    holds(model)


def test_a_call_without_an_answer_may_have_taken_effect_or_not(model: LittleModel) -> None:
    job = model.send("oslo", "ada")
    model.release("oslo", job, outcome=Outcome.UNKNOWN)
    model.heard(Operation.DELETE, "oslo", Outcome.UNKNOWN, job_uuid=job)
    model.list("oslo", "ada")
    holds(model)


def test_a_read_may_show_what_was_asked_for_while_it_lasted() -> None:
    model = LittleModel("oslo", spread_ms=lambda: 500)
    before = model.micros("oslo", "ada")
    model.copy("oslo", "ada")
    model.log_in("oslo", "ada", before)
    holds(model)


def test_a_balance_may_fall_again_when_another_sites_entries_arrive(model: LittleModel) -> None:
    model.adjust("ada", PAGE)
    model.down("oslo")
    model.log_in("oslo", "ada")
    model.copy("lima", "ada", 2)
    model.up("lima")
    model.down("oslo")
    model.log_in("oslo", "ada")
    holds(model)


def test_a_site_whose_disk_was_put_back_is_not_judged(model: LittleModel) -> None:
    model.copy("oslo", "ada", 2)
    model.log_in("oslo", "ada", OPENING_MICROS)
    model.fault(FaultKind.ROLLED_BACK, "oslo")
    assert model.verdict().validity is Validity.UNKNOWN


def test_sites_are_judged_though_headquarters_was_restored(model: LittleModel) -> None:
    model.adjust("ada", PAGE)
    model.look("ada", OPENING_MICROS)
    model.fault(FaultKind.RESTORED, "headquarters")
    model.copy("oslo", "ada", 2)
    model.log_in("oslo", "ada")
    holds(model)


# What must not happen.


def test_a_balance_of_no_state_is_found(model: LittleModel) -> None:
    model.copy("oslo", "ada", 2)
    model.log_in("oslo", "ada", OPENING_MICROS - 3 * PAGE)
    said = only(model)
    assert "showed ada 7.00" in said
    assert "no state in which oslo ever was" in said
    assert "should have shown 8.00" in said


def test_a_client_that_does_not_see_its_own_write_is_found(model: LittleModel) -> None:
    model.copy("oslo", "ada", 2)
    model.log_in("oslo", "ada", OPENING_MICROS)
    assert "as if entry 1 (copy_start) had not happened" in only(model)


def test_money_counted_twice_after_an_upload_is_found(model: LittleModel) -> None:
    """The watermark of the acknowledgement: it is ahead of the balance in the replica."""
    model.copy("oslo", "ada", 2)
    model.up("oslo")
    model.log_in("oslo", "ada", OPENING_MICROS)
    assert "had not happened" in only(model)


def test_a_view_that_goes_back_is_found(model: LittleModel) -> None:
    model.adjust("ada", PAGE)
    model.down("oslo")
    model.log_in("oslo", "ada")
    model.log_in("oslo", "ada", OPENING_MICROS)
    assert "it went back" in only(model)


def test_going_back_is_found_across_two_people(model: LittleModel) -> None:
    """One commit of the directory is seen wholly or not at all."""
    model.copy("lima", "ada", 1)
    model.copy("lima", "bob", 1)
    model.up("lima")
    model.down("oslo")
    model.log_in("oslo", "ada")
    model.log_in("oslo", "bob", OPENING_MICROS)
    assert "it went back" in only(model)


def test_headquarters_that_forgets_what_it_confirmed_is_found(model: LittleModel) -> None:
    model.adjust("ada", PAGE)
    model.look("ada", OPENING_MICROS)
    assert "had not happened" in only(model)


def test_money_seen_before_anybody_gave_it_is_found(model: LittleModel) -> None:
    model.log_in("oslo", "ada", OPENING_MICROS + PAGE)
    model.adjust("ada", PAGE)
    assert "before anybody had asked for it" in only(model)


def test_a_job_seen_in_a_state_that_it_never_had_is_found(model: LittleModel) -> None:
    job = model.send("oslo", "ada")
    model.list("oslo", "ada", {job: "releasing"})
    assert "no state in which oslo ever was" in only(model)


def test_a_job_that_goes_back_is_found(model: LittleModel) -> None:
    job = model.send("oslo", "ada")
    model.release("oslo", job)
    model.printed("oslo", job)
    model.list("oslo", "ada")
    model.list("oslo", "ada", {job: "releasing"})
    assert "it went back" in only(model)


def test_a_list_that_shows_half_of_what_happened_is_found(model: LittleModel) -> None:
    """Two jobs, released one after the other: the second release is seen, the first is not."""
    first, second = model.send("oslo", "ada"), model.send("oslo", "ada")
    model.release("oslo", first)
    model.release("oslo", second)
    model.list("oslo", "ada", {first: "held", second: "releasing"})
    assert "no state" in only(model)


def test_a_refused_call_that_took_effect_is_found(model: LittleModel) -> None:
    job = model.send("oslo", "ada")
    model.release("oslo", job, outcome=Outcome.REFUSED)
    assert "0 were not refused" in only(model).replace("only ", "")


def test_a_confirmed_call_without_effect_is_found(model: LittleModel) -> None:
    job = model.send("oslo", "ada")
    model.heard(Operation.DELETE, "oslo", Outcome.OK, job_uuid=job)
    assert "confirmed 1 times" in only(model)


def test_a_way_that_the_lifecycle_does_not_know_is_found(model: LittleModel) -> None:
    job = model.send("oslo", "ada")
    model.release("oslo", job)
    model.printed("oslo", job)
    again = JobReleased(job_uuid=job, user_name="ada", printer_name="p", fence=2, cost_micros=PAGE)
    model.write("oslo", again)
    model.heard(Operation.RELEASE, "oslo", Outcome.OK, job_uuid=job)
    assert "no path of the job lifecycle" in only(model)


def test_a_job_deleted_while_it_is_printed_is_found(model: LittleModel) -> None:
    job = model.send("oslo", "ada")
    model.release("oslo", job)
    model.write("oslo", JobDeleted(job_uuid=job, by_user_name="ada"))
    assert "no path of the job lifecycle" in only(model)


def test_money_that_moves_in_the_directory_without_an_entry_is_found(model: LittleModel) -> None:
    model.adjust("ada", PAGE)
    model.balances["user:bob"] -= 7
    model.adjust("ada", PAGE)
    assert "moved -7 of user:bob" in only(model)


def test_an_update_that_another_one_overwrote_is_found(model: LittleModel) -> None:
    """Both entries are in, and only one of them moved the balance."""
    model.copy("oslo", "ada", 1)
    model.copy("lima", "ada", 2)
    model.up("oslo")
    model.balances["user:ada"] += PAGE
    model.up("lima")
    assert "the entries that took effect in it move -2000000" in only(model)


def test_a_step_seen_by_a_writer_whose_write_is_in_it_is_a_cycle(model: LittleModel) -> None:
    model.adjust("ada", PAGE)
    model.down("lima")
    model.log_in("lima", "ada")
    model.copy("lima", "bob")
    model.into_last_step("lima")
    assert "before anybody had asked for it" in only(model)
