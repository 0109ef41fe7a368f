"""Statements as SQL text, compiled once per process and not once per connection.

SQLAlchemy keeps compiled statements per engine, and the dialect that belongs to an engine is part
of the key. A server has a dozen engines: a writer and a reader per file, and a new one whenever the
replica's file is replaced. To compile a statement takes ten times as long as its lookup. All these
engines have the same options, so their dialects are as good as one, and are equal here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pysqlite3.dbapi2 as sqlite
from sqlalchemy import create_engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import StaticPool
from sqlalchemy.util import LRUCache

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

STATEMENTS_CACHED: Final = 2_000
"""More than both servers together have; one takes some kilobytes."""
COMPILED: Final[LRUCache[Any, Any]] = LRUCache(STATEMENTS_CACHED)


class EqualDialect(SQLiteDialect_pysqlite):
    """SQLite's dialect; what one has compiled, another one can use."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EqualDialect)

    def __hash__(self) -> int:
        return hash(EqualDialect)


registry.register("sqlite.holdfast", __name__, EqualDialect.__name__)


def one_connection(connect: Callable[[], Any]) -> Engine:
    """An engine with exactly the one connection that `connect` opens."""
    engine = create_engine(
        "sqlite+holdfast://", module=sqlite, creator=connect, poolclass=StaticPool
    )
    return engine.execution_options(compiled_cache=COMPILED)
