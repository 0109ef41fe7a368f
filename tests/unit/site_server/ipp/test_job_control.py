from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from site_server.ipp.attributes import boolean, integer, keyword, name_
from site_server.ipp.vocabulary import GroupTag, JobState, Operation, Status
from tests.unit.site_server.ipp.serving import (
    NOW_MS,
    PDF,
    Scene,
    job_id_of,
    job_of,
    scene,
    status_of,
)

if TYPE_CHECKING:
    from site_server.ipp.values import Attribute

HOLD = keyword("job-hold-until", "indefinite")
OTHER = name_("requesting-user-name", "bob")


async def printed(stage: Scene, queue: str = "held", *template: Attribute) -> Attribute:
    answer = await stage.client.ask(
        Operation.PRINT_JOB, queue, name_("job-name", "Lease"), template=template, document=PDF
    )
    return integer("job-id", job_id_of(answer))


async def state_of(stage: Scene, number: Attribute) -> tuple[int | None, tuple[str, ...]]:
    answer = await stage.client.ask(Operation.GET_JOB_ATTRIBUTES, "held", number)
    return job_of(answer).integer("job-state"), job_of(answer).texts("job-state-reasons")


async def test_a_job_tells_everything_about_itself() -> None:
    async with scene() as stage:
        wishes = (integer("copies", 2), keyword("sides", "two-sided-long-edge"))
        number = await printed(stage, "held", *wishes)
        answer = await stage.client.ask(Operation.GET_JOB_ATTRIBUTES, "held", number)

        job = job_of(answer)
        assert job.text("job-name") == "Lease"
        assert job.text("job-originating-user-name") == "anna"
        assert (job.text("job-uuid") or "").startswith("urn:uuid:")
        assert job.text("job-printer-uri") == stage.client.queue_uri("held")
        assert job.integer("time-at-creation") == NOW_MS // 1000
        assert job.integer("job-printer-up-time") == NOW_MS // 1000
        assert job.integer("job-k-octets") == 5
        assert job.integer("number-of-documents") == 1
        assert job.integer("copies") == 2
        assert job.text("sides") == "two-sided-long-edge"
        assert job.text("job-release-action") == "owner-authorized"
        assert job.text("document-format-supplied") == "application/pdf"
        for unknown in ("job-impressions", "time-at-completed", "date-time-at-processing"):
            found = job.get(unknown)
            assert found
            assert found.first is None
        assert job.get("output-device-assigned") is None


async def test_only_what_is_requested_is_told() -> None:
    async with scene() as stage:
        number = await printed(stage)
        wanted = keyword("requested-attributes", "job-name", "job-template", "no-such-thing")
        answer = await stage.client.ask(Operation.GET_JOB_ATTRIBUTES, "held", number, wanted)

        names = {one.name for one in job_of(answer).attributes}
        assert {"job-name", "copies", "sides"} <= names
        assert not {"job-id", "job-state", "no-such-thing"} & names


async def test_the_list_of_jobs_is_brief_and_by_state() -> None:
    async with scene() as stage:
        await printed(stage)
        await printed(stage, "direct")
        await printed(stage)
        ask = stage.client.ask

        async def listed(*attributes: Attribute, queue: str = "held") -> list[int]:
            answer = await ask(Operation.GET_JOBS, queue, *attributes)
            groups = [group for group in answer.groups if group.tag == GroupTag.JOB]
            assert {len(group.attributes) for group in groups} <= {2}
            return [group.integer("job-id") or 0 for group in groups]

        assert await listed() == [1, 3]
        assert await listed(integer("limit", 1)) == [1]
        assert await listed(keyword("which-jobs", "completed"), queue="direct") == [2]
        assert await listed(keyword("which-jobs", "all"), queue="") == [1, 2, 3]
        mine = boolean("my-jobs", value=True)
        assert await listed(mine, OTHER) == []


@pytest.mark.parametrize(
    ("attribute", "status"),
    [
        (keyword("which-jobs", "fetchable"), Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED),
        (integer("limit", 0), Status.BAD_REQUEST),
    ],
)
async def test_a_list_that_cannot_be_made_is_refused(attribute: Attribute, status: Status) -> None:
    async with scene() as stage:
        answer = await stage.client.ask(Operation.GET_JOBS, "held", attribute)
        assert status_of(answer) is status


async def test_a_job_is_canceled_once_and_by_its_owner() -> None:
    async with scene() as stage:
        number = await printed(stage)
        by_another = await stage.client.ask(Operation.CANCEL_JOB, "held", number, OTHER)
        by_owner = await stage.client.ask(Operation.CANCEL_JOB, "held", number)
        again = await stage.client.ask(Operation.CANCEL_JOB, "held", number)

        assert status_of(by_another) is Status.NOT_AUTHORIZED
        assert status_of(by_owner) is Status.OK
        assert status_of(again) is Status.NOT_POSSIBLE
        assert await state_of(stage, number) == (JobState.CANCELED, ("job-canceled-by-user",))


@pytest.mark.parametrize(
    "operation",
    [
        Operation.CANCEL_JOB,
        Operation.GET_JOB_ATTRIBUTES,
        Operation.HOLD_JOB,
        Operation.RELEASE_JOB,
        Operation.CLOSE_JOB,
    ],
)
async def test_a_job_that_is_not_here_is_not_found(operation: Operation) -> None:
    async with scene() as stage:
        await printed(stage, "direct")
        for number in (1, 7, -1):
            answer = await stage.client.ask(operation, "held", integer("job-id", number))
            assert status_of(answer) is Status.NOT_FOUND


async def test_a_job_held_by_its_sender_goes_when_it_is_released() -> None:
    async with scene() as stage:
        number = await printed(stage, "direct", HOLD)
        answer = await stage.client.ask(Operation.GET_JOB_ATTRIBUTES, "direct", number)
        assert job_of(answer).texts("job-state-reasons") == ("job-hold-until-specified",)
        assert job_of(answer).text("job-hold-until") == "indefinite"

        released = await stage.client.ask(Operation.RELEASE_JOB, "direct", number)
        answer = await stage.client.ask(Operation.GET_JOB_ATTRIBUTES, "direct", number)
        assert status_of(released) is Status.OK
        assert job_of(answer).integer("job-state") == JobState.COMPLETED


async def test_a_claimed_name_does_not_release_a_job_that_waits_for_its_owner() -> None:
    async with scene() as stage:
        number = await printed(stage)
        answer = await stage.client.ask(Operation.RELEASE_JOB, "held", number)

        assert status_of(answer) is Status.NOT_POSSIBLE
        assert await state_of(stage, number) == (JobState.PENDING_HELD, ("job-release-wait",))


async def test_a_waiting_job_can_be_held_until_one_knows_not_when() -> None:
    async with scene() as stage:
        number = await printed(stage)
        held = await stage.client.ask(Operation.HOLD_JOB, "held", number)
        at_night = await stage.client.ask(
            Operation.HOLD_JOB, "held", number, keyword("job-hold-until", "night")
        )

        assert status_of(held) is Status.OK
        assert status_of(at_night) is Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED
        _, reasons = await state_of(stage, number)
        assert set(reasons) == {"job-hold-until-specified", "job-release-wait"}


async def test_all_my_jobs_are_canceled_and_nobody_elses() -> None:
    async with scene() as stage:
        first, second = await printed(stage), await printed(stage)
        theirs = await stage.client.ask(Operation.CANCEL_MY_JOBS, "held", OTHER)
        assert status_of(theirs) is Status.OK
        assert (await state_of(stage, first))[0] == JobState.PENDING_HELD

        mine = await stage.client.ask(Operation.CANCEL_MY_JOBS, "held")
        assert status_of(mine) is Status.OK
        for number in (first, second):
            assert (await state_of(stage, number))[0] == JobState.CANCELED


async def test_a_wrong_number_among_my_jobs_cancels_none_of_them() -> None:
    async with scene() as stage:
        first, second = await printed(stage), await printed(stage)
        answer = await stage.client.ask(Operation.CANCEL_MY_JOBS, "held", integer("job-ids", 1, 99))
        assert status_of(answer) is Status.NOT_POSSIBLE
        assert (await state_of(stage, first))[0] == JobState.PENDING_HELD

        await stage.client.ask(Operation.CANCEL_MY_JOBS, "held", integer("job-ids", 2))
        assert (await state_of(stage, first))[0] == JobState.PENDING_HELD
        assert (await state_of(stage, second))[0] == JobState.CANCELED
