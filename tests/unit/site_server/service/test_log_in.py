"""Cards and logins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from failure_modes.vocabulary import Reason
from site_server.causes import Cause
from site_server.config import Limits, Times
from site_server.errors import RefusedError
from site_server.store.directory_rows import Device
from tests.unit.site_server.a_site import DEVICE, DEVICE_TOKEN, a_site, units

if TYPE_CHECKING:
    from pathlib import Path

OTHER = Device(device_name="panel-2", printer_name="oslo-1")
IDLE_MS = Times().session_idle_ms


async def test_a_card_opens_a_session_and_shows_the_money(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5), full_name="Ada Lovelace")
        answer = await site.logged_in("ada")
        assert (answer.full_name, answer.balance_micros) == ("Ada Lovelace", units(5))
        assert answer.currency == "EUR"
        assert site.services.log_in.session(DEVICE, answer.session.session_id) == answer.session


async def test_a_card_number_is_read_without_blanks_and_case(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        answer = await site.services.log_in.log_in(DEVICE, "  CARD-OF-ADA ")
        assert answer.session.user_name == "ada"


@pytest.mark.parametrize("card", ["never-seen", "lost"])
async def test_an_unknown_or_revoked_card_is_refused_and_nothing_is_journaled(
    tmp_path: Path, card: str
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        site.card("ada", "lost", revoked=True)
        with pytest.raises(RefusedError) as refused:
            await site.services.log_in.log_in(DEVICE, card)
        assert refused.value.reason == Reason.UNKNOWN_CARD
        assert "not known" in refused.value.detail
        assert site.kinds() == []
        assert site.services.log_in.open_sessions == 0


async def test_a_disabled_user_is_refused(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", enabled=False)
        with pytest.raises(RefusedError) as refused:
            await site.log_in("ada")
        assert refused.value.reason == Reason.USER_DISABLED


async def test_a_card_whose_owner_is_gone_is_refused(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.card("ghost", "card-of-ghost")
        with pytest.raises(RefusedError) as refused:
            await site.log_in("ghost")
        assert refused.value.reason == Reason.UNKNOWN_USER


async def test_a_fresh_site_knows_no_panel_and_says_why(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.replica.ready = False
        with pytest.raises(RefusedError) as refused:
            site.services.log_in.device(DEVICE_TOKEN)
        assert refused.value.reason == Reason.NO_REPLICA


async def test_a_panel_is_known_by_its_token(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        assert site.services.log_in.device(DEVICE_TOKEN) == DEVICE
        assert site.services.log_in.device("wrong") is None


async def test_a_session_belongs_to_its_panel_alone(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        session = await site.log_in("ada")
        with pytest.raises(RefusedError) as refused:
            site.services.log_in.session(OTHER, session.session_id)
        assert refused.value.reason == Cause.NO_SUCH_SESSION


async def test_an_idle_session_ends_and_a_used_one_goes_on(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        idle, used = await site.log_in("ada"), await site.log_in("ada")
        site.clock.advance(IDLE_MS - 1)
        site.services.log_in.session(DEVICE, used.session_id)
        site.clock.advance(1)
        await site.services.expire.once()
        site.services.log_in.session(DEVICE, used.session_id)
        with pytest.raises(RefusedError):
            site.services.log_in.session(DEVICE, idle.session_id)


async def test_a_bad_time_server_ends_no_session(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        session = await site.log_in("ada")
        site.clock.jump(86_400_000)
        await site.services.expire.once()
        site.services.log_in.session(DEVICE, session.session_id)


async def test_a_logout_ends_the_session(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        session = await site.log_in("ada")
        await site.services.log_in.log_out(session)
        with pytest.raises(RefusedError):
            site.services.log_in.session(DEVICE, session.session_id)


async def test_a_session_survives_a_restart(tmp_path: Path) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada")
        kept, ended = await site.log_in("ada"), await site.log_in("ada")
        await site.services.log_in.log_out(ended)
    async with a_site(tmp_path) as site:
        assert site.services.log_in.session(DEVICE, kept.session_id) == kept
        assert site.services.log_in.open_sessions == 1


async def test_at_the_bound_of_sessions_the_next_login_is_refused(tmp_path: Path) -> None:
    async with a_site(tmp_path, limits=Limits(sessions_max=1)) as site:
        site.user("ada")
        first = await site.log_in("ada")
        with pytest.raises(RefusedError) as refused:
            await site.log_in("ada")
        assert refused.value.reason == Cause.TOO_MANY_SESSIONS
        await site.services.log_in.log_out(first)
        await site.log_in("ada")
