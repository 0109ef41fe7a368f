from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from site_server.adapters.ipp_delivery import NUMBER_UNKNOWN, IppDelivery
from site_server.adapters.patience import DeliveryLimits
from site_server.adapters.testing import (
    BUSY,
    CUT,
    DONE,
    MADE,
    NUMBER,
    OFF,
    REPORT,
    ScriptedPrinter,
)
from site_server.causes import Cause
from site_server.ipp.delivery_port import Phase, Refused, Sighting
from site_server.ipp.service_port import JobTicket
from site_server.ipp.vocabulary import Status
from site_server.ports import Fate, Order, Outcome

if TYPE_CHECKING:
    from pathlib import Path

URI = "ipp://printer/ipp/print"
JOB = "0b8e1c9a-55aa-4c52-9d2f-0c1de0ffee00"
QUICK = DeliveryLimits(
    busy_ms_max=40, silence_ms_max=40, follow_ms_max=200, wait_ms_first=1, wait_ms_max=10
)
WAITING = Sighting(phase=Phase.WAITS_FOR_DOCUMENT)
PRINTING = Sighting(phase=Phase.PROCESSING, has_started=True, impressions_completed=0)
GONE = Sighting(phase=Phase.UNREACHABLE, detail="no connection")
CANCELED = Sighting(phase=Phase.CANCELED, impressions_completed=0)
NOT_FOUND = Sighting(phase=Phase.FORGOTTEN)
WRONG = Refused(detail="client-error-document-format-error", status=Status.DOCUMENT_FORMAT_ERROR)
WITHOUT_CREATE = replace(REPORT, can_create_job=False)


@pytest.fixture
def order(tmp_path: Path) -> Order:
    document = tmp_path / JOB
    document.write_bytes(b"%PDF-1.4")
    return Order(
        job_uuid=JOB,
        fence=1,
        printer_uri=URI,
        document=document,
        document_format="application/pdf",
        document_name="lease.pdf",
        job_name="Lease",
        user_name="anna",
        ticket=JobTicket(),
    )


async def deliver(printer: ScriptedPrinter, order: Order) -> Outcome:
    async def record(number: int) -> None:
        printer.heard.append(("record", (number,)))

    return await IppDelivery(printer, QUICK).deliver(order, record)


def why(outcome: Outcome) -> tuple[Fate, str]:
    return outcome.fate, outcome.reason


async def test_the_number_is_recorded_before_the_first_byte_is_sent(order: Order) -> None:
    printer = ScriptedPrinter(sightings=[PRINTING, PRINTING, DONE])
    outcome = await deliver(printer, order)

    assert why(outcome) == (Fate.PRINTED, "")
    assert printer.questions == ["report", "create", "record", "send", "find", "find", "find"]
    assert printer.heard[2] == ("record", (NUMBER,))


async def test_a_number_that_cannot_be_recorded_sends_nothing_and_leaves_no_job(
    order: Order,
) -> None:
    printer = ScriptedPrinter()

    async def record(_: int) -> None:
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011
        await IppDelivery(printer, QUICK).deliver(order, record)
    assert printer.questions == ["report", "create", "cancel"]


async def test_a_missing_document_is_not_sent(order: Order) -> None:
    order.document.unlink()
    printer = ScriptedPrinter()

    assert why(await deliver(printer, order)) == (Fate.NOT_PRINTED, Cause.NOT_SENT)
    assert printer.questions == []


@pytest.mark.parametrize(
    "report",
    [
        replace(REPORT, is_accepting=False, state_reasons=("paused",)),
        replace(REPORT, formats=("image/pwg-raster",)),
        replace(REPORT, copies_max=1),
        Refused(detail="HTTP 401"),
    ],
)
async def test_a_printer_that_cannot_print_it_is_not_asked_to(report: object, order: Order) -> None:
    printer = ScriptedPrinter(reports=[report])  # type: ignore[list-item]
    two = replace(order, ticket=JobTicket(copies=2))

    assert why(await deliver(printer, two)) == (Fate.NOT_PRINTED, Cause.PRINTER_REFUSED)
    assert printer.questions == ["report"]


async def test_a_printer_that_is_off_is_tried_for_a_while(order: Order) -> None:
    printer = ScriptedPrinter(reports=[OFF])

    outcome = await deliver(printer, order)
    assert why(outcome) == (Fate.NOT_PRINTED, Cause.PRINTER_UNREACHABLE)
    assert len(printer.questions) > 2


async def test_a_printer_that_comes_back_prints(order: Order) -> None:
    printer = ScriptedPrinter(reports=[OFF, OFF, REPORT], creations=[OFF, MADE])

    assert (await deliver(printer, order)).fate is Fate.PRINTED


async def test_a_busy_printer_is_waited_for(order: Order) -> None:
    printer = ScriptedPrinter(creations=[BUSY, BUSY, MADE], arrivals=[BUSY, MADE])

    assert (await deliver(printer, order)).fate is Fate.PRINTED
    assert printer.questions.count("send") == 2


async def test_a_printer_that_stays_busy_did_not_print(order: Order) -> None:
    printer = ScriptedPrinter(creations=[BUSY])

    outcome = await deliver(printer, order)
    assert why(outcome) == (Fate.NOT_PRINTED, Cause.PRINTER_REFUSED)
    assert "printing another job" in outcome.detail


async def test_a_cut_while_the_job_is_made_sends_nothing(order: Order) -> None:
    printer = ScriptedPrinter(creations=[CUT], leftovers=[(NUMBER,)], sightings=[WAITING])

    assert why(await deliver(printer, order)) == (Fate.NOT_PRINTED, Cause.PRINTER_UNREACHABLE)
    assert printer.questions == ["report", "create", "unfinished", "find", "cancel"]


async def test_a_cut_while_sending_is_never_sent_again_and_the_printer_is_asked(
    order: Order,
) -> None:
    printer = ScriptedPrinter(arrivals=[CUT], sightings=[PRINTING, DONE])

    assert (await deliver(printer, order)).fate is Fate.PRINTED
    assert printer.questions.count("send") == 1


async def test_a_document_that_did_not_come_whole_is_canceled_at_the_printer(
    order: Order,
) -> None:
    printer = ScriptedPrinter(arrivals=[CUT], sightings=[WAITING, CANCELED])

    assert why(await deliver(printer, order)) == (Fate.NOT_PRINTED, Cause.NOT_SENT)
    assert printer.questions[-3:] == ["find", "cancel", "find"]


async def test_a_job_that_was_printed_while_it_was_canceled_is_printed(order: Order) -> None:
    printer = ScriptedPrinter(arrivals=[CUT], sightings=[WAITING, DONE], cancellations=[WRONG])

    assert (await deliver(printer, order)).fate is Fate.PRINTED


async def test_a_job_that_cannot_be_canceled_stays_open(order: Order) -> None:
    printer = ScriptedPrinter(arrivals=[CUT], sightings=[WAITING], cancellations=[WRONG])

    assert (await deliver(printer, order)).fate is Fate.UNREACHABLE


@pytest.mark.parametrize(("canceled", "fate"), [(MADE, Fate.NOT_PRINTED), (WRONG, Fate.UNKNOWN)])
async def test_a_job_that_vanishes_was_printed_by_nobody_only_if_it_was_canceled(
    canceled: object, fate: Fate, order: Order
) -> None:
    printer = ScriptedPrinter(
        arrivals=[CUT],
        sightings=[WAITING, NOT_FOUND],
        cancellations=[canceled],  # type: ignore[list-item]
    )

    assert (await deliver(printer, order)).fate is fate


async def test_a_document_that_the_printer_refuses_is_not_printed(order: Order) -> None:
    printer = ScriptedPrinter(arrivals=[WRONG], sightings=[CANCELED])

    outcome = await deliver(printer, order)
    assert why(outcome) == (Fate.NOT_PRINTED, Cause.PRINTER_REFUSED)
    assert "document-format-error" in outcome.detail


async def test_a_printer_that_goes_silent_with_the_job_is_asked_later(order: Order) -> None:
    printer = ScriptedPrinter(sightings=[PRINTING, GONE])

    assert (await deliver(printer, order)).fate is Fate.UNREACHABLE


async def test_a_printer_that_prints_for_ever_is_asked_later(order: Order) -> None:
    assert (await deliver(ScriptedPrinter(sightings=[PRINTING]), order)).fate is Fate.UNREACHABLE


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (DONE, (Fate.PRINTED, "")),
        (CANCELED, (Fate.NOT_PRINTED, Cause.PRINTER_CANCELLED)),
        (Sighting(phase=Phase.ABORTED), (Fate.NOT_PRINTED, Cause.PRINTER_CANCELLED)),
        (
            Sighting(phase=Phase.ABORTED, impressions_completed=3),
            (Fate.UNKNOWN, Cause.OUTCOME_UNKNOWN),
        ),
        (
            Sighting(phase=Phase.CANCELED, has_started=True),
            (Fate.UNKNOWN, Cause.OUTCOME_UNKNOWN),
        ),
        (NOT_FOUND, (Fate.UNKNOWN, Cause.OUTCOME_UNKNOWN)),
        (GONE, (Fate.UNREACHABLE, Cause.PRINTER_UNREACHABLE)),
    ],
)
async def test_what_the_printer_says_after_a_crash_settles_the_job(
    seen: Sighting, expected: tuple[Fate, str]
) -> None:
    printer = ScriptedPrinter(sightings=[seen])

    assert why(await IppDelivery(printer, QUICK).settle(URI, NUMBER)) == expected


async def test_a_job_without_its_document_after_a_crash_is_canceled() -> None:
    printer = ScriptedPrinter(sightings=[WAITING, CANCELED])

    outcome = await IppDelivery(printer, QUICK).settle(URI, NUMBER, JOB)
    assert why(outcome) == (Fate.NOT_PRINTED, Cause.NOT_SENT)
    assert printer.heard[0] == ("find", (URI, NUMBER, JOB[:8]))


async def test_an_empty_job_without_a_recorded_number_is_taken_away() -> None:
    printer = ScriptedPrinter(leftovers=[(NUMBER,)], sightings=[WAITING])
    await IppDelivery(printer, QUICK).withdraw(URI, JOB)

    assert printer.heard == [
        ("unfinished", (URI, JOB[:8])),
        ("find", (URI, NUMBER, JOB[:8])),
        ("cancel", (URI, NUMBER, "")),
    ]


@pytest.mark.parametrize("seen", [PRINTING, DONE, NOT_FOUND, GONE])
async def test_what_a_printer_could_print_is_never_taken_away(seen: Sighting) -> None:
    printer = ScriptedPrinter(leftovers=[(NUMBER,)], sightings=[seen])
    await IppDelivery(printer, QUICK).withdraw(URI, JOB)

    assert "cancel" not in printer.questions


async def test_a_printer_without_create_job_gets_print_job(order: Order) -> None:
    printer = ScriptedPrinter(reports=[WITHOUT_CREATE])

    assert (await deliver(printer, order)).fate is Fate.PRINTED
    assert printer.questions == ["report", "record", "print", "record", "find"]
    recorded = [arguments for question, arguments in printer.heard if question == "record"]
    assert recorded == [(NUMBER_UNKNOWN,), (NUMBER,)]


@pytest.mark.parametrize(
    ("answer", "fate"),
    [(CUT, Fate.UNKNOWN), (OFF, Fate.NOT_PRINTED), (WRONG, Fate.NOT_PRINTED)],
)
async def test_print_job_without_an_answer_is_unknown_unless_nothing_was_sent(
    answer: object, fate: Fate, order: Order
) -> None:
    printer = ScriptedPrinter(
        reports=[WITHOUT_CREATE],
        arrivals=[answer],  # type: ignore[list-item]
    )

    assert (await deliver(printer, order)).fate is fate


async def test_a_job_without_a_number_is_unknown_after_a_crash() -> None:
    printer = ScriptedPrinter()

    outcome = await IppDelivery(printer, QUICK).settle(URI, NUMBER_UNKNOWN)
    assert outcome.fate is Fate.UNKNOWN
    assert printer.questions == []
