"""The newest start that was heard of, per journal. In the ledger: no site needs to know it."""

from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select

from primary.store.ledger_tables import site_starts
from replication.starts import Start

_OF_EPOCH: Final = (
    site_starts.c.site_name == bindparam("site"),
    site_starts.c.epoch == bindparam("site_epoch"),
)
_GET: Final = select(site_starts.c.number, site_starts.c.instance).where(*_OF_EPOCH)
_DROP: Final = delete(site_starts).where(*_OF_EPOCH)
_PUT: Final = insert(site_starts)


def known_start(connection: Connection, site_name: str, epoch: int) -> Start | None:
    """The newest start of that epoch which headquarters has heard of."""
    row = connection.execute(_GET, {"site": site_name, "site_epoch": epoch}).one_or_none()
    return None if row is None else Start(number=row.number, instance=row.instance)


def put_start(connection: Connection, site_name: str, epoch: int, start: Start) -> None:
    """Remember that start as the newest."""
    connection.execute(_DROP, {"site": site_name, "site_epoch": epoch})
    row = {"site_name": site_name, "epoch": epoch}
    connection.execute(_PUT, row | {"number": start.number, "instance": start.instance})
