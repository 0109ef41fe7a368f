from __future__ import annotations

import gzip
from dataclasses import replace

import pytest

from site_server.ipp.attributes import boolean, integer, keyword, mime_type, name_
from site_server.ipp.call import IppSettings
from site_server.ipp.testing import direct_queue
from site_server.ipp.values import Attribute, Value
from site_server.ipp.vocabulary import GroupTag, JobState, Operation, Status, ValueTag
from tests.unit.site_server.ipp.serving import (
    PDF,
    check_alive,
    job_id_of,
    job_of,
    scene,
    status_of,
)

FINAL = boolean("last-document", value=True)


async def test_a_printed_document_arrives_byte_for_byte_and_is_held() -> None:
    document = PDF * 100
    async with scene() as stage:
        answer = await stage.client.ask(
            Operation.PRINT_JOB, "held", name_("job-name", "Lease"), document=document
        )

        job = job_of(answer)
        assert status_of(answer) is Status.OK
        assert stage.jobs.content(job_id_of(answer)) == document
        assert job.integer("job-state") == JobState.PENDING_HELD
        assert job.texts("job-state-reasons") == ("job-release-wait",)
        assert job.text("job-uri") == f"ipp://{stage.client.host}/jobs/1"


async def test_a_direct_queue_prints_at_once() -> None:
    async with scene() as stage:
        answer = await stage.client.ask(Operation.PRINT_JOB, "direct", document=PDF)

        assert job_of(answer).integer("job-state") == JobState.COMPLETED


async def test_a_job_may_be_made_first_and_get_its_document_later() -> None:
    async with scene() as stage:
        made = await stage.client.ask(Operation.CREATE_JOB, "held")
        number = integer("job-id", job_id_of(made))
        sent = await stage.client.ask(Operation.SEND_DOCUMENT, "held", number, FINAL, document=PDF)

        assert job_of(made).texts("job-state-reasons") == ("job-incoming",)
        assert job_of(sent).texts("job-state-reasons") == ("job-release-wait",)
        assert stage.jobs.content(1) == PDF


async def test_a_job_takes_one_document_and_is_closed_without_another() -> None:
    async with scene() as stage:
        ask = stage.client.ask
        number = integer("job-id", job_id_of(await ask(Operation.CREATE_JOB, "held")))
        more = boolean("last-document", value=False)
        first = await ask(Operation.SEND_DOCUMENT, "held", number, more, document=PDF)
        second = await ask(Operation.SEND_DOCUMENT, "held", number, FINAL, document=PDF)
        closed = await ask(Operation.SEND_DOCUMENT, "held", number, FINAL)
        again = await ask(Operation.CLOSE_JOB, "held", number)

        assert status_of(first) is Status.OK
        assert status_of(second) is Status.MULTIPLE_DOCUMENTS_NOT_SUPPORTED
        assert job_of(closed).texts("job-state-reasons") == ("job-release-wait",)
        assert status_of(again) is Status.NOT_POSSIBLE


async def test_a_job_that_is_closed_without_a_document_is_aborted() -> None:
    async with scene() as stage:
        made = await stage.client.ask(Operation.CREATE_JOB, "held")
        number = integer("job-id", job_id_of(made))
        closed = await stage.client.ask(Operation.CLOSE_JOB, "held", number)

        assert job_of(closed).integer("job-state") == JobState.ABORTED


async def test_send_document_needs_to_know_whether_it_is_the_last() -> None:
    async with scene() as stage:
        made = await stage.client.ask(Operation.CREATE_JOB, "held")
        number = integer("job-id", job_id_of(made))
        answer = await stage.client.ask(Operation.SEND_DOCUMENT, "held", number, document=PDF)

        assert status_of(answer) is Status.BAD_REQUEST


async def test_what_the_queue_does_not_offer_is_named_and_ignored_or_refused() -> None:
    async with scene() as stage:
        wishes = (integer("copies", 3), integer("number-up", 2), keyword("sides", "rotated"))
        lenient = await stage.client.ask(Operation.PRINT_JOB, "held", template=wishes, document=PDF)
        strict = await stage.client.ask(
            Operation.PRINT_JOB,
            "held",
            boolean("ipp-attribute-fidelity", value=True),
            template=wishes,
            document=PDF,
        )

        refused = (
            Attribute("number-up", (Value(ValueTag.UNSUPPORTED_VALUE, None),)),
            keyword("sides", "rotated"),
        )
        assert status_of(lenient) is Status.OK_IGNORED_OR_SUBSTITUTED
        assert lenient.group(GroupTag.UNSUPPORTED).attributes == refused
        assert status_of(strict) is Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED
        assert strict.group(GroupTag.UNSUPPORTED).attributes == refused
        assert [job.ticket.copies for job in stage.jobs.all_jobs] == [3]


async def test_a_gzipped_document_is_kept_inflated() -> None:
    async with scene() as stage:
        packed = keyword("compression", "gzip")
        answer = await stage.client.ask(
            Operation.PRINT_JOB, "held", packed, document=gzip.compress(PDF)
        )
        broken = await stage.client.ask(
            Operation.PRINT_JOB, "held", packed, document=gzip.compress(PDF)[:-9]
        )

        assert stage.jobs.content(job_id_of(answer)) == PDF
        assert status_of(broken) is Status.COMPRESSION_ERROR
        assert len(stage.jobs.all_jobs) == 1


async def test_a_bomb_is_refused_at_the_bound_of_inflated_bytes() -> None:
    async with scene(IppSettings(document_bytes_max=1_000_000)) as stage:
        answer = await stage.client.ask(
            Operation.PRINT_JOB,
            "held",
            keyword("compression", "gzip"),
            document=gzip.compress(bytes(50_000_000)),
        )

        assert status_of(answer) is Status.REQUEST_ENTITY_TOO_LARGE
        assert stage.jobs.aborted == 1
        await check_alive(stage)


@pytest.mark.parametrize(
    ("attribute", "status"),
    [
        (keyword("compression", "zstd"), Status.COMPRESSION_NOT_SUPPORTED),
        (mime_type("document-format", "image/tiff"), Status.DOCUMENT_FORMAT_NOT_SUPPORTED),
    ],
)
async def test_an_unknown_compression_or_format_is_refused(
    attribute: Attribute, status: Status
) -> None:
    async with scene() as stage:
        printed = await stage.client.ask(Operation.PRINT_JOB, "held", attribute, document=PDF)
        asked = await stage.client.ask(Operation.VALIDATE_JOB, "held", attribute)

        assert status_of(printed) is status_of(asked) is status
        assert printed.group(GroupTag.UNSUPPORTED).attributes == (attribute,)
        assert not stage.jobs.all_jobs


async def test_a_request_without_its_document_is_refused() -> None:
    async with scene() as stage:
        answer = await stage.client.ask(Operation.PRINT_JOB, "held")

        assert status_of(answer) is Status.BAD_REQUEST
        assert not stage.jobs.all_jobs


async def test_no_room_is_a_temporary_error_and_works_again_later() -> None:
    async with scene(bytes_free=100) as stage:
        answer = await stage.client.ask(Operation.PRINT_JOB, "held", document=PDF)
        assert status_of(answer) is Status.TEMPORARY_ERROR
        assert stage.jobs.aborted == 1
        assert not stage.jobs.all_jobs

        stage.jobs.bytes_free = 1_000_000
        await check_alive(stage)


async def test_a_closed_queue_says_so() -> None:
    async with scene() as stage:
        stage.jobs.queue_views["direct"] = replace(direct_queue(), is_accepting=False)
        for operation in (Operation.PRINT_JOB, Operation.VALIDATE_JOB, Operation.CREATE_JOB):
            answer = await stage.client.ask(operation, "direct", document=PDF)
            assert status_of(answer) is Status.NOT_ACCEPTING_JOBS
