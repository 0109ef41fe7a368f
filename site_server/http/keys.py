"""What the handlers need, and who may call: a panel by its token, an administrator by the key."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from aiohttp import web

from site_server.causes import Cause
from site_server.refusals import refusal
from site_server.service.site_status import SiteStatus
from site_server.services import Services

if TYPE_CHECKING:
    from site_server.store.directory_rows import Device
    from site_server.store.sessions import PanelSession

SERVICES: Final = web.AppKey("services", Services)
STATUS: Final = web.AppKey("status", SiteStatus)
ADMIN_KEY: Final = web.AppKey("admin_key", bytes)
METRICS_KEY: Final = web.AppKey("metrics_key", bytes)

SCHEME: Final = "Bearer "


def device_of(request: web.Request) -> Device:
    """The panel that calls; `RefusedError` for anybody else."""
    device = request.app[SERVICES].log_in.device(_token(request))
    if device is None:
        raise refusal(Cause.NO_SUCH_DEVICE)
    return device


def session_of(request: web.Request) -> PanelSession:
    """The login that the path names, at the panel that calls; `RefusedError` if there is none."""
    log_in = request.app[SERVICES].log_in
    return log_in.session(device_of(request), request.match_info["session_id"])


def check_admin(request: web.Request) -> None:
    """Raise `RefusedError` unless the caller brings the content of admin.key."""
    if not hmac.compare_digest(brought_by(request), request.app[ADMIN_KEY]):
        raise refusal(Cause.NOT_ADMINISTRATOR)


def brought_by(request: web.Request) -> bytes:
    """The key that the caller brings."""
    return _token(request).encode("utf-8", "surrogateescape")


def _token(request: web.Request) -> str:
    header = request.headers.get("Authorization", "")
    return header.removeprefix(SCHEME) if header.startswith(SCHEME) else ""
