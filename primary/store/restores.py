"""What a directory knows of its restores: new lineages, epochs never used, sites not yet heard.

`primary.service.begin_anew` has the theory.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, case, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from replication.schema.directory import allowances, heartbeat, sites, watermarks
from replication.schema.restores import restores, unheard_sites

FIRST_EPOCH: Final = 1

NEWEST_FLOOR: Final = select(func.coalesce(func.max(restores.c.epoch_floor), 0)).scalar_subquery()
_FLOOR: Final = select(NEWEST_FLOOR)
_HIGHEST_EPOCHS: Final = (select(func.max(sites.c.epoch)), select(func.max(watermarks.c.epoch)))
_LINEAGE: Final = select(heartbeat.c.lineage)
_PUT_LINEAGE: Final = update(heartbeat).values(lineage=bindparam("to"))
_PUT_RESTORE: Final = insert(restores)
_ALL_UNHEARD: Final = (
    upsert(unheard_sites)
    .from_select(["site_name"], select(sites.c.site_name).where(sites.c.epoch > 0))
    .on_conflict_do_nothing()
)
_UNHEARD: Final = select(unheard_sites.c.site_name).order_by(unheard_sites.c.site_name)
_PUT_UNHEARD: Final = upsert(unheard_sites).on_conflict_do_nothing()
_HEARD: Final = delete(unheard_sites).where(unheard_sites.c.site_name == bindparam("site"))
_RAISE = upsert(allowances)
_BOOK: Final = _RAISE.on_conflict_do_update(
    index_elements=["payer", "site_name"],
    set_={
        "granted_micros": func.max(allowances.c.granted_micros, _RAISE.excluded.granted_micros),
    },
)
_LEARN_EPOCH: Final = (
    update(sites)
    .where(sites.c.site_name == bindparam("site"), sites.c.epoch < bindparam("learned"))
    .values(
        epoch=bindparam("learned"),
        state=case((sites.c.state == "fenced", "approved"), else_=sites.c.state),
        state_reason=case((sites.c.state == "fenced", ""), else_=sites.c.state_reason),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """One new beginning. `epoch_floor`: epochs given out after it are at least that."""

    lineage: str
    from_lineage: str
    wall_ms: int
    epoch_floor: int


def lineage_of(connection: Connection) -> str | None:
    """The lineage of this directory; None where the file holds none."""
    return connection.execute(_LINEAGE).scalar_one_or_none()


def highest_epoch(connection: Connection) -> int:
    """The highest epoch that this directory knows of anybody."""
    found = (connection.execute(each).scalar_one() for each in _HIGHEST_EPOCHS)
    return max(floor_of(connection), *(each or 0 for each in found))


def floor_of(connection: Connection) -> int:
    """What no new epoch may be below; 0 in a directory that was never restored."""
    return int(connection.execute(_FLOOR).scalar_one())


def put_restore(connection: Connection, restore: Restore) -> None:
    """Give the directory its new lineage; every site that ever joined is unheard from now on."""
    connection.execute(_PUT_RESTORE, asdict(restore))
    connection.execute(_PUT_LINEAGE, {"to": restore.lineage})
    connection.execute(_ALL_UNHEARD)


def unheard(connection: Connection) -> tuple[str, ...]:
    """The sites that were not heard since the restore, by name."""
    return tuple(connection.execute(_UNHEARD).scalars())


def put_unheard(connection: Connection, site_name: str) -> None:
    """A site turned up that the restored directory does not know."""
    if floor_of(connection):
        connection.execute(_PUT_UNHEARD, {"site_name": site_name})


def put_heard(connection: Connection, site_name: str) -> None:
    """Whatever this site held is booked now, or was given up by a person."""
    connection.execute(_HEARD, {"site": site_name})


def book_held(connection: Connection, site_name: str, held: Mapping[str, int]) -> None:
    """Let the site's grants be no lower than what it holds."""
    rows = [
        {"payer": payer, "site_name": site_name, "granted_micros": micros}
        for payer, micros in sorted(held.items())
        if micros > 0
    ]
    if rows:
        connection.execute(_BOOK, rows)


def learn_epoch(connection: Connection, site_name: str, epoch: int) -> None:
    """A certificate proves that this epoch was given out: the next one is higher.

    A fence of an epoch before it was ended then.
    """
    connection.execute(_LEARN_EPOCH, {"site": site_name, "learned": epoch})
