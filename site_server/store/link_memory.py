"""What must be known of the link after a restart: written when it changes, never with each beat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from failure_modes.vocabulary import LinkState
from site_server.ports import LinkStanding
from site_server.store.link_tables import link_memory

if TYPE_CHECKING:
    from sqlalchemy import Connection

_GET: Final = select(
    link_memory.c.ordered, link_memory.c.offline_since_ms, link_memory.c.order_number
)
_INSERT: Final = insert(link_memory)
_PUT: Final = _INSERT.on_conflict_do_update(
    index_elements=["id"],
    set_={name: _INSERT.excluded[name] for name in ("ordered", "offline_since_ms", "order_number")},
)


class LinkMemory:
    """The one row, inside one transaction of the caller."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self) -> LinkStanding | None:
        """How the link stood when that was last written; None at the very first start."""
        row = self._connection.execute(_GET).one_or_none()
        if row is None:
            return None
        return LinkStanding(
            ordered=None if row.ordered is None else LinkState(row.ordered),
            offline_since_ms=row.offline_since_ms,
            order_number=row.order_number,
        )

    def put(self, standing: LinkStanding) -> None:
        """Remember how the link stands."""
        self._connection.execute(
            _PUT,
            {
                "id": 1,
                "ordered": standing.ordered,
                "offline_since_ms": standing.offline_since_ms,
                "order_number": standing.order_number,
            },
        )
