"""Orders to the links of sites: one row per site, which reaches it in its replica."""

from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from failure_modes.vocabulary import LinkEvent
from primary.errors import NotFoundError
from replication.ports import WallMs
from replication.schema.directory import link_orders, sites


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOrder:
    """The newest order to a site."""

    site_name: str
    number: int
    order: LinkEvent
    given_wall_ms: WallMs


_SITE: Final = select(sites.c.site_name).where(sites.c.site_name == bindparam("site"))
_ALL: Final = select(link_orders)
_ONE: Final = _ALL.where(link_orders.c.site_name == bindparam("site"))
_INSERT: Final = insert(link_orders)
_PUT: Final = _INSERT.on_conflict_do_update(
    index_elements=["site_name"],
    set_={name: _INSERT.excluded[name] for name in ("number", "order", "given_wall_ms")},
)


def newest(connection: Connection, site_name: str) -> LinkOrder | None:
    """The newest order to that site; None where there was none."""
    row = connection.execute(_ONE, {"site": site_name}).one_or_none()
    return None if row is None else _read(row._asdict())


def put(connection: Connection, given: LinkOrder) -> None:
    """Let this be the newest order of its site. Errors: `NotFoundError` for the site."""
    if connection.execute(_SITE, {"site": given.site_name}).one_or_none() is None:
        raise NotFoundError(f"Headquarters knows no site {given.site_name!r}.")
    connection.execute(_PUT, {**asdict(given), "order": given.order.value})


def _read(row: dict[str, object]) -> LinkOrder:
    return LinkOrder(**{**row, "order": LinkEvent(str(row["order"]))})  # type: ignore[arg-type]
