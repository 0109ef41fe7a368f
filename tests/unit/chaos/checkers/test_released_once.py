"""Promise 4: the checker sees paper that came twice, jobs that vanished, guessed fates."""

from __future__ import annotations

from dataclasses import replace

from chaos.checkers.released_once import released_once
from chaos.checkers.verdict import Validity
from chaos.final_state import JobFound
from chaos.history import Operation
from chaos.testing import (
    ACCEPTED,
    COPIED,
    DOCUMENT,
    HEARD,
    JOB,
    PRINTED,
    RELEASED,
    Story,
    event,
    told,
)
from replication.entry_bodies import JobDeleted, JobNotPrinted, JobUnknown

NOT_PRINTED = JobNotPrinted(job_uuid=JOB, printer_name="oslo-1", fence=1, reason="aborted")
UNKNOWN = JobUnknown(job_uuid=JOB, printer_name="oslo-1", fence=1, reason="printer forgot it")
DELETED = JobDeleted(job_uuid=JOB, by_user_name="ada")


def shown(state: str) -> tuple[JobFound, ...]:
    return (JobFound(job_uuid=JOB, job_name="report", state=state),)


def test_a_true_story_prints_once() -> None:
    verdict = released_once(HEARD, Story().state())
    assert verdict.validity is Validity.VALID
    assert verdict.measured == "1 jobs, 1 documents printed, 0 shown unknown"


def test_without_jobs_nothing_is_proved() -> None:
    story = Story(site_bodies=(), documents=())
    assert released_once(told(), story.state()).validity is Validity.UNKNOWN


def test_a_document_that_left_the_printer_twice_is_seen() -> None:
    story = Story(documents=(DOCUMENT, replace(DOCUMENT, printer_job_id=2)))
    verdict = released_once(HEARD, story.state())
    assert "printed 2 times" in verdict.findings[0]


def test_a_second_copy_at_another_printer_is_seen() -> None:
    story = Story(documents=(DOCUMENT, replace(DOCUMENT, printer_name="oslo-2")))
    assert not released_once(HEARD, story.state()).kept


def test_an_aborted_attempt_before_the_real_one_is_no_second_print() -> None:
    story = Story(
        site_bodies=(ACCEPTED, RELEASED, NOT_PRINTED, RELEASED, PRINTED),
        documents=(replace(DOCUMENT, completed=False), replace(DOCUMENT, printer_job_id=2)),
    )
    assert released_once(told(), story.state()).kept


def test_the_same_document_sent_as_two_jobs_may_be_printed_twice() -> None:
    second = "6f1c1fd2-3c0e-4c53-9d6a-0d8a6b9c0003"
    story = Story(
        site_bodies=(
            ACCEPTED,
            PRINTED,
            ACCEPTED.model_copy(update={"job_uuid": second}),
            PRINTED.model_copy(update={"job_uuid": second}),
        ),
        documents=(DOCUMENT, replace(DOCUMENT, printer_job_id=2)),
    )
    assert released_once(told(), story.state()).kept


def test_a_document_that_nobody_sent_is_seen() -> None:
    story = Story(documents=(DOCUMENT, replace(DOCUMENT, sha256="00" * 32)))
    assert "accepted 0 times" in released_once(HEARD, story.state()).findings[0]


def test_an_acknowledged_job_that_no_journal_knows_is_lost() -> None:
    history = told(event(Operation.PRINT, job_name="gone", sha256="11" * 32))
    verdict = released_once(history, Story().state())
    assert verdict.findings == ("oslo accepted gone, and no journal knows of it",)


def test_a_held_job_that_its_site_no_longer_shows_is_lost() -> None:
    story = Story(site_bodies=(ACCEPTED,), documents=())
    assert "does not show it" in released_once(told(), story.state()).findings[0]


def test_a_held_job_that_its_site_shows_is_not_lost() -> None:
    story = Story(site_bodies=(ACCEPTED,), documents=(), jobs=shown("held"))
    assert released_once(told(), story.state()).kept


def test_a_job_charged_without_paper_is_seen() -> None:
    verdict = released_once(told(), Story(documents=()).state())
    assert verdict.findings == ("job report was charged as printed, but no printer has it",)


def test_a_job_held_again_although_it_was_printed_is_seen() -> None:
    story = Story(site_bodies=(ACCEPTED, RELEASED, NOT_PRINTED), jobs=shown("held"))
    assert "but a printer printed it" in released_once(told(), story.state()).findings[0]


def test_a_job_deleted_although_it_was_printed_is_seen() -> None:
    story = Story(site_bodies=(ACCEPTED, RELEASED, DELETED))
    assert not released_once(told(), story.state()).kept


def test_an_unknown_outcome_that_is_shown_is_honest() -> None:
    story = Story(site_bodies=(ACCEPTED, RELEASED, UNKNOWN), jobs=shown("unknown"))
    verdict = released_once(told(), story.state())
    assert verdict.kept
    assert verdict.measured.endswith("1 shown unknown")


def test_an_unknown_outcome_that_is_not_shown_is_seen() -> None:
    story = Story(site_bodies=(ACCEPTED, RELEASED, UNKNOWN))
    assert not released_once(told(), story.state()).kept


def test_a_release_whose_outcome_never_settled_is_seen() -> None:
    story = Story(site_bodies=(ACCEPTED, RELEASED), jobs=shown("releasing"))
    verdict = released_once(told(), story.state())
    assert verdict.findings == ("job report was released and its outcome never settled",)


def test_a_job_whose_beginning_was_handed_in_again_behind_its_end_is_still_printed() -> None:
    state = Story(site_bodies=(RELEASED, PRINTED, COPIED, ACCEPTED, RELEASED)).state()
    assert released_once(HEARD, state).kept
