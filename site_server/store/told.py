"""What this node was last told by whoever answered it, kept for the time when nobody does.

Of the node itself: its queues, printers, prices and policies. Of a user: only the user's own row,
for `auto` asks whether they are restricted; no balance is kept, because what is not fresh is not
spent. The number of users is bounded; the one of whom nothing was heard for longest goes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from replication.told import Rows
from site_server.store import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from failure_modes.vocabulary import WallMs

NODE: Final = ""
_ROWS: Final[TypeAdapter[Rows]] = TypeAdapter(Rows)
_TOLD: Final = tables.told.c
_PUT_ONE: Final = insert(tables.told)
_PUT: Final = _PUT_ONE.on_conflict_do_update(
    index_elements=["scope"],
    set_={"body": _PUT_ONE.excluded.body, "told_wall_ms": _PUT_ONE.excluded.told_wall_ms},
)
_GET: Final = select(_TOLD.body).where(_TOLD.scope == bindparam("the_scope"))
_NEWEST: Final = (
    select(_TOLD.scope)
    .where(_TOLD.scope != NODE)
    .order_by(_TOLD.told_wall_ms.desc(), _TOLD.scope)
    .limit(bindparam("kept"))
)
_FORGET: Final = delete(tables.told).where(_TOLD.scope != NODE, _TOLD.scope.not_in(_NEWEST))


class ToldRows:
    """What was told, inside one transaction of the caller. Scopes: `NODE`, or a user's payer."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, scope: str) -> Rows | None:
        """What was last told of it; None where nothing was."""
        body = self._connection.execute(_GET, {"the_scope": scope}).scalar_one_or_none()
        return None if body is None else _ROWS.validate_json(body)

    def put(self, scope: str, rows: Rows, wall_ms: WallMs) -> None:
        """Remember this instead of what was told before."""
        body = _ROWS.dump_json(rows).decode()
        self._connection.execute(_PUT, {"scope": scope, "body": body, "told_wall_ms": wall_ms})

    def forget_users_beyond(self, kept: int) -> None:
        """Forget the users of whom nothing was heard for longest."""
        self._connection.execute(_FORGET, {"kept": kept})
