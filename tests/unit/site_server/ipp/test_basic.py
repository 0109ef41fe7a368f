"""HTTP Basic in front of the endpoint, over the memory job service."""

from __future__ import annotations

import base64
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, ClientTimeout, web

from site_server.ipp.attributes import boolean, integer, name_
from site_server.ipp.basic import CHALLENGE, Credentials, read_basic
from site_server.ipp.codec import decode, encode
from site_server.ipp.endpoint import IppEndpoint
from site_server.ipp.errors import ChallengeError
from site_server.ipp.service_port import JobView, Refusal
from site_server.ipp.testing import MemoryJobService, direct_queue, held_queue
from site_server.ipp.vocabulary import CONTENT_TYPE, Operation, Status
from tests.unit.site_server.ipp.serving import NOW_MS, PDF, Client, job_id_of, status_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from site_server.ipp.values import Attribute, Message

ASKING = replace(direct_queue("asking"), asks_for_password=True)
NOBODY_SAYS = Refusal(
    reason="password_not_checked", message="Not now.", status=Status.TEMPORARY_ERROR
)


class ProvenService(MemoryJobService):
    """A memory service that remembers whose jobs were proved."""

    proven_ids: frozenset[int] = frozenset()

    async def job(self, job_id: int) -> JobView | None:
        found = await super().job(job_id)
        return found and replace(found, is_proven=job_id in self.proven_ids)


@dataclass(slots=True)
class OnePassword:
    """A prover that knows ada's password, or that nobody can say."""

    refusal: Refusal | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def prove(
        self, queue_name: str, credentials: Credentials, client_address: str
    ) -> bool | Refusal:
        assert client_address == "127.0.0.1"
        self.asked.append((queue_name, credentials.user_name))
        if self.refusal is not None:
            return self.refusal
        return (credentials.user_name, credentials.password.get_secret_value()) == ("ada", "pw")


@dataclass(slots=True)
class Desk:
    """An endpoint that asks, and a client that may answer."""

    jobs: ProvenService
    prover: OnePassword
    client: Client
    said: str | None = None

    async def ask(
        self,
        operation: Operation,
        queue: str,
        *attributes: Attribute,
        auth: str = "",
        document: bytes = b"",
    ) -> Message | int:
        """The IPP answer, or the HTTP status where there is none."""
        message = self.client.message(operation, queue, *attributes)
        async with self.client.session.post(
            f"http://{self.client.host}/printers/{queue}",
            data=encode(message) + document,
            headers={"Content-Type": CONTENT_TYPE} | ({"Authorization": auth} if auth else {}),
        ) as response:
            self.said = response.headers.get("WWW-Authenticate")
            body = await response.read()
            return decode(body) if response.status == 200 else response.status

    async def print(self, queue: str = "asking", auth: str = "") -> Message | int:
        return await self.ask(Operation.PRINT_JOB, queue, auth=auth, document=PDF)


def header(text: bytes) -> str:
    return f"Basic {base64.b64encode(text).decode()}"


ADA = header(b"ada:pw")
WRONG = header(b"ada:no")


@asynccontextmanager
async def desk(*, has_prover: bool = True) -> AsyncIterator[Desk]:
    jobs = ProvenService(held_queue(), ASKING, wall_ms=lambda: NOW_MS)
    prover = OnePassword()
    app = web.Application()
    endpoint = IppEndpoint(jobs, wall_ms=lambda: NOW_MS, prover=prover if has_prover else None)
    app.add_routes(endpoint.routes())
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with ClientSession(timeout=ClientTimeout(total=20)) as session:
            yield Desk(jobs, prover, Client(session, runner.addresses[0][1]))
    finally:
        await runner.cleanup()


async def test_a_queue_that_asks_takes_a_job_with_the_right_password_under_that_name() -> None:
    async with desk() as here:
        assert await here.print() == 401
        assert here.said == CHALLENGE == 'Basic realm="holdfast", charset="UTF-8"'
        assert not here.jobs.all_jobs
        answer = await here.print(auth=ADA)
        assert not isinstance(answer, int)
        assert status_of(answer) is Status.OK
        assert [job.user_name for job in here.jobs.all_jobs] == ["ada"]


@pytest.mark.parametrize("queue", ["asking", "held"])
async def test_a_wrong_password_is_answered_with_the_question_at_any_queue(queue: str) -> None:
    async with desk() as here:
        assert await here.print(queue, WRONG) == 401
        assert not here.jobs.all_jobs


async def test_where_nobody_can_say_a_queue_that_asks_says_why_and_another_one_goes_on() -> None:
    async with desk() as here:
        here.prover.refusal = NOBODY_SAYS
        refused = await here.print(auth=ADA)
        assert not isinstance(refused, int)
        assert status_of(refused) is Status.TEMPORARY_ERROR
        assert not here.jobs.all_jobs
        assert not isinstance(await here.print("held", ADA), int)
        assert [job.user_name for job in here.jobs.all_jobs] == ["anna"]


async def test_where_no_password_may_come_none_is_asked_for_and_none_is_looked_at() -> None:
    async with desk(has_prover=False) as here:
        refused = await here.print(auth=ADA)
        assert not isinstance(refused, int)
        assert status_of(refused) is Status.NOT_AUTHENTICATED
        assert not here.jobs.all_jobs
        assert here.prover.asked == []


async def test_who_only_looks_is_not_checked() -> None:
    async with desk() as here:
        seen = await here.ask(Operation.GET_PRINTER_ATTRIBUTES, "asking", auth=WRONG)
        assert not isinstance(seen, int)
        assert status_of(seen) is Status.OK
        assert here.prover.asked == []


async def test_the_document_of_a_proven_job_comes_from_the_same_proven_user() -> None:
    async with desk() as here:
        created = await here.ask(Operation.CREATE_JOB, "asking", auth=ADA)
        assert not isinstance(created, int)
        number = job_id_of(created)
        here.jobs.proven_ids = frozenset({number})
        send = (
            integer("job-id", number),
            name_("requesting-user-name", "ada"),
            boolean("last-document", value=True),
        )
        assert await here.ask(Operation.SEND_DOCUMENT, "asking", *send, document=PDF) == 401
        close = send[:2]
        assert await here.ask(Operation.CLOSE_JOB, "asking", *close) == 401
        sent = await here.ask(Operation.SEND_DOCUMENT, "asking", *send, auth=ADA, document=PDF)
        assert not isinstance(sent, int)
        assert status_of(sent) is Status.OK
        assert here.jobs.content(number) == PDF


@pytest.mark.parametrize("absent", [None, "", "Bearer abc", "Negotiate YWRhOnB3"])
def test_another_scheme_is_no_credentials(absent: str | None) -> None:
    assert read_basic(absent) is None


@pytest.mark.parametrize(
    ("text", "user_name", "password"),
    [("ada:pw", "ada", "pw"), ("ada:a:b", "ada", "a:b"), ("grüße:ß", "grüße", "ß")],
)
def test_credentials_are_utf_8_and_end_the_name_at_the_first_colon(
    text: str, user_name: str, password: str
) -> None:
    found = read_basic(header(text.encode()).replace("Basic", "bAsIc"))
    assert found is not None
    assert (found.user_name, found.password.get_secret_value()) == (user_name, password)
    assert password not in repr(found) or password in user_name


@pytest.mark.parametrize(
    "bad", ["Basic", "Basic ", "Basic ?", header(b"ada"), header(b":pw"), header(b"\xff:pw")]
)
def test_what_only_says_basic_is_answered_with_the_question(bad: str) -> None:
    with pytest.raises(ChallengeError):
        read_basic(bad)


def test_an_empty_password_is_never_looked_at() -> None:
    with pytest.raises(ChallengeError):
        read_basic(header(b"ada:"))
