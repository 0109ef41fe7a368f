"""Who printed what where, what moved whose money, and the sums of both by day.

Days are days in UTC, from 00:00 to 00:00. Lists are newest first and go on by `after`, the `next`
of the page before.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from aiohttp import web

from primary.errors import BadRequestError
from primary.http.exchange import SERVICES, answer, limit_of
from primary.store.ledger_queries import WALL_MS_MAX, RowKey, SumsWanted, Wanted
from primary.store.ledger_sums import DAY_MS
from replication.entry_bodies import account_payer, user_payer

routes: Final = web.RouteTableDef()

DIMENSIONS: Final = ("user", "site", "printer", "account")
_PAGING: Final = ("from", "until", "after", "limit")
_DAY_MAX: Final = date.max.toordinal() - date(1970, 1, 1).toordinal()
_KEY_PARTS: Final = 4
_NAME_CHARS_MAX: Final = 255
_NOT_A_NEXT: Final = "after must be the `next` of the page before."


@routes.get("/api/v1/print-log")
async def list_prints(request: web.Request) -> web.Response:
    """What was printed, by user, site, printer, account and day."""
    named = _named(request)
    equal = {f"{key}_name": named[key] for key in ("user", "site", "printer") if key in named}
    if "account" in named:
        equal["payer"] = account_payer(named["account"])
    wanted = _wanted(request, equal)
    rows = await request.app[SERVICES].lookups.prints(wanted)
    return answer(_page(rows, wanted.limit))


@routes.get("/api/v1/movements")
async def list_movements(request: web.Request) -> web.Response:
    """What money moved; `user` and `account` say whose it was, so only one of them can be asked."""
    named = _named(request)
    if "user" in named and "account" in named:
        raise BadRequestError("Money is a user's or an account's. Ask for user or for account.")
    equal = {f"{key}_name": named[key] for key in ("site", "printer") if key in named}
    if "user" in named:
        equal["payer"] = user_payer(named["user"])
    if "account" in named:
        equal["payer"] = account_payer(named["account"])
    wanted = _wanted(request, equal)
    rows = await request.app[SERVICES].lookups.movements(wanted)
    return answer(_page([_with_body(row) for row in rows], wanted.limit))


@routes.get("/api/v1/totals")
async def list_totals(request: web.Request) -> web.Response:
    """Pages and money of each day `by` user, site, printer or account; of one with `name`."""
    _check_known(request, ("by", "name", *_PAGING))
    dimension = request.query.get("by", "")
    if dimension not in DIMENSIONS:
        raise BadRequestError(f"by must be one of: {', '.join(DIMENSIONS)}.")
    wanted = SumsWanted(
        dimension=dimension,
        name=request.query.get("name"),
        from_day=_day(request, "from", 0),
        until_day=_day(request, "until", _DAY_MAX),
        after=_sums_after(request),
        limit=limit_of(request),
    )
    rows = await request.app[SERVICES].lookups.sums(wanted)
    items = [{**row, "day": _day_text(row["day"])} for row in rows]
    is_full = len(items) >= wanted.limit > 0
    after = f"{items[-1]['day']}.{items[-1]['name']}" if is_full else None
    return answer({"items": items, "next": after})


def _named(request: web.Request) -> dict[str, str]:
    _check_known(request, (*DIMENSIONS, *_PAGING))
    named = {key: request.query[key] for key in DIMENSIONS if key in request.query}
    for key, name in named.items():
        if not 0 < len(name) <= _NAME_CHARS_MAX or "\x00" in name:
            raise BadRequestError(f"{key} must be a name of 1 to {_NAME_CHARS_MAX} characters.")
    return named


def _check_known(request: web.Request, known: tuple[str, ...]) -> None:
    unknown = sorted(set(request.query) - set(known))
    if unknown:
        raise BadRequestError(f"{unknown[0]!r} is not known here; known: {', '.join(known)}.")


def _wanted(request: web.Request, equal: Mapping[str, str]) -> Wanted:
    newest = RowKey(wall_ms=WALL_MS_MAX)
    if "until" in request.query:
        newest = RowKey(wall_ms=(_day(request, "until", 0) + 1) * DAY_MS)
    after = _key(request.query["after"]) if "after" in request.query else newest
    from_ms = _day(request, "from", 0) * DAY_MS if "from" in request.query else -WALL_MS_MAX
    before = after if after.wall_ms < newest.wall_ms else newest
    return Wanted(equal=equal, from_ms=from_ms, before=before, limit=limit_of(request))


def _day(request: web.Request, key: str, default: int) -> int:
    text = request.query.get(key)
    if text is None:
        return default
    return _day_number(key, text)


def _day_number(key: str, text: str) -> int:
    try:
        return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()
    except ValueError as error:
        raise BadRequestError(f"{key} must be a day such as 2026-11-20.") from error


def _day_text(day: int) -> str:
    return date.fromordinal(day + date(1970, 1, 1).toordinal()).isoformat()


def _key(text: str) -> RowKey:
    wall_ms, epoch, seq, site_name = [*text.split(".", _KEY_PARTS - 1), "", "", ""][:_KEY_PARTS]
    try:
        key = RowKey(wall_ms=int(wall_ms), site_name=site_name, epoch=int(epoch), seq=int(seq))
    except ValueError as error:
        raise BadRequestError(_NOT_A_NEXT) from error
    is_whole = bool(site_name) and "\x00" not in site_name
    if not is_whole or max(abs(key.wall_ms), abs(key.epoch), abs(key.seq)) > WALL_MS_MAX:
        raise BadRequestError(_NOT_A_NEXT)
    return key


def _sums_after(request: web.Request) -> tuple[int, str] | None:
    if "after" not in request.query:
        return None
    day, _, name = request.query["after"].partition(".")
    return _day_number("after", day), name


def _page(rows: list[dict[str, Any]], limit: int) -> dict[str, Any]:
    is_full = len(rows) >= limit > 0
    last = rows[-1] if is_full else {}
    key = ".".join(str(last[name]) for name in ("wall_ms", "epoch", "seq", "site_name") if last)
    return {"items": [_shown(row) for row in rows], "next": key or None}


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    at = datetime.fromtimestamp(row["wall_ms"] / 1000, UTC)
    return {"at": at.isoformat(timespec="milliseconds"), **row}


def _with_body(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "body": json.loads(row["body"])}
