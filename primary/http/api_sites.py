"""Sites: join tokens, watermarks, the jobs they hold, and what an outage would do."""

from http import HTTPStatus
from typing import Annotated, Final

from aiohttp import web
from pydantic import Field

from primary.errors import NotFoundError
from primary.http.exchange import SERVICES, answer, body_of, plain, site_name_of
from primary.names import FromOutside, Title
from primary.service.outage_report import outage_report
from primary.service.site_says import Said
from primary.service.uplinks import Standing
from primary.store.directory import Site
from primary.store.policies import newest_version, newest_versions

DAY_MS: Final = 86_400_000

routes: Final = web.RouteTableDef()


class SiteBody(FromOutside):
    """All that headquarters says of a site."""

    title: Title


class JoinTokenBody(FromOutside):
    """Where the site dials headquarters, where that is not what is configured."""

    host: Annotated[str, Field(min_length=1, max_length=253)] | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None


@routes.get("/api/v1/sites")
async def list_sites(request: web.Request) -> web.Response:
    """Every site with what it says of itself.

    `policy_version` is the newest that headquarters has for it, `policy_version_applied` the one
    in the site's replica: where they are equal the site has everything.
    """
    services = request.app[SERVICES]
    with services.directory.read() as connection:
        version, versions = newest_version(connection), newest_versions(connection)
    items = [
        {
            **plain(site),
            "policy_version": versions.get(site.site_name, 0),
            **_said(services.site_says.of(site.site_name)),
            **_uplink(services.uplinks.of(site.site_name)),
            "certificate_days_left": days_left(site, services.clock.wall_ms()),
        }
        for site in services.directory.sites()
    ]
    return answer({"items": items, "policy_version": version})


def _said(said: Said | None) -> dict[str, object]:
    """What a site said last; null: nothing since headquarters started."""
    return {
        "link_state": said.link_state if said else None,
        "policy_version_applied": said.policy_version if said else None,
        "position_txid": said.position_txid if said else None,
        "replica_age_ms": said.replica_age_ms if said else None,
        "reader": said.reader if said else None,
        "needs_reader": said.needs_reader if said else None,
        "heard_wall_ms": said.heard_wall_ms if said else None,
    }


def _uplink(standing: Standing) -> dict[str, object]:
    """How its way up is; the offset is null where the site has not called since the start."""
    return {**plain(standing), "clock_is_wrong": standing.clock_is_wrong}


def days_left(site: Site, now_ms: int) -> int | None:
    """Whole days until its certificate ends, below 0: it has; None: that is not known."""
    until_ms = site.certificate_until_wall_ms
    return None if until_ms is None else (until_ms - now_ms) // DAY_MS


@routes.put("/api/v1/sites/{site_name}")
async def put_site(request: web.Request) -> web.Response:
    """Make a site, or give it another title."""
    site_name = site_name_of(request)
    body = await body_of(request, SiteBody)
    directory = request.app[SERVICES].directory
    is_new = directory.site(site_name) is None
    await directory.put_site(site_name, body.title)
    return answer(plain(directory.site(site_name)), HTTPStatus.CREATED if is_new else HTTPStatus.OK)


@routes.post("/api/v1/sites/{site_name}/join-tokens")
async def make_join_token(request: web.Request) -> web.Response:
    """A token with which the site can join once, within the hour."""
    site_name = site_name_of(request)
    body = await body_of(request, JoinTokenBody)
    services = request.app[SERVICES]
    if services.directory.site(site_name) is None:
        raise NotFoundError(f"Headquarters knows no site {site_name!r}. Make it first.")
    token = await services.join_tokens.issue(site_name, body.host, body.port)
    return answer({"site_name": site_name, "token": token}, HTTPStatus.CREATED)


@routes.get("/api/v1/sites/{site_name}/outage-report")
async def get_outage_report(request: web.Request) -> web.Response:
    """Who could print what at this site if its WAN were cut now; `lines` says it for people."""
    site_name = site_name_of(request)
    directory = request.app[SERVICES].directory
    if directory.site(site_name) is None:
        raise NotFoundError(f"Headquarters knows no site {site_name!r}.")
    currency, now_ms = directory.currency(), request.app[SERVICES].clock.wall_ms()
    report = await directory.read_long(
        lambda connection: outage_report(connection, site_name, currency, now_ms)
    )
    return answer({**plain(report), "lines": report.lines()})


@routes.get("/api/v1/watermarks")
async def list_watermarks(request: web.Request) -> web.Response:
    """How far each journal has taken effect."""
    return answer({"items": [plain(one) for one in request.app[SERVICES].directory.watermarks()]})


@routes.get("/api/v1/held-jobs")
async def list_held_jobs(request: web.Request) -> web.Response:
    """The jobs that sites hold, as far as headquarters has heard."""
    found = await request.app[SERVICES].held_jobs.held_jobs()
    return answer({"items": [plain(job) for job in found]})
