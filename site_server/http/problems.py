"""Refusals as RFC 9457 problem documents: a stable reason, a readable sentence, and what to do."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web
from pydantic import ValidationError

from failure_modes.vocabulary import Reason
from replication.errors import ReplicationError, StorageFullError, StoreClosedError
from site_server.causes import Cause
from site_server.errors import RefusedError
from site_server.refusals import refusal, retry_helps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp.typedefs import Handler

CONTENT_TYPE: Final = "application/problem+json"
RETRY_AFTER_S: Final = "2"

STATUS_OF: Final[Mapping[str, HTTPStatus]] = {
    Reason.UNKNOWN_CARD: HTTPStatus.FORBIDDEN,
    Reason.UNKNOWN_USER: HTTPStatus.FORBIDDEN,
    Reason.USER_DISABLED: HTTPStatus.FORBIDDEN,
    Reason.PIN_NEEDED: HTTPStatus.FORBIDDEN,
    Reason.WRONG_PIN: HTTPStatus.FORBIDDEN,
    Reason.WRONG_PASSWORD: HTTPStatus.FORBIDDEN,
    Reason.PASSWORD_LOGIN_OFF: HTTPStatus.FORBIDDEN,
    Reason.PASSWORD_NOT_CHECKED: HTTPStatus.SERVICE_UNAVAILABLE,
    Reason.CREDENTIALS_TOO_OLD: HTTPStatus.FORBIDDEN,
    Reason.CARD_CLAIMS_OFF: HTTPStatus.FORBIDDEN,
    Reason.NOT_ENOUGH_CREDIT: HTTPStatus.PAYMENT_REQUIRED,
    Reason.HELD_FOR_MANAGER: HTTPStatus.FORBIDDEN,
    Reason.ACCOUNT_NOT_OPEN: HTTPStatus.FORBIDDEN,
    Reason.NO_REPLICA: HTTPStatus.SERVICE_UNAVAILABLE,
    Cause.NO_SUCH_DEVICE: HTTPStatus.UNAUTHORIZED,
    Cause.NOT_ADMINISTRATOR: HTTPStatus.UNAUTHORIZED,
    Cause.NOT_A_NODE: HTTPStatus.FORBIDDEN,
    Cause.BAD_REQUEST: HTTPStatus.BAD_REQUEST,
    Cause.TOO_SLOW: HTTPStatus.REQUEST_TIMEOUT,
    Cause.NO_SUCH_SESSION: HTTPStatus.NOT_FOUND,
    Cause.NO_SUCH_JOB: HTTPStatus.NOT_FOUND,
    Cause.NO_SUCH_COPY: HTTPStatus.NOT_FOUND,
    Cause.NO_SUCH_QUEUE: HTTPStatus.NOT_FOUND,
    Cause.NO_SUCH_PRINTER: HTTPStatus.NOT_FOUND,
    Cause.NOT_YOUR_JOB: HTTPStatus.FORBIDDEN,
    Cause.NOT_A_MANAGER: HTTPStatus.FORBIDDEN,
    Cause.TOO_MANY_SESSIONS: HTTPStatus.TOO_MANY_REQUESTS,
    Cause.TOO_MANY_TRIES: HTTPStatus.TOO_MANY_REQUESTS,
    Cause.TOO_MANY_LOGINS: HTTPStatus.TOO_MANY_REQUESTS,
    Cause.TOO_MANY_COPIES_OPEN: HTTPStatus.TOO_MANY_REQUESTS,
    Cause.TOO_MANY_CARD_CLAIMS: HTTPStatus.TOO_MANY_REQUESTS,
    Cause.CARD_CLAIMS_FULL: HTTPStatus.TOO_MANY_REQUESTS,
    Cause.TOO_MANY_DELIVERIES: HTTPStatus.TOO_MANY_REQUESTS,
    Cause.DISK_FULL: HTTPStatus.INSUFFICIENT_STORAGE,
    Cause.STORE_BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    Cause.NO_DIRECTORY: HTTPStatus.CONFLICT,
    Cause.STOPPING: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Every other refusal says that things stand otherwise than the caller thought: 409."""

_log = logging.getLogger(__name__)


@web.middleware
async def problems_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every refusal of `handler` into a problem document."""
    try:
        return await handler(request)
    except RefusedError as error:
        return problem(error)
    except ValidationError as error:
        return problem(RefusedError(Cause.BAD_REQUEST, words_of(error), "Correct the body."))
    except ReplicationError as error:
        return problem(_of_store(request, error))
    except TimeoutError:
        return problem(refusal(Cause.TOO_SLOW))
    except web.HTTPError as error:
        return _http_problem(error)


def problem(error: RefusedError, status: HTTPStatus | None = None) -> web.Response:
    """The document that says this no."""
    status = status or STATUS_OF.get(error.reason, HTTPStatus.CONFLICT)
    body = {
        "type": f"urn:holdfast:problem:{error.reason}",
        "title": status.phrase,
        "status": int(status),
        "reason": str(error.reason),
        "detail": error.detail,
        "advice": error.advice,
    }
    response = web.json_response(body, status=int(status), content_type=CONTENT_TYPE)
    if status is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if retry_helps(error.reason):
        response.headers["Retry-After"] = RETRY_AFTER_S
    return response


def _of_store(request: web.Request, error: ReplicationError) -> RefusedError:
    match error:
        case StorageFullError():
            return refusal(Cause.DISK_FULL)
        case StoreClosedError():
            return refusal(Cause.STOPPING)
        case _:
            _log.warning("%s %s: %s", request.method, request.path, error)
            return refusal(Cause.STORE_BUSY)


def _http_problem(error: web.HTTPError) -> web.Response:
    status = HTTPStatus(error.status)
    advice = _ADVICE.get(status, "See the documentation of this API.")
    response = problem(RefusedError(status.name.lower(), error.reason, advice), status)
    if isinstance(error, web.HTTPMethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
    return response


_ADVICE: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address. Correct the path.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address takes other methods; see the header Allow.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too long. Send less at once.",
}


def words_of(error: ValidationError) -> str:
    """What is wrong with a body, field by field, without what was sent."""
    problems = (
        f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}"
        for each in error.errors(include_url=False)
    )
    return "; ".join(problems)
