"""The API of the panels, for outages: what to know before one, and what was done in one."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import ETag, web
from pydantic import ValidationError

from failure_modes.catalogue import CATALOGUE
from failure_modes.vocabulary import Reason
from replication.journal import canonical_json
from site_server.causes import WORDS as REFUSALS
from site_server.causes import Cause
from site_server.http.bodies import read_body
from site_server.http.card_use_bodies import USES_MAX, CardUseBody, CardUsesBody
from site_server.http.keys import SERVICES, device_of
from site_server.http.problems import words_of
from site_server.service.device_settings import WORDS

if TYPE_CHECKING:
    from site_server.service.charge_cards import UseAnswer
    from site_server.service.device_settings import PanelSettings
    from site_server.store.directory_rows import Device

routes: Final = web.RouteTableDef()


@routes.get("/device/v1/settings")
async def get_settings(request: web.Request) -> web.Response:
    """The panel's rules; 304 where it has them already, and the header Date is the time then."""
    device = device_of(request)
    services = request.app[SERVICES]
    body = _settings(device, services.panels.device_settings.of(device))
    tag = ETag(hashlib.sha256(canonical_json(body).encode()).hexdigest()[:32])
    if tag in (request.if_none_match or ()):
        response = web.Response(status=HTTPStatus.NOT_MODIFIED)
    else:
        response = web.json_response({**body, "server_wall_ms": services.ground.clock.wall_ms()})
    response.etag = tag
    return response


@routes.post("/device/v1/card-uses")
async def take_card_uses(request: web.Request) -> web.Response:
    """Charge what the panel did by itself; each use has an answer of its own, in order."""
    device = device_of(request)
    body = await read_body(request, CardUsesBody)
    charge_cards = request.app[SERVICES].panels.charge_cards
    read = [_read(use) for use in body.uses]
    good = [use for use in read if isinstance(use, CardUseBody)]
    told = [use.told(charge_cards.hashed(use.card_number)) for use in good]
    answers = iter(await charge_cards.take(device, told))
    return web.json_response(
        {"uses": [_answer(next(answers)) if isinstance(use, CardUseBody) else use for use in read]}
    )


def _read(raw: object) -> CardUseBody | dict[str, Any]:
    """The use, or the answer that says what is wrong with it; it repeats no card number."""
    try:
        return CardUseBody.model_validate(raw)
    except ValidationError as error:
        named = raw.get("use_uuid") if isinstance(raw, dict) else None
        use_uuid = named if isinstance(named, str) else None
        return _refused(use_uuid, Cause.BAD_CARD_USE, words_of(error))


def _answer(answer: UseAnswer) -> dict[str, Any]:
    taken = answer.taken
    if taken is None:
        cause = answer.refused or Cause.BAD_CARD_USE
        return _refused(answer.use_uuid, cause, REFUSALS[cause].detail)
    return {
        "use_uuid": answer.use_uuid,
        "taken": True,
        "repeated": answer.repeated,
        "matched": taken.matched,
        "cost_micros": taken.cost_micros,
        "reason": taken.reason,
        "advice": CATALOGUE[Reason(taken.reason)].advice,
    }


def _refused(use_uuid: str | None, cause: Cause, detail: str) -> dict[str, Any]:
    return {
        "use_uuid": use_uuid,
        "taken": False,
        "reason": cause,
        "detail": detail,
        "advice": REFUSALS[cause].advice,
    }


def _settings(device: Device, settings: PanelSettings) -> dict[str, Any]:
    rules = settings.device_offline
    return {
        "device_name": device.device_name,
        "printer_name": device.printer_name,
        "policy_version": settings.policy_version,
        "device_offline": {
            "enabled": rules.enabled,
            "delay_ms": rules.delay_ms,
            "needs_unlock_code": rules.needs_unlock_code,
            "unlock_tries": rules.unlock_tries,
            "unlock_code_hash": rules.unlock_code_hash,
        },
        "words": dict(WORDS),
        "hold_modes": dict(settings.hold_modes),
        "card_uses_max": USES_MAX,
    }
