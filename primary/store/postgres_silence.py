"""A connection to PostgreSQL that does not wait for ever for a server that says nothing.

A machine that is gone shows in TCP: nothing acknowledges our bytes. A server that is only stopped,
or stuck on its disk, does not: its kernel goes on acknowledging, and a statement without an answer
looks like one that takes long. So each answer is waited for a bounded time; after that the
connection is closed, and the caller hears of an outage like any other. The server may still carry
out what it was told when it wakes up. That is the case of a connection that broke during the
COMMIT: whoever was not told "done" asks again, and appending twice changes nothing.

Rejected: `statement_timeout`, which the server itself would have to notice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection

RV = TypeVar("RV")

SILENCE_S: Final = 10.0
"""A thousand times what a batch of entries takes; as long as TCP is given to notice a dead peer."""
LOOK_EVERY_S: Final = 0.1


class PatientConnection(psycopg.Connection[Any]):
    """Waits `silence_s` for each answer, then closes itself. Errors: `psycopg.OperationalError`."""

    silence_s = SILENCE_S

    def wait(
        self, gen: PQGen[RV], interval: float = LOOK_EVERY_S, timeout: float | None = None
    ) -> RV:
        """What `gen` comes to. psycopg waits for everything after the connect by this."""
        try:
            return super().wait(gen, interval, self.silence_s if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise  # The server did answer: with a refusal.
            self.pgconn.finish()
            said = f"it has said nothing for {self.silence_s:g} s"
            raise psycopg.OperationalError(said) from error


@contextmanager
def patient(connection: Connection, silence_s: float) -> Iterator[None]:
    """Let this connection wait so long meanwhile: for statements that rightly take long."""
    driver: Any = connection.connection.dbapi_connection
    before = driver.silence_s
    driver.silence_s = silence_s
    try:
        yield
    finally:
        driver.silence_s = before
