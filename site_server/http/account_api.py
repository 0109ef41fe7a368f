"""The panels' list of shared accounts, for whoever is asked who pays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from failure_modes.catalogue import money_text
from site_server.http.keys import SERVICES, session_of

if TYPE_CHECKING:
    from site_server.service.list_accounts import OfferedAccount

routes: Final = web.RouteTableDef()


@routes.get("/device/v1/sessions/{session_id}/accounts")
async def list_accounts(request: web.Request) -> web.Response:
    """The accounts that the person may choose; one without a limit shows no balance."""
    session = session_of(request)
    listed = request.app[SERVICES].panels.list_accounts.list(session)
    return web.json_response(
        {
            "user_name": session.user_name,
            "currency": listed.currency,
            "accounts": [_account(each, listed.currency) for each in listed.accounts],
        }
    )


def _account(account: OfferedAccount, currency: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"account_name": account.account_name, "title": account.title}
    if account.balance_micros is not None:
        shown["balance_micros"] = account.balance_micros
        shown["balance"] = money_text(account.balance_micros, currency)
    return shown
