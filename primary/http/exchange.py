"""What every handler of the API shares: its services, and how it reads a request and answers it."""

import asyncio
import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, TypeVar

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from primary.errors import BadRequestError, ConfigError
from primary.names import AccountName, FromOutside, PrinterName, SiteName, ThingName, UserName
from primary.ports import Checks, HeldJobs, JoinTokens
from primary.service.adjust import Adjust
from primary.service.admission import Admission, Load
from primary.service.grant_quotas import GrantQuotas
from primary.service.settle_dispute import SettleDispute
from primary.service.site_says import SiteSays
from primary.service.uplinks import Uplinks
from primary.store.directory import Directory
from primary.store.ledger_report import LedgerReport
from primary.store.lookups import Lookups
from primary.validation import problems_of
from replication.adapters.hashing import Hashing
from replication.adapters.system_clock import SystemClock
from replication.ports import Clock
from replication.schema.directory import SCHEMA_VERSION

B = TypeVar("B", bound=FromOutside)

BODY_BYTES_MAX: Final = 64 * 1024
BODY_TIMEOUT_S: Final = 10
PAGE_ITEMS_MAX: Final = 1_000
PAGE_ITEMS: Final = 100

_USER_NAME: Final[TypeAdapter[str]] = TypeAdapter(UserName)
_ACCOUNT_NAME: Final[TypeAdapter[str]] = TypeAdapter(AccountName)
_SITE_NAME: Final[TypeAdapter[str]] = TypeAdapter(SiteName)
_PRINTER_NAME: Final[TypeAdapter[str]] = TypeAdapter(PrinterName)
_THING_NAME: Final[TypeAdapter[str]] = TypeAdapter(ThingName)


def _nobody(_site_name: str) -> None:
    """Nobody is connected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """All that the API works with."""

    directory: Directory
    report: LedgerReport
    lookups: Lookups
    adjust: Adjust
    quotas: GrantQuotas
    disputes: SettleDispute
    join_tokens: JoinTokens
    held_jobs: HeldJobs
    checks: Checks
    card_key: bytes
    hashing: Hashing = field(default_factory=Hashing)
    site_says: SiteSays = field(default_factory=SiteSays)
    uplinks: Uplinks = field(default_factory=Uplinks)
    clock: Clock = field(default_factory=SystemClock)
    writes: int = SCHEMA_VERSION
    """The version of the schema in which the directory is written."""
    head_txid: Callable[[], int] = int
    """The newest TXID that sites can have; 0: there is none yet."""
    link_load: Callable[[], Load] = field(default=lambda: _no_load())  # noqa: PLW0108 - below
    end_link: Callable[[str], None] = _nobody
    """Ends the connection of that site, if it stands."""
    certificate_days: Callable[[], Mapping[str, int]] = dict
    """Days until headquarters' own certificates end, by name."""


def _no_load() -> Load:
    """Of an API without a link."""
    return Admission(clock=SystemClock()).load(connected=0, handshakes=0, fell_behind=0)


SERVICES: Final = web.AppKey("services", Services)


async def body_of(request: web.Request, model: type[B]) -> B:
    """The request's JSON body. Errors: `ConfigError` with every problem of it."""
    async with asyncio.timeout(BODY_TIMEOUT_S):
        content = await request.read()
    try:
        return model.model_validate_json(content or b"{}")
    except ValidationError as error:
        raise ConfigError(problems_of(error, model)) from error


async def object_of(request: web.Request, bytes_max: int) -> dict[str, Any]:
    """The request's JSON body where its shape is checked elsewhere. Errors: `ConfigError`."""
    async with asyncio.timeout(BODY_TIMEOUT_S):
        content = await request.clone(client_max_size=bytes_max).read()
    try:
        found = json.loads(content or b"{}")
    except ValueError as error:
        raise ConfigError([f"This is not JSON: {error}"]) from error
    if not isinstance(found, dict):
        raise ConfigError(["This is no JSON object; begin it with { and end it with }"])
    return found


def user_name_of(request: web.Request) -> str:
    """The user that the path names. Errors: `BadRequestError`."""
    return _checked(_USER_NAME, request.match_info["user_name"])


def account_name_of(request: web.Request) -> str:
    """The shared account that the path names. Errors: `BadRequestError`."""
    return _checked(_ACCOUNT_NAME, request.match_info["account_name"])


def site_name_of(request: web.Request) -> str:
    """The site that the path names. Errors: `BadRequestError`."""
    return _checked(_SITE_NAME, request.match_info["site_name"])


def printer_name_of(request: web.Request) -> str:
    """The printer that the path names. Errors: `BadRequestError`."""
    return _checked(_PRINTER_NAME, request.match_info["printer_name"])


def thing_name_of(request: web.Request, key: str) -> str:
    """The queue or device that the path names. Errors: `BadRequestError`."""
    return _checked(_THING_NAME, request.match_info[key])


def limit_of(request: web.Request) -> int:
    """How many items are asked for. Errors: `BadRequestError`."""
    return number_of(request, "limit", default=PAGE_ITEMS, highest=PAGE_ITEMS_MAX)


def number_of(request: web.Request, key: str, *, default: int, highest: int) -> int:
    """A whole number of the query, from 0. Errors: `BadRequestError`."""
    text = request.query.get(key, str(default))
    if not (text.isascii() and text.isdigit() and int(text) <= highest):
        raise BadRequestError(f"{key} must be a whole number from 0 to {highest}.")
    return int(text)


def answer(value: object, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """The JSON response that says `value`."""
    return web.json_response(value, status=status, dumps=_json)


def plain(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any of our dataclasses
    """A dataclass as JSON has it."""
    return dataclasses.asdict(value)


def page(items: Sequence[Mapping[str, Any]], limit: int, key: str) -> dict[str, Any]:
    """A page of a list; `next` is the `after` of the next one, null at the end."""
    is_full = len(items) >= limit > 0
    return {"items": list(items), "next": items[-1][key] if is_full else None}


def _json(value: object) -> str:
    # Names stay readable: people look at this, too.
    return json.dumps(value, ensure_ascii=False)


def _checked(adapter: TypeAdapter[str], name: str) -> str:
    try:
        return adapter.validate_python(name)
    except ValidationError as error:
        said = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise BadRequestError(f"{name!r} in the path cannot be a name: {said}.") from error
