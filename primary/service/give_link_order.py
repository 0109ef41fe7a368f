"""Orders a site to begin or end a drill or a forced cut.

A site obeys each number once. Numbers only grow, also where headquarters was restored from a
backup: the next one is no less than the time in milliseconds, so it is beyond those that were given
after the backup was made.

The site itself refuses a drill inside a forced cut. Whoever orders one here should hear that at
once, so headquarters refuses it too, as far as it knows how the site stands.
"""

from sqlalchemy import Connection

from failure_modes.vocabulary import LinkEvent, LinkState
from primary.errors import ConflictError
from primary.service.site_says import Said
from primary.store import link_orders
from primary.store.link_orders import LinkOrder
from replication.ports import WallMs


def give_link_order(
    connection: Connection, site_name: str, order: LinkEvent, said: Said | None, now_ms: WallMs
) -> LinkOrder:
    """Order that; `said` is what the site said last.

    Errors: `NotFoundError`; `ConflictError` for a drill while the site is cut off by force.
    """
    former = link_orders.newest(connection, site_name)
    if order is LinkEvent.DRILL_STARTED and _is_forced(former, said):
        raise ConflictError(
            f"Site {site_name!r} is cut off by force, so a drill would rehearse nothing. Nothing "
            f"was changed; first: holdfast-primary force-offline --site {site_name} off"
        )
    given = LinkOrder(
        site_name=site_name,
        number=max(now_ms, former.number + 1 if former else 1),
        order=order,
        given_wall_ms=now_ms,
    )
    link_orders.put(connection, given)
    return given


def _is_forced(former: LinkOrder | None, said: Said | None) -> bool:
    """Whether the site is cut off by force, or will be once it has seen what was ordered."""
    if former is not None and (said is None or (said.order_number or 0) < former.number):
        return former.order is LinkEvent.FORCE_STARTED
    return said is not None and said.link_state is LinkState.FORCED_OFFLINE
