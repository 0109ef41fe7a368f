"""Logins by card and PIN, and by password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from failure_modes.vocabulary import LinkState, Reason
from replication.adapters.hashing import Hashing
from replication.slow_hash import CredentialKind
from site_server.causes import Cause
from site_server.errors import RefusedError
from site_server.service.check_secret import Checkers
from site_server.testing import BranchDirectoryDouble
from tests.unit.site_server.a_site import DEVICE, a_site, units
from tests.unit.site_server.secret_rows import give_secret

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    from tests.unit.site_server.a_site import ASite

DAY_MS = 24 * 3_600_000
PIN = SecretStr("0815")
PASSWORD = SecretStr("correct horse")
WRONG = SecretStr("4711")


def guess(number: int) -> SecretStr:
    return SecretStr(f"90{number}13")


def with_card(site: ASite, pin: SecretStr | None = None) -> Awaitable[Any]:
    return site.services.log_in.log_in(DEVICE, "card-of-ada", pin)


def by_password(
    site: ASite, password: SecretStr = PASSWORD, user_name: str = "ada"
) -> Awaitable[Any]:
    return site.services.log_in.log_in_by_password(DEVICE, user_name, password)


async def reason_of(login: Awaitable[Any]) -> str | None:
    try:
        await login
    except RefusedError as error:
        return error.reason
    return None


def people(site: ASite) -> None:
    site.user("ada", units(5))
    site.user("bob")
    give_secret(site, "ada", CredentialKind.PIN, PIN.get_secret_value())
    give_secret(site, "ada", CredentialKind.PASSWORD, PASSWORD.get_secret_value())


async def test_where_a_pin_is_needed_the_panel_is_told_to_ask_for_it(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        people(site)
        site.policy("site", "oslo", {"pin_needed": True})

        assert await reason_of(with_card(site)) == Reason.PIN_NEEDED
        assert await reason_of(with_card(site, WRONG)) == Reason.WRONG_PIN
        assert site.services.log_in.open_sessions == 0
        answer = await with_card(site, PIN)
        assert (answer.session.user_name, answer.balance_micros) == ("ada", units(5))


async def test_a_pin_that_is_given_must_be_right_also_where_none_is_needed(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        people(site)

        assert await reason_of(with_card(site, WRONG)) == Reason.WRONG_PIN
        assert await reason_of(with_card(site, PIN)) is None
        bob = site.services.log_in.log_in(DEVICE, "card-of-bob", PIN)
        assert await reason_of(bob) == Reason.WRONG_PIN


async def test_a_pin_without_a_known_card_opens_nothing(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        people(site)

        login = site.services.log_in.log_in(DEVICE, "no-card", PIN)
        assert await reason_of(login) == Reason.UNKNOWN_CARD


@pytest.mark.parametrize(
    ("user_name", "password", "reason"),
    [
        ("ada", PASSWORD, None),
        ("ada", WRONG, Reason.WRONG_PASSWORD),
        ("ghost", PASSWORD, Reason.WRONG_PASSWORD),
        ("bob", PASSWORD, Reason.PASSWORD_NOT_CHECKED),
    ],
)
@pytest.mark.parametrize("state", [LinkState.ONLINE, LinkState.OFFLINE])
async def test_a_password_is_compared_with_the_hash_in_the_replica_whatever_the_link_does(
    tmp_path: Path, state: LinkState, user_name: str, password: SecretStr, reason: str | None
) -> None:
    async with a_site(tmp_path) as site:
        people(site)
        site.link.state = state
        site.policy("global", "", {"password_login": "replicated_hash"})

        assert await reason_of(by_password(site, password, user_name)) == reason
        assert site.services.log_in.open_sessions == (reason is None)


async def test_a_password_is_not_even_looked_at_where_the_policy_denies_it(tmp_path: Path) -> None:
    directory = BranchDirectoryDouble({"ada": "correct horse"})
    async with a_site(tmp_path, checkers=Checkers(branch_directory=directory)) as site:
        people(site)

        assert await reason_of(by_password(site)) == Reason.PASSWORD_LOGIN_OFF
        assert directory.asked == []


async def test_a_directory_in_the_branch_answers_instead_of_the_hash(tmp_path: Path) -> None:
    directory = BranchDirectoryDouble({"ada": "of the branch", "ghost": "boo"})
    async with a_site(tmp_path, checkers=Checkers(branch_directory=directory)) as site:
        people(site)
        site.link.state = LinkState.OFFLINE
        site.policy("site", "oslo", {"password_login": "branch_directory"})

        assert await reason_of(by_password(site, SecretStr("of the branch"))) is None
        assert await reason_of(by_password(site)) == Reason.WRONG_PASSWORD
        ghost = by_password(site, SecretStr("boo"), "ghost")
        assert await reason_of(ghost) == Reason.UNKNOWN_USER
        directory.is_lost = True
        assert await reason_of(by_password(site)) == Reason.PASSWORD_NOT_CHECKED


async def test_a_site_without_a_directory_cannot_check_what_only_that_would_know(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        people(site)
        site.policy("site", "oslo", {"password_login": "branch_directory"})

        assert await reason_of(by_password(site)) == Reason.PASSWORD_NOT_CHECKED


async def test_an_outage_that_lasts_may_change_where_a_password_is_compared(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        people(site)
        step = {"after_ms": 1_000, "rules": {"password_login": "replicated_hash"}}
        site.policy("site", "oslo", {"escalation": [step]})
        site.link.state, site.link.offline_since_ms = LinkState.OFFLINE, site.clock.wall_ms()

        assert await reason_of(by_password(site)) == Reason.PASSWORD_LOGIN_OFF
        site.clock.advance(1_000)
        assert await reason_of(by_password(site)) is None


async def test_a_hash_in_an_old_replica_is_not_believed(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        people(site)
        site.policy("site", "oslo", {"password_login": "replicated_hash"})
        site.clock.advance(8 * DAY_MS)

        assert await reason_of(by_password(site)) == Reason.CREDENTIALS_TOO_OLD
        assert await reason_of(with_card(site, PIN)) is None


async def test_the_sixth_try_is_refused_also_with_the_right_pin_and_the_card_alone_is_not(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        people(site)
        for number in range(5):
            assert await reason_of(with_card(site, guess(number))) == Reason.WRONG_PIN

        assert await reason_of(with_card(site, PIN)) == Cause.TOO_MANY_TRIES
        assert await reason_of(with_card(site)) is None
        site.clock.advance(15 * 60_000)
        assert await reason_of(with_card(site, PIN)) is None


async def test_guesses_at_users_who_are_not_there_are_counted_like_any_other(
    tmp_path: Path,
) -> None:
    async with a_site(tmp_path) as site:
        site.policy("site", "oslo", {"password_login": "replicated_hash"})
        for number in range(5):
            login = by_password(site, guess(number), "ghost")
            assert await reason_of(login) == Reason.WRONG_PASSWORD

        assert await reason_of(by_password(site, WRONG, "ghost")) == Cause.TOO_MANY_TRIES


async def test_where_nobody_can_wait_any_more_the_login_is_refused_and_not_counted(
    tmp_path: Path,
) -> None:
    full = Checkers(hashing=Hashing(at_once=0, waiting_max=0))
    async with a_site(tmp_path, checkers=full) as site:
        people(site)
        for _ in range(6):
            assert await reason_of(with_card(site, PIN)) == Cause.TOO_MANY_LOGINS


async def test_no_secret_is_written_down_anywhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with a_site(tmp_path) as site:
        people(site)
        site.policy("site", "oslo", {"password_login": "replicated_hash"})
        await with_card(site, PIN)
        await by_password(site)
        for number in range(6):
            await reason_of(with_card(site, guess(number)))

    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    for secret in (PIN, PASSWORD, guess(0), guess(4)):
        assert secret.get_secret_value().encode() not in kept
        assert secret.get_secret_value() not in caplog.text
