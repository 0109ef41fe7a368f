"""Passwords against a real OpenLDAP: over which wires they go, and over which they never do."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from site_server.adapters.ldap_directory import LdapDirectory
from site_server.adapters.ldap_messages import bind_request
from site_server.config_branch_directory import BranchDirectorySection
from site_server.errors import SiteError
from tests.integration.loopback_certificate import write_certificates
from tests.integration.slapd import USER_DN, free_port, slapd

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

PEOPLE = {"ada": "correct horse"}
PASSWORD = b"correct horse"

pytestmark = pytest.mark.timeout(60)


def section(
    url: str, ca_file: Path | None = None, *, starttls: bool = False, timeout_ms: int = 5_000
) -> BranchDirectorySection:
    return BranchDirectorySection(
        url=url, user_dn=USER_DN, ca_file=ca_file, starttls=starttls, timeout_ms=timeout_ms
    )


async def test_over_starttls_and_over_plain_loopback_it_answers_too(tmp_path: Path) -> None:
    async with slapd(tmp_path, PEOPLE) as running:
        plain = f"ldap://127.0.0.1:{running.ldap_port}"
        for one in (section(plain, running.ca_file, starttls=True), section(plain)):
            directory = LdapDirectory(one)
            assert await directory.problem() == ""
            assert await directory.check("ada", "correct horse") is True
            assert await directory.check("ada", "battery staple") is False


@pytest.mark.parametrize("starttls", [False, True])
async def test_a_directory_whose_certificate_nobody_signed_whom_we_trust_gets_no_password(
    tmp_path: Path, starttls: bool
) -> None:
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    write_certificates(stranger, "127.0.0.1")
    async with slapd(tmp_path / "ours", PEOPLE) as running:
        scheme, port = ("ldap", running.ldap_port) if starttls else ("ldaps", running.ldaps_port)
        one = section(f"{scheme}://127.0.0.1:{port}", stranger / "ca.pem", starttls=starttls)
        directory = LdapDirectory(one)

        assert await directory.check("ada", "correct horse") is None
        assert "certificate" in (await directory.problem()).lower()


async def test_a_certificate_for_another_name_is_not_believed(tmp_path: Path) -> None:
    async with slapd(tmp_path, PEOPLE) as running:
        other = LdapDirectory(section(f"ldaps://localhost:{running.ldaps_port}", running.ca_file))
        assert await other.check("ada", "correct horse") is None


@asynccontextmanager
async def impostor(answer: Callable[[bytes], bytes]) -> AsyncIterator[tuple[int, bytearray]]:
    """A server that says what the test wants, and keeps what it heard."""
    heard = bytearray()
    talks: list[asyncio.Task[None]] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while said := await reader.read(4_096):
                heard.extend(said)
                writer.write(answer(said))
        writer.close()

    async with asyncio.TaskGroup() as tasks:
        server = await asyncio.start_server(
            lambda reader, writer: talks.append(tasks.create_task(talk(reader, writer))),
            "127.0.0.1",
            0,
        )
        async with server:
            yield server.sockets[0].getsockname()[1], heard


async def test_a_directory_that_refuses_starttls_never_hears_the_password() -> None:
    refused = bytes.fromhex("300c02010178070a010204000400")
    async with impostor(lambda _: refused) as (port, heard):
        directory = LdapDirectory(section(f"ldap://127.0.0.1:{port}", starttls=True))

        assert await directory.check("ada", "correct horse") is None
        assert "StartTLS" in await directory.problem()
    assert heard
    assert PASSWORD not in heard


@pytest.mark.parametrize(
    "answer",
    [
        bytes.fromhex("300c02010961070a010004000400"),  # the answer to another question
        bytes.fromhex("300c02010278070a010004000400"),  # of another kind
        bytes.fromhex("300c02010261070a013304000400"),  # busy
        b"\x30\x84\x7f\xff\xff\xff",  # two gigabytes
        b"\x30\x80\x00\x00",  # an indefinite length
        b"HTTP/1.1 400 Bad Request\r\n\r\n" * 10,
    ],
)
async def test_whatever_else_answers_could_not_say(answer: bytes) -> None:
    async with impostor(lambda _: answer) as (port, _):
        directory = LdapDirectory(section(f"ldap://127.0.0.1:{port}"))

        assert await directory.check("ada", "correct horse") is None


async def test_a_directory_that_hangs_costs_a_bounded_time_and_is_not_asked_for_ever() -> None:
    async with impostor(lambda _: b"") as (port, _):
        directory = LdapDirectory(section(f"ldap://127.0.0.1:{port}", timeout_ms=100))
        async with asyncio.timeout(20), asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(directory.check("ada", "x")) for _ in range(30)]

    assert {task.result() for task in asked} == {None}


async def test_an_empty_password_is_not_even_sent() -> None:
    async with impostor(lambda _: b"") as (port, heard):
        directory = LdapDirectory(section(f"ldap://127.0.0.1:{port}"))

        assert await directory.check("ada", "") is False
    assert not heard
    with pytest.raises(ValueError, match="empty"):
        bind_request("uid=ada", "")


async def test_an_outage_is_logged_once_when_it_begins_and_once_when_it_ends(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="site_server.adapters.ldap_directory")
    async with slapd(tmp_path, PEOPLE) as running:
        directory = LdapDirectory(section(f"ldap://127.0.0.1:{running.ldap_port}"))
        known = directory._section  # noqa: SLF001 - the same object, another address
        lost = section(f"ldap://127.0.0.1:{free_port()}")
        for now in (known, lost, lost, known, known):
            directory._section = now  # noqa: SLF001 - the cable is pulled, and put back
            await directory.check("ada", "correct horse")

    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "correct horse" not in caplog.text


async def test_a_missing_ca_file_is_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="ca_file"):
        LdapDirectory(section("ldaps://directory.example", tmp_path / "no.pem"))
