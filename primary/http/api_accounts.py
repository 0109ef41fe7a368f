"""Shared accounts, their money, and who may choose them."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import Field
from sqlalchemy import Connection

from primary.http import money
from primary.http.exchange import SERVICES, account_name_of, answer, body_of, limit_of, page
from primary.names import AccountMember, FromOutside, Title
from primary.store import accounts
from primary.store.accounts import Account, AccountFields
from replication.entry_bodies import account_payer

routes: Final = web.RouteTableDef()

ACCOUNT: Final = "/api/v1/accounts/{account_name}"


class AccountBody(FromOutside):
    """All that can be said of an account; what is left out takes its default."""

    title: Title
    enabled: bool = True
    restricted: bool = True
    open_to: Annotated[tuple[AccountMember, ...], Field(max_length=1_000)] = ()


@routes.get("/api/v1/accounts")
async def list_accounts(request: web.Request) -> web.Response:
    """A page of accounts, by name."""
    directory, limit = request.app[SERVICES].directory, limit_of(request)
    with directory.read() as connection:
        found = accounts.page_of_accounts(
            connection, after=request.query.get("after", ""), limit=limit
        )
    return answer(page([_shown(account) for account in found], limit, "account_name"))


@routes.get(ACCOUNT)
async def get_account(request: web.Request) -> web.Response:
    """One account."""
    return answer(_shown(_account(request)))


@routes.put(ACCOUNT)
async def put_account(request: web.Request) -> web.Response:
    """Make an account, with nothing in its balance, or say all of one anew."""
    account_name = account_name_of(request)
    fields = AccountFields(**(await body_of(request, AccountBody)).model_dump())

    def work(connection: Connection) -> tuple[bool, Account]:
        is_new = accounts.put_account(connection, account_name, fields)
        return is_new, accounts.account(connection, account_name)

    is_new, account = await request.app[SERVICES].directory.write(work)
    return answer(_shown(account), HTTPStatus.CREATED if is_new else HTTPStatus.OK)


@routes.get(ACCOUNT + "/balance")
async def get_balance(request: web.Request) -> web.Response:
    """What headquarters knows of an account's money: all entries that have arrived."""
    account_name = _account(request).account_name
    return money.balance(request, account_payer(account_name), {"account_name": account_name})


@routes.post(ACCOUNT + "/adjustments")
async def adjust_balance(request: web.Request) -> web.Response:
    """Change a balance by hand, once for each `request_id`."""
    account_name = account_name_of(request)
    return await money.adjust(request, account_payer(account_name), {"account_name": account_name})


def _account(request: web.Request) -> Account:
    with request.app[SERVICES].directory.read() as connection:
        return accounts.account(connection, account_name_of(request))


def _shown(account: Account) -> dict[str, Any]:
    return {
        "account_name": account.account_name,
        "title": account.fields.title,
        "enabled": account.fields.enabled,
        "restricted": account.fields.restricted,
        "open_to": list(account.fields.open_to),
        "balance_micros": account.balance_micros,
    }
