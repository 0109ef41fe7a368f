"""Whether a site is trusted, and until when its certificate is, as rows of the directory."""

from typing import Final

from sqlalchemy import Connection, bindparam, update

from primary.errors import ConflictError, NotFoundError
from primary.store.directory import FENCED, REVOKED
from replication.schema.directory import sites

_SITE: Final = update(sites).where(sites.c.site_name == bindparam("site"))
_REVOKE: Final = _SITE.values(state=REVOKED, state_reason=bindparam("reason"))
_LIFT: Final = _SITE.where(sites.c.state == REVOKED).values(
    state=FENCED, state_reason=bindparam("reason")
)
_CERTIFIED: Final = _SITE.values(certificate_until_wall_ms=bindparam("until"))


def revoke(connection: Connection, site_name: str, reason: str) -> None:
    """Shut the site out, whatever certificate it has. Errors: `NotFoundError`."""
    said = f"Site {site_name} was revoked at headquarters{f': {reason}' if reason else '.'}"
    if not connection.execute(_REVOKE, {"site": site_name, "reason": said}).rowcount:
        raise NotFoundError(f"Headquarters knows no site {site_name!r}.")


def lift(connection: Connection, site_name: str) -> None:
    """Let the site join anew; the certificates that it has stay worthless. Errors: `ConflictError`.

    It is fenced then: a new token, and the epoch that comes with it, ends that.
    """
    reason = (
        f"Site {site_name} was revoked; it may join anew. Make a token: "
        f"holdfast-primary token --site {site_name}"
    )
    if not connection.execute(_LIFT, {"site": site_name, "reason": reason}).rowcount:
        raise ConflictError(f"Site {site_name!r} is not revoked. Nothing was changed.")


def certified(connection: Connection, site_name: str, until_wall_ms: int) -> None:
    """Note the end of the certificate that the site is given now."""
    connection.execute(_CERTIFIED, {"site": site_name, "until": until_wall_ms})
