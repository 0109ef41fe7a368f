"""What a node without a replica asks: the rows of the directory that one question needs.

Headquarters answers at once from its directory and remembers nothing: see `replication.told`.
"""

import asyncio
from http import HTTPStatus
from typing import Final

from aiohttp import web
from pydantic import ValidationError

from failure_modes.vocabulary import LinkState
from primary.errors import BadRequestError
from primary.http.link_files import objection_to
from primary.http.link_keys import GROUND, SITE
from primary.http.problems import problem
from replication.told import QUESTION_BYTES_MAX, TOLD_PATH, Question, Told, told_rows

BODY_TIMEOUT_S: Final = 10


def add_routes(app: web.Application) -> None:
    """Answer under `TOLD_PATH`."""
    app.router.add_post(TOLD_PATH, _told)


async def _told(request: web.Request) -> web.StreamResponse:
    """The rows for the node that the certificate names, and nobody else's."""
    against = objection_to(request)
    if against:
        return problem(HTTPStatus.FORBIDDEN, "site_refused", against)
    question = await _question(request)
    with request.app[GROUND].directory.read() as connection:
        rows = told_rows(connection, request[SITE].site_name, question.user_name)
    answer = Told(rows=rows, link_state=LinkState.ONLINE)
    return web.Response(text=answer.model_dump_json(), content_type="application/json")


async def _question(request: web.Request) -> Question:
    async with asyncio.timeout(BODY_TIMEOUT_S):
        content = await request.read()
    try:
        if len(content) > QUESTION_BYTES_MAX:
            raise BadRequestError("A question is never so long.")
        return Question.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadRequestError(f"Not a question: {where}: {first['msg']}") from error
