"""What the money of a user and that of a shared account have in common at the API."""

import dataclasses
from http import HTTPStatus
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from primary.http.exchange import SERVICES, answer, body_of
from primary.names import BalanceMicros, FromOutside
from primary.service.adjust import Adjustment
from primary.store import grants


class AdjustmentBody(FromOutside):
    """A change of a balance by hand; a debit is negative."""

    amount_micros: BalanceMicros
    comment: Annotated[str, Field(max_length=1023)]
    request_id: Annotated[str, Field(min_length=1, max_length=255)]
    remaining_min_micros: BalanceMicros | None = None


async def adjust(request: web.Request, payer: str, called: dict[str, Any]) -> web.Response:
    """Change the balance of `payer`, once for each `request_id`; `called` names them."""
    body = await body_of(request, AdjustmentBody)
    adjusted = await request.app[SERVICES].adjust.apply(
        Adjustment(payer=payer, **body.model_dump())
    )
    status = HTTPStatus.OK if adjusted.repeated else HTTPStatus.CREATED
    return answer({**called, **dataclasses.asdict(adjusted)}, status)


def balance(request: web.Request, payer: str, called: dict[str, Any]) -> web.Response:
    """What headquarters knows of the money of `payer`; `called` names them.

    Also how it is shared out: under `strict` a site spends what it was granted, and nothing else.
    """
    directory = request.app[SERVICES].directory
    with directory.read() as connection:
        found = grants.shares(connection, payer)
    return answer(
        {
            **called,
            "balance_micros": found.balance_micros,
            "currency": directory.currency(),
            "unassigned_micros": found.unassigned_micros,
            "over_granted_micros": found.over_granted_micros,
            "grants": [dataclasses.asdict(grant) for grant in found.grants],
        }
    )
