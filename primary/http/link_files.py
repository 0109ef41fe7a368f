"""The directory on its way down: the store's manifest and immutable files, and page deltas."""

from http import HTTPStatus
from typing import Final

from aiohttp import web

from primary.errors import BadRequestError, NotFoundError
from primary.http.link_keys import GROUND, SITE, STORE
from primary.http.link_packed import packed_answer
from primary.http.problems import problem
from primary.service.standing import objection
from replication.delta_chain import joined
from replication.manifest import BadNameError, LtxName
from replication.position import TXID_MAX

IMMUTABLE: Final = "private, max-age=31536000, immutable"


def add_routes(app: web.Application) -> None:
    """Serve the store under `/v1/ltx`."""
    app.router.add_get("/v1/ltx/manifest", _manifest)
    app.router.add_get(
        "/v1/ltx/delta/{lineage:[0-9a-f]{32}}/{base:[0-9]{1,20}}-{txid:[0-9]{1,20}}", _deltas
    )
    app.router.add_get("/v1/ltx/file/{lineage:[0-9a-f]{32}}/{name:ltx/.+}", _file)


async def _manifest(request: web.Request) -> web.StreamResponse:
    """The files after the TXID `after`, or all of them."""
    against = objection_to(request)
    if against:
        return problem(HTTPStatus.FORBIDDEN, "site_refused", against)
    after = request.query.get("after", "0")
    if not after.isascii() or not after.isdecimal() or int(after) > TXID_MAX:
        raise BadRequestError("`after` is a TXID, as a decimal number.")
    manifest = await request.app[GROUND].publisher.manifest(int(after))
    response = web.json_response(manifest.as_json())
    # Names and digests of 10,000 files shrink from 1.5 MB to a third.
    response.enable_compression()
    return response


async def _file(request: web.Request) -> web.StreamResponse:
    """One file, packed where it may be; 404: compacted away, or of another lineage."""
    against = objection_to(request)
    if against:
        return problem(HTTPStatus.FORBIDDEN, "site_refused", against)
    try:
        name = LtxName.parse(request.match_info["name"])
    except BadNameError as error:
        raise NotFoundError(str(error)) from error
    if request.match_info["lineage"] != request.app[GROUND].publisher.lineage:
        raise NotFoundError("This store has another lineage: list it again.")
    packed = await packed_answer(request, name)
    if packed is not None:
        return packed
    path = request.app[STORE].path(name)
    return web.FileResponse(path, headers={"Cache-Control": IMMUTABLE})


async def _deltas(request: web.Request) -> web.StreamResponse:
    """Page deltas from one TXID to another; 404 where LTX files have to do."""
    against = objection_to(request)
    if against:
        return problem(HTTPStatus.FORBIDDEN, "site_refused", against)
    publisher = request.app[GROUND].publisher
    base_txid, txid = int(request.match_info["base"]), int(request.match_info["txid"])
    if request.match_info["lineage"] == publisher.lineage:
        deltas = await publisher.deltas(base_txid, txid)
        if deltas:
            return web.Response(body=joined(deltas), content_type="application/octet-stream")
    raise NotFoundError("There is no page delta between these TXIDs: take LTX files.")


def objection_to(request: web.Request) -> str:
    """Why the site that calls must not be served; '' where it may be."""
    peer = request[SITE]
    site = request.app[GROUND].directory.site(peer.site_name)
    return objection(site, site_name=peer.site_name, epoch=peer.epoch)
