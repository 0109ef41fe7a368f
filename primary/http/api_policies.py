"""Policies: the rules of the organisation, of a site, of a printer."""

from typing import Any, Final

from aiohttp import web

from failure_modes.vocabulary import Layer
from primary.errors import BadRequestError
from primary.http.exchange import SERVICES, answer, body_of, plain, thing_name_of
from primary.names import FromOutside
from primary.policy_rules import LayerRules
from primary.store import policies
from primary.store.policies import Saved, StoredPolicy

NO_SCOPE: Final = "-"
"""What stands in an address for the scope of the global layer, which has none."""
LAYERS: Final = (Layer.GLOBAL, Layer.SITE, Layer.PRINTER)

POLICY: Final = "/api/v1/policies/{layer}/{scope}"

routes: Final = web.RouteTableDef()


class PolicyBody(FromOutside):
    """All rules of one layer; what is left out is ruled by the layer below."""

    rules: dict[str, Any]


@routes.get("/api/v1/policies")
async def list_policies(request: web.Request) -> web.Response:
    """Every policy."""
    with request.app[SERVICES].directory.read() as connection:
        return answer({"items": [_shown(one) for one in policies.all_policies(connection)]})


@routes.get(POLICY)
async def get_policy(request: web.Request) -> web.Response:
    """The rules of one layer."""
    layer, scope = _named(request)
    with request.app[SERVICES].directory.read() as connection:
        return answer(_shown(policies.policy(connection, layer, scope)))


@routes.put(POLICY)
async def put_policy(request: web.Request) -> web.Response:
    """Replace the rules of one layer, if that makes nothing wrong that was not wrong before."""
    layer, scope = _named(request)
    body = await body_of(request, PolicyBody)
    value = LayerRules(layer=layer, scope=scope, rules=body.rules)
    directory = request.app[SERVICES].directory
    saved = await directory.write(lambda connection: policies.put_policy(connection, value))
    return answer(_saved(saved))


@routes.delete(POLICY)
async def delete_policy(request: web.Request) -> web.Response:
    """Take the rules of one layer away; `version` is the number of that change."""
    layer, scope = _named(request)
    directory = request.app[SERVICES].directory
    saved = await directory.write(
        lambda connection: policies.remove_policy(connection, layer, scope)
    )
    return answer(_saved(saved))


def _saved(saved: Saved) -> dict[str, Any]:
    """The policy as it is now; `warnings`: what is wrong with the policies, and was so before."""
    return {**_shown(saved.policy), "warnings": list(saved.warnings)}


def _named(request: web.Request) -> tuple[Layer, str]:
    layer = request.match_info["layer"]
    if layer not in LAYERS:
        raise BadRequestError(f"{layer!r} is no layer; use one of: {', '.join(LAYERS)}.")
    if layer != Layer.GLOBAL:
        return Layer(layer), thing_name_of(request, "scope")
    if request.match_info["scope"] != NO_SCOPE:
        raise BadRequestError(f"Global rules have no scope; put {NO_SCOPE} in its place.")
    return Layer.GLOBAL, ""


def _shown(policy: StoredPolicy) -> dict[str, Any]:
    return {**plain(policy), "scope": policy.scope or NO_SCOPE}
