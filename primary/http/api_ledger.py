"""The ledger, for people who check."""

import json
from typing import Final

from aiohttp import web

from primary.http.exchange import SERVICES, answer, limit_of, number_of, page, plain
from primary.store.ledger_report import LedgerEntry

routes: Final = web.RouteTableDef()

ENTRY_ID_MAX: Final = 2**53


@routes.get("/api/v1/ledger/entries")
async def list_entries(request: web.Request) -> web.Response:
    """A page of entries in the order of their arrival, of one site or of all."""
    limit = limit_of(request)
    found = await request.app[SERVICES].report.entries(
        after=number_of(request, "after", default=0, highest=ENTRY_ID_MAX),
        limit=limit,
        site_name=request.query.get("site"),
    )
    return answer(page([_shown(entry) for entry in found], limit, "entry_id"))


@routes.get("/api/v1/ledger/balances")
async def list_balances(request: web.Request) -> web.Response:
    """Each balance as the movements of the ledger add up; the directory is not asked."""
    balances = await request.app[SERVICES].report.balances()
    items = [{"payer": payer, "balance_micros": balance} for payer, balance in balances.items()]
    return answer({"items": items})


@routes.get("/api/v1/ledger/totals")
async def get_totals(request: web.Request) -> web.Response:
    """All of the ledger in a few numbers."""
    return answer(plain(await request.app[SERVICES].report.totals()))


def _shown(entry: LedgerEntry) -> dict[str, object]:
    try:
        body = json.loads(entry.body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        body = entry.body
    return {**plain(entry), "body": body}


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no JSON.")
