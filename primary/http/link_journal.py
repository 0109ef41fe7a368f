"""What headquarters has of a site's own journal, entry by entry: see `carry_over` at the site."""

from http import HTTPStatus

from aiohttp import web

from primary.http.link_files import objection_to
from primary.http.link_keys import GROUND, SITE
from primary.http.problems import problem
from replication.known_entry import KNOWN_PATH, KnownEntry


def add_routes(app: web.Application) -> None:
    """Answer under `KNOWN_PATH`."""
    app.router.add_get(f"{KNOWN_PATH}/{{epoch:[0-9]{{1,9}}}}/{{seq:[0-9]{{1,15}}}}", _known)


async def _known(request: web.Request) -> web.StreamResponse:
    """The hash of one entry of the site that the certificate names, of any epoch."""
    against = objection_to(request)
    if against:
        return problem(HTTPStatus.FORBIDDEN, "site_refused", against)
    site_name = request[SITE].site_name
    epoch, seq = int(request.match_info["epoch"]), int(request.match_info["seq"])
    head, entry = await request.app[GROUND].ingest.known(site_name, epoch, seq)
    known = KnownEntry(head_seq=head.seq, entry_hash=entry.entry_hash if entry else "")
    return web.Response(text=known.model_dump_json(), content_type="application/json")
