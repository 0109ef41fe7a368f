"""Refusals as RFC 9457 problem documents: what is wrong, and what to do, for whoever called."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

from primary.errors import (
    BadRequestError,
    BelowMinimumError,
    CertificateTooOldError,
    ConfigError,
    ConflictError,
    JoinRefusedError,
    NotFoundError,
    PrimaryError,
    SiteRevokedError,
    TooBusyError,
)
from replication.errors import NotInEffectError, ReplicationError, StorageFullError

logger: Final = logging.getLogger(__name__)

CONTENT_TYPE: Final = "application/problem+json"
_STATUS_OF: Final[tuple[tuple[type[Exception], HTTPStatus, str], ...]] = (
    (ConfigError, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid"),
    (BadRequestError, HTTPStatus.BAD_REQUEST, "bad_request"),
    (JoinRefusedError, HTTPStatus.FORBIDDEN, "join_refused"),
    (CertificateTooOldError, HTTPStatus.FORBIDDEN, "certificate_too_old"),
    (NotFoundError, HTTPStatus.NOT_FOUND, "not_found"),
    (BelowMinimumError, HTTPStatus.CONFLICT, "below_minimum"),
    (ConflictError, HTTPStatus.CONFLICT, "conflict"),
    (TooBusyError, HTTPStatus.SERVICE_UNAVAILABLE, "come_again"),
    (NotInEffectError, HTTPStatus.SERVICE_UNAVAILABLE, "not_in_effect"),
    (SiteRevokedError, HTTPStatus.CONFLICT, "site_revoked"),
    (StorageFullError, HTTPStatus.INSUFFICIENT_STORAGE, "disk_full"),
    (ReplicationError, HTTPStatus.SERVICE_UNAVAILABLE, "not_available"),
    (PrimaryError, HTTPStatus.INTERNAL_SERVER_ERROR, "damaged"),
)
"""The first class that fits counts."""


def problem(
    status: int, code: str, detail: str, more: Mapping[str, Any] | None = None
) -> web.Response:
    """The response that refuses: `code` is for programs, `detail` for people."""
    body = {
        "type": f"urn:holdfast:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        **(more or {}),
    }
    return web.json_response(body, status=int(status), content_type=CONTENT_TYPE)


@web.middleware
async def problems_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every refusal of `handler` into a problem document."""
    try:
        return await handler(request)
    except (PrimaryError, ReplicationError) as error:
        return _refusal(request, error)
    except TimeoutError:
        return problem(
            HTTPStatus.REQUEST_TIMEOUT,
            "too_slow",
            "The body did not arrive in time. Send it again.",
        )
    except web.HTTPError as error:
        return _http_refusal(error)


def _refusal(request: web.Request, error: PrimaryError | ReplicationError) -> web.Response:
    status, code = next((s, code) for kind, s, code in _STATUS_OF if isinstance(error, kind))
    if isinstance(error, TooBusyError):  # told where it is counted, once
        response = problem(status, code, str(error))
        response.headers.update(error.wait.headers())
        return response
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("%s %s: %s", request.method, request.path, error)
    more: dict[str, Any] = {}
    if isinstance(error, ConfigError):
        more = {"problems": list(error.problems)}
    if isinstance(error, BelowMinimumError):
        more = {"balance_micros": error.balance_micros}
    return problem(status, code, str(error), more)


def _http_refusal(error: web.HTTPError) -> web.Response:
    code = HTTPStatus(error.status).name.lower()
    response = problem(error.status, code, _ADVICE.get(error.status, error.reason))
    if isinstance(error, web.HTTPMethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
    return response


_ADVICE: Final[Mapping[int, str]] = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address. Correct the path.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address takes other methods; see the header Allow.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too long. Send less at once.",
}
