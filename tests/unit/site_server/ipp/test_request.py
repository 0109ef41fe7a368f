from __future__ import annotations

import pytest

from site_server.ipp.attributes import integer, keyword, name_, uri
from site_server.ipp.errors import RequestError
from site_server.ipp.request import Request, read_request
from site_server.ipp.values import Attribute, Group, Head, Message
from site_server.ipp.vocabulary import GroupTag, Operation, Status
from tests.unit.site_server.ipp.serving import CHARSET, LANGUAGE


def read(operation: Operation, *attributes: Attribute) -> Request:
    group = Group(GroupTag.OPERATION, (CHARSET, LANGUAGE, *attributes))
    head = Head(version=(1, 1), code=operation, request_id=1)
    return read_request(Message(head=head, groups=(group,)), "192.0.2.7")


@pytest.mark.parametrize(
    ("address", "queue_name"),
    [
        ("ipp://site/printers/held", "held"),
        ("ipps://site:631/ipp/print/held", "held"),
        ("http://site/printers/second%20floor", "second floor"),
        ("ipp://site/printers/", None),
        ("ipp://site/ipp/print", None),
        ("ipp://site/", None),
        ("ipp://site", None),
    ],
)
def test_the_printer_uri_names_the_queue_or_the_server(
    address: str, queue_name: str | None
) -> None:
    request = read(Operation.GET_JOBS, uri("printer-uri", address))

    assert request.queue_name == queue_name
    assert request.job_id is None


def test_a_job_is_named_by_its_uri_or_by_queue_and_number() -> None:
    by_uri = read(Operation.CANCEL_JOB, uri("job-uri", "ipp://site/jobs/12"))
    by_number = read(
        Operation.CANCEL_JOB, uri("printer-uri", "ipp://site/printers/q"), integer("job-id", 12)
    )

    assert (by_uri.queue_name, by_uri.job_id) == (None, 12)
    assert (by_number.queue_name, by_number.job_id) == ("q", 12)


@pytest.mark.parametrize(
    ("attributes", "status"),
    [
        ((), Status.BAD_REQUEST),
        ((uri("printer-uri", "ipp://site/printers/q"),), Status.BAD_REQUEST),
        ((uri("job-uri", "ipp://site/jobs/"),), Status.NOT_FOUND),
        ((uri("job-uri", "ipp://site/jobs/seven"),), Status.NOT_FOUND),
        ((uri("job-uri", "ipp://site/jobs/٣"),), Status.NOT_FOUND),
        ((uri("job-uri", "ipp://site/elsewhere/7"),), Status.NOT_FOUND),
        ((uri("job-uri", "ftp://site/jobs/7"),), Status.BAD_REQUEST),
        ((uri("job-uri", "ipp://[bad/jobs/7"),), Status.BAD_REQUEST),
        ((keyword("job-uri", "ipp://site/jobs/7"),), Status.BAD_REQUEST),
        ((uri("job-uri", "ipp://site/jobs/7", "ipp://site/jobs/8"),), Status.BAD_REQUEST),
        ((uri("printer-uri", "ipp://site/fax/q"), integer("job-id", 7)), Status.NOT_FOUND),
    ],
)
def test_a_job_that_is_not_well_named_is_refused(
    attributes: tuple[Attribute, ...], status: Status
) -> None:
    with pytest.raises(RequestError) as caught:
        read(Operation.CANCEL_JOB, *attributes)
    assert caught.value.code is status


def test_cups_questions_need_no_target() -> None:
    assert read(Operation.CUPS_GET_PRINTERS).queue_name is None


def test_a_user_without_a_name_is_anonymous() -> None:
    assert read(Operation.CUPS_GET_DEFAULT).user_name == "anonymous"
    named = read(Operation.CUPS_GET_DEFAULT, name_("requesting-user-name", "anna"))
    assert named.user_name == "anna"
    assert named.client_address == "192.0.2.7"
