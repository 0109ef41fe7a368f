"""Entries that moved no money because they cannot be right, and how a person settles them."""

import json
from http import HTTPStatus
from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from primary.errors import BadRequestError
from primary.http.exchange import (
    SERVICES,
    answer,
    body_of,
    limit_of,
    number_of,
    page,
    plain,
    site_name_of,
)
from primary.names import BalanceMicros, FromOutside
from primary.service.settle_dispute import ADJUSTMENTS_MAX, Correction, Verdict
from primary.store.disputes import Dispute
from replication.entry_bodies import Payer

routes: Final = web.RouteTableDef()

ENTRY_ID_MAX: Final = 2**53
DIGITS_MAX: Final = 15
STATES: Final = ("open", "all")


class CorrectionBody(FromOutside):
    """What a payer gains; a debit is negative."""

    payer: Payer
    amount_micros: BalanceMicros


class VerdictBody(FromOutside):
    """A person's word on the entry."""

    comment: Annotated[str, Field(min_length=1, max_length=1023)]
    adjustments: Annotated[tuple[CorrectionBody, ...], Field(max_length=ADJUSTMENTS_MAX)] = ()


@routes.get("/api/v1/disputes")
async def list_disputes(request: web.Request) -> web.Response:
    """A page of disputed entries in the order of their arrival; `state` is open or all."""
    state = request.query.get("state", STATES[0])
    if state not in STATES:
        raise BadRequestError("state must be open or all.")
    limit = limit_of(request)
    found = await request.app[SERVICES].disputes.page(
        after=number_of(request, "after", default=0, highest=ENTRY_ID_MAX),
        limit=limit,
        with_settled=state == "all",
    )
    return answer(page([_shown(each) for each in found], limit, "entry_id"))


@routes.post("/api/v1/disputes/{site_name}/{epoch}/{seq}/settle")
async def settle_dispute(request: web.Request) -> web.Response:
    """Settle one: what it comes to is booked by headquarters, once."""
    body = await body_of(request, VerdictBody)
    verdict = Verdict(
        site_name=site_name_of(request),
        epoch=_number(request, "epoch"),
        seq=_number(request, "seq"),
        comment=body.comment,
        corrections=tuple(Correction(**each.model_dump()) for each in body.adjustments),
    )
    found, is_new = await request.app[SERVICES].disputes.settle(verdict)
    return answer(_shown(found), HTTPStatus.CREATED if is_new else HTTPStatus.OK)


def _shown(dispute: Dispute) -> dict[str, object]:
    shown = plain(dispute)
    if dispute.settlement is not None:
        shown["settlement"]["adjustments"] = json.loads(dispute.settlement.adjustments)
    return shown


def _number(request: web.Request, key: str) -> int:
    text = request.match_info[key]
    if not (text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX):
        raise BadRequestError(f"The {key} in the path must be a whole number.")
    return int(text)
