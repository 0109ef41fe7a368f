from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from site_server.ipp.attributes import integer, keyword, mime_type
from site_server.ipp.operations import OPERATIONS
from site_server.ipp.testing import held_queue
from site_server.ipp.vocabulary import GroupTag, Operation, PrinterState, Status
from tests.unit.site_server.ipp.serving import PDF, scene, status_of

if TYPE_CHECKING:
    from site_server.ipp.values import Group, Message


def printers(answer: Message) -> list[Group]:
    return [group for group in answer.groups if group.tag == GroupTag.PRINTER]


async def test_a_queue_tells_everything_about_itself() -> None:
    async with scene() as stage:
        await stage.client.ask(Operation.PRINT_JOB, "held", document=PDF)
        answer = await stage.client.ask(Operation.GET_PRINTER_ATTRIBUTES, "held")

        queue = printers(answer)[0]
        assert queue.text("printer-name") == "held"
        assert queue.text("printer-uri-supported") == stage.client.queue_uri("held")
        assert queue.integer("printer-state") == PrinterState.IDLE
        assert queue.integer("queued-job-count") == 1
        assert queue.texts("ipp-versions-supported") == ("1.1", "2.0")
        assert queue.texts("job-hold-until-supported") == ("no-hold", "indefinite")
        assert queue.texts("job-release-action-supported") == ("owner-authorized",)
        names = [one.name for one in queue.attributes]
        assert len(names) == len(set(names))


async def test_exactly_the_operations_that_are_answered_are_offered() -> None:
    async with scene() as stage:
        answer = await stage.client.ask(Operation.GET_PRINTER_ATTRIBUTES, "held")

        offered = printers(answer)[0].get("operations-supported")
        assert offered
        assert set(offered.integers()) == set(OPERATIONS)


async def test_only_what_is_requested_is_told() -> None:
    async with scene() as stage:
        for wanted, present, absent in (
            ("printer-state", "printer-state", "printer-name"),
            ("job-template", "sides-supported", "printer-name"),
            ("printer-description", "printer-name", "sides-supported"),
            ("all", "sides-supported", "media-col-database"),
        ):
            answer = await stage.client.ask(
                Operation.GET_PRINTER_ATTRIBUTES,
                "held",
                keyword("requested-attributes", wanted, "printer-uuid"),
            )
            names = [one.name for one in printers(answer)[0].attributes]
            assert present in names
            assert absent not in names
            assert names.count("printer-uuid") == 1


async def test_a_format_that_is_not_taken_has_no_attributes() -> None:
    async with scene() as stage:
        answer = await stage.client.ask(
            Operation.GET_PRINTER_ATTRIBUTES, "held", mime_type("document-format", "image/tiff")
        )
        assert status_of(answer) is Status.DOCUMENT_FORMAT_NOT_SUPPORTED


async def test_a_queue_that_is_not_here_is_not_found() -> None:
    async with scene() as stage:
        for queue in ("nowhere", ""):
            answer = await stage.client.ask(Operation.GET_PRINTER_ATTRIBUTES, queue)
            assert status_of(answer) is Status.NOT_FOUND


async def test_cups_clients_see_all_queues_and_the_first_is_the_default() -> None:
    async with scene() as stage:
        ask = stage.client.ask
        every = await ask(Operation.CUPS_GET_PRINTERS, "")
        one = await ask(Operation.CUPS_GET_PRINTERS, "", integer("limit", 1))
        default = await ask(Operation.CUPS_GET_DEFAULT, "")
        classes = await ask(Operation.CUPS_GET_CLASSES, "")

        assert [queue.text("printer-name") for queue in printers(every)] == ["direct", "held"]
        assert len(printers(one)) == 1
        assert printers(default)[0].text("printer-name") == "direct"
        assert status_of(classes) is Status.OK
        assert printers(classes) == []


async def test_a_site_without_queues_has_no_default() -> None:
    async with scene() as stage:
        stage.jobs.queue_views.clear()
        answer = await stage.client.ask(Operation.CUPS_GET_DEFAULT, "")
        assert status_of(answer) is Status.NOT_FOUND


async def test_a_stopped_queue_says_why() -> None:
    async with scene() as stage:
        stage.jobs.queue_views["held"] = replace(
            held_queue(), state=PrinterState.STOPPED, state_reasons=("paused",), has_colour=False
        )
        queue = printers(await stage.client.ask(Operation.GET_PRINTER_ATTRIBUTES, "held"))[0]

        assert queue.integer("printer-state") == PrinterState.STOPPED
        assert queue.texts("printer-state-reasons") == ("paused",)
        assert queue.boolean("color-supported") is False
        assert "color" not in queue.texts("print-color-mode-supported")
