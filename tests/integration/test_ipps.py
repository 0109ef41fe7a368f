"""Passwords over IPP: Debian's client against the site's own services, over real TLS."""

from __future__ import annotations

import asyncio
import base64
import re
import shutil
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, TCPConnector

from replication.adapters.listen import Door, listening
from replication.adapters.tls import client_context, print_server_context
from replication.schema import directory as schema
from replication.slow_hash import CredentialKind
from site_server.http.app import make_ipp_app
from site_server.ipp.endpoint import IppEndpoint
from site_server.ipp.vocabulary import CONTENT_TYPE
from site_server.service.check_secret import Checkers
from site_server.testing import BranchDirectoryDouble
from tests.integration.loopback_certificate import write_certificates
from tests.unit.site_server.a_site import DIRECT, HELD, PRINTER, SITE, a_site
from tests.unit.site_server.secret_rows import give_secret

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.unit.site_server.a_site import ASite

REPORT = Path(__file__).parents[1] / "fixtures" / "documents" / "colour-2-of-5-pages.pdf"
PASSWORD = "correct horse"
PRINT = """{
    OPERATION Print-Job
    GROUP operation-attributes-tag
    ATTR charset attributes-charset utf-8
    ATTR language attributes-natural-language en
    ATTR uri printer-uri $uri
    ATTR name requesting-user-name somebody
    FILE $filename
    STATUS successful-ok
}
"""
LOOK = """{
    OPERATION Get-Printer-Attributes
    GROUP operation-attributes-tag
    ATTR charset attributes-charset utf-8
    ATTR language attributes-natural-language en
    ATTR uri printer-uri $uri
    STATUS successful-ok
}
"""

pytestmark = pytest.mark.timeout(60)


@dataclass(frozen=True, slots=True)
class Stage:
    """A site with both doors of its IPP endpoint open."""

    site: ASite
    folder: Path
    plain_port: int
    tls_port: int

    def uri(self, queue: str, userinfo: str = "") -> str:
        return f"ipps://{userinfo}127.0.0.1:{self.tls_port}/printers/{queue}"

    async def tool(self, uri: str, test: str) -> tuple[int, str]:
        found = shutil.which("ipptool")
        assert found, "ipptool is missing: apt-get install cups-ipp-utils"
        file = self.folder / "a.test"
        file.write_text(test)
        process = await asyncio.create_subprocess_exec(
            *(found, "-tvf", str(REPORT), "-T", "20", uri, str(file)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return process.returncode or 0, output.decode(errors="replace")

    async def print_as(self, userinfo: str, queue: str = DIRECT) -> bool:
        status, output = await self.tool(self.uri(queue, userinfo), PRINT)
        assert ("[PASS]" in output) == (status == 0), output
        return status == 0

    async def jobs(self) -> list[str]:
        await self.site.settle()
        with self.site.store.read() as site:
            listed = site.jobs.listing(ended=None, queue_name="", user_name="", limit=100)
        return [job.user_name for job in listed]

    async def uris(self, port: int, scheme: str) -> list[str]:
        _, output = await self.tool(f"{scheme}://127.0.0.1:{port}/printers/{DIRECT}", LOOK)
        rows = (
            re.search(rf"^ +{name} .*= (.+)$", output, re.MULTILINE)
            for name in (
                "printer-uri-supported",
                "uri-security-supported",
                "uri-authentication-supported",
            )
        )
        return [row[1] if row else "" for row in rows]


@asynccontextmanager
async def stage(folder: Path, **options: Any) -> AsyncIterator[Stage]:  # noqa: ANN401
    """A site where DIRECT needs a proof, and ada has a password."""
    write_certificates(folder, "127.0.0.1")
    tls = print_server_context(cert=folder / "cert.pem", key=folder / "key.pem")
    async with a_site(folder, **options) as site:
        site.user("ada", 100_000_000)
        site.user(getuser(), 100_000_000)
        give_secret(site, "ada", CredentialKind.PASSWORD, PASSWORD)
        site.policy("site", SITE, {"password_login": "replicated_hash"})
        needs_proof(site, DIRECT)
        endpoint = IppEndpoint(
            site.services.ipp_jobs, wall_ms=site.clock.wall_ms, prover=site.services.prove_user
        )
        host = "127.0.0.1"
        async with (
            listening(make_ipp_app(endpoint), Door(host=host, port=0)) as plain,
            listening(make_ipp_app(endpoint), Door(host=host, port=0, tls=tls)) as secure,
        ):
            yield Stage(site, folder, plain, secure)


def needs_proof(site: ASite, queue: str, hold_mode: str = "none") -> None:
    site.replica.put(
        schema.queues,
        queue_name=queue,
        site_name=SITE,
        printer_name=PRINTER,
        hold_mode=hold_mode,
        needs_proof=True,
    )


async def test_who_brings_the_right_password_prints_under_their_own_name(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        assert await scene.print_as("ada:correct%20horse@")
        assert await scene.jobs() == ["ada"]


@pytest.mark.parametrize("userinfo", ["", "ada:wrong@", "ghost:correct%20horse@", "ada:@"])
async def test_without_the_right_password_nothing_is_accepted(
    tmp_path: Path, userinfo: str
) -> None:
    async with stage(tmp_path) as scene:
        assert not await scene.print_as(userinfo)
        assert await scene.jobs() == []


async def test_a_mistyped_password_that_the_client_repeats_keeps_nobody_out(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        assert not await scene.print_as("ada:mistyped@")
        assert await scene.print_as("ada:correct%20horse@")
        assert await scene.jobs() == ["ada"]


async def test_a_queue_that_needs_no_proof_asks_for_no_password(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        scene.site.user("somebody")
        assert await scene.print_as("", HELD)
        assert await scene.jobs() == ["somebody"]


async def test_the_password_of_a_directory_in_the_branch_is_as_good(tmp_path: Path) -> None:
    directory = BranchDirectoryDouble({"ada": "of the branch"})
    async with stage(tmp_path, checkers=Checkers(branch_directory=directory)) as scene:
        scene.site.policy("site", SITE, {"password_login": "branch_directory"})
        assert await scene.print_as("ada:of%20the%20branch@")
        directory.is_lost = True
        status, output = await scene.tool(scene.uri(DIRECT, "ada:of%20the%20branch@"), PRINT)
        assert status != 0
        assert "password_not_checked" in output
        assert await scene.jobs() == ["ada"]


async def test_each_uri_says_truly_how_it_is_used(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        # CUPS calls this machine localhost.
        assert await scene.uris(scene.tls_port, "ipps") == [
            f"ipps://localhost:{scene.tls_port}/printers/{DIRECT}",
            "tls",
            "basic",
        ]
        assert await scene.uris(scene.plain_port, "ipp") == [
            f"ipp://localhost:{scene.plain_port}/printers/{DIRECT}",
            "none",
            "basic",
        ], "from this machine also without TLS"
        scene.site.policy("site", SITE, {"password_login": "deny"})
        assert (await scene.uris(scene.tls_port, "ipps"))[2] == "requesting-user-name"


async def test_lp_finds_a_queue_that_is_open_at_both_doors(tmp_path: Path) -> None:
    async with stage(tmp_path) as scene:
        found = shutil.which("lp")
        assert found, "lp is missing: apt-get install cups-client"
        scene.site.user("mary")
        process = await asyncio.create_subprocess_exec(
            *(found, "-h", f"127.0.0.1:{scene.plain_port}", "-U", "mary", "-d", HELD, str(REPORT)),
            stdin=asyncio.subprocess.DEVNULL,
        )
        assert await process.wait() == 0
        assert await scene.jobs() == ["mary"]


async def post(scene: Stage, header: str) -> tuple[int, str]:
    """Print-Job by hand: (HTTP status, challenge)."""
    trust = client_context(ca_pem=(scene.folder / "ca.pem").read_text())
    assert trust.verify_mode is ssl.CERT_REQUIRED
    printer_uri = f"ipps://127.0.0.1/printers/{DIRECT}".encode()
    message = (
        b"\x01\x01\x00\x02\x00\x00\x00\x01\x01"
        b"\x47\x00\x12attributes-charset\x00\x05utf-8"
        b"\x48\x00\x1battributes-natural-language\x00\x02en"
        b"\x45\x00\x0bprinter-uri" + len(printer_uri).to_bytes(2, "big") + printer_uri + b"\x03"
    )
    async with (
        ClientSession(connector=TCPConnector(ssl=trust)) as session,
        session.post(
            f"https://127.0.0.1:{scene.tls_port}/printers/{DIRECT}",
            data=message + REPORT.read_bytes(),
            headers={"Content-Type": CONTENT_TYPE, "Authorization": header},
        ) as answer,
    ):
        return answer.status, answer.headers.get("WWW-Authenticate", "")


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !", "Basic YWRh", basic(":x"), basic("ada:"), basic("ada:no"), "X y"]
)
async def test_what_is_no_proof_is_answered_with_the_question_for_one(
    tmp_path: Path, header: str
) -> None:
    async with stage(tmp_path) as scene:
        status, challenge = await post(scene, header)
        assert (status, challenge) == (401, 'Basic realm="holdfast", charset="UTF-8"')
        assert await scene.jobs() == []


async def test_a_password_with_any_characters_is_taken_and_after_five_wrong_ones_none(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as scene:
        give_secret(scene.site, "ada", CredentialKind.PASSWORD, "grüße: 100 %")
        good = basic("ada:grüße: 100 %")
        assert (await post(scene, good))[0] == 200
        for number in range(5):
            assert (await post(scene, basic(f"ada:guess {number}")))[0] == 401
        assert await scene.jobs() == ["ada"]
        assert (await post(scene, good))[0] == 200, "an IPP answer, which says no"
        assert await scene.jobs() == ["ada"]
