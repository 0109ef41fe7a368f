"""What a secondary asks this site server. TLS has let in our own nodes only; here it is said which.

A join token's certificate names nobody who may ask, and is refused.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from replication.peer import SitePeer, peer_of
from replication.told import QUESTION_BYTES_MAX, TOLD_PATH, Question
from site_server.causes import Cause
from site_server.http.bodies import read_body
from site_server.refusals import refusal
from site_server.service.answer_node import AnswerNode

__all__ = ["ANSWER_NODE", "QUESTION_BYTES_MAX", "routes"]

ANSWER_NODE: Final = web.AppKey("answer_node", AnswerNode)

routes: Final = web.RouteTableDef()


@routes.post(TOLD_PATH)
async def tell(request: web.Request) -> web.Response:
    """The rows that the node which asks needs for its question."""
    peer = peer_of(request.get_extra_info("peercert"))
    if not isinstance(peer, SitePeer):
        raise refusal(Cause.NOT_A_NODE)
    question = await read_body(request, Question)
    told = request.app[ANSWER_NODE].answer(peer, question)
    return web.Response(text=told.model_dump_json(), content_type="application/json")
