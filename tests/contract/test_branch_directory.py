"""The rules of `site_server.ports.BranchDirectory`, for LDAP and for its double."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from site_server.adapters.ldap_directory import LdapDirectory
from site_server.config_branch_directory import BranchDirectorySection
from site_server.testing import BranchDirectoryDouble
from tests.integration.slapd import USER_DN, slapd

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from site_server.ports import BranchDirectory

PEOPLE = {"ada": "correct horse", "r, o+o=t": "grüße", "nemo": ""}

pytestmark = pytest.mark.timeout(60)


class Desk:
    """Somebody who asks, and who can make the directory go away."""

    def __init__(self, directory: BranchDirectory, lose: Callable[[], Awaitable[None]]) -> None:
        self.directory = directory
        self.lose = lose


@asynccontextmanager
async def real(folder: Path) -> AsyncIterator[Desk]:
    async with slapd(folder, PEOPLE) as running:
        section = BranchDirectorySection(
            url=f"ldaps://127.0.0.1:{running.ldaps_port}",
            user_dn=USER_DN,
            ca_file=running.ca_file,
        )
        yield Desk(LdapDirectory(section), running.stop)


@asynccontextmanager
async def double(_: Path) -> AsyncIterator[Desk]:
    directory = BranchDirectoryDouble(PEOPLE)

    async def lose() -> None:
        directory.is_lost = True

    yield Desk(directory, lose)


@pytest.fixture(params=[real, double], ids=["ldap", "double"])
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    async with request.param(tmp_path) as opened:
        yield opened


async def test_the_right_password_and_no_other_is_accepted(desk: Desk) -> None:
    assert await desk.directory.check("ada", "correct horse") is True
    assert await desk.directory.check("ada", "correct horse ") is False
    assert await desk.directory.check("r, o+o=t", "grüße") is True


@pytest.mark.parametrize("user_name", ["ghost", "*", "ada,ou=people", "nemo", "ada\\"])
async def test_who_is_not_there_or_has_no_password_is_refused(desk: Desk, user_name: str) -> None:
    assert await desk.directory.check(user_name, "correct horse") is False


@pytest.mark.parametrize("user_name", ["ada", "nemo", "ghost", ""])
async def test_an_empty_password_or_name_proves_nothing(desk: Desk, user_name: str) -> None:
    assert await desk.directory.check(user_name, "") is False
    assert await desk.directory.check("", "correct horse") is False


async def test_where_the_directory_is_gone_nobody_could_say(desk: Desk) -> None:
    await desk.lose()

    assert await desk.directory.check("ada", "correct horse") is None
    assert await desk.directory.check("ada", "wrong") is None
