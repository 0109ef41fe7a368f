"""Files of the store in their packed form, for a site that says that it takes it."""

import asyncio
import re
from contextlib import closing
from typing import BinaryIO, Final

from aiohttp import web

from primary.http.link_keys import STORE
from replication.errors import BadMessageError
from replication.manifest import LtxName
from replication.packed_file import CONTENT_TYPE, FROM_HEADER

PIECE_BYTES: Final = 256 * 1024
"""In memory for each site that fetches."""
PIECE_TIMEOUT_S: Final = 60
"""For a site to take one: 35 kbit/s."""
_RANGE: Final = re.compile(r"bytes=([0-9]{1,18})-")


async def packed_answer(request: web.Request, name: LtxName) -> web.StreamResponse | None:
    """The packed file from the asked byte on; None where the site gets the file itself.

    It may begin earlier, and says where.
    """
    if CONTENT_TYPE not in request.headers.get("Accept", ""):
        return None
    wanted = request.headers.get("Range", "bytes=0-")
    found = _RANGE.fullmatch(wanted)
    if found is None:
        return None
    try:
        opened = await asyncio.to_thread(request.app[STORE].packed.open, name, int(found[1]))
    except (OSError, BadMessageError):
        return None
    if opened is None:
        return None
    file, begins = opened
    with closing(file):
        return await _sent(request, file, begins)


async def _sent(request: web.Request, file: BinaryIO, begins: int) -> web.StreamResponse:
    response = web.StreamResponse(headers={FROM_HEADER: str(begins)})
    response.content_type = CONTENT_TYPE
    try:
        async with asyncio.timeout(PIECE_TIMEOUT_S):
            await response.prepare(request)
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            async with asyncio.timeout(PIECE_TIMEOUT_S):
                await response.write(piece)
        async with asyncio.timeout(PIECE_TIMEOUT_S):
            await response.write_eof()
    except TimeoutError:
        # A line that has died: the site asks for the rest over its next one.
        if request.transport is not None:
            request.transport.abort()
    return response
