"""Answers what a site needs of the payers who are at hand there: grants, and recalls elsewhere.

There is no answering message. What is granted is a row of the directory, and the directory is what
the site hears; so there is one truth, and a lost or repeated ask does no harm. Balance and grants
are looked at in the transaction that writes: two sites that ask at once are answered one after the
other.

Where too little is free, the sites that hold the rest and are connected are asked to give back what
they do not need. What they give back is free once it has come in by their journals; the site that
lacked it asks again by itself. So while nobody is cut off a person can spend their whole balance
anywhere, after a moment.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, select, update

from failure_modes.vocabulary import Micros
from primary.errors import ConflictError, NotFoundError
from primary.store import grants
from primary.store.directory import APPROVED, FENCED, Directory
from primary.store.grants import Answer
from primary.store.restores import put_heard
from replication.messages import AllowanceNeed
from replication.schema.directory import sites

WRITTEN_OFF: Final = (
    "An administrator wrote this site off: its allowances were given to others, and what it spent "
    "of them meanwhile cannot be taken any more. Join it again with a new token."
)
_STATE: Final = select(sites.c.state).where(sites.c.site_name == bindparam("site"))
_SHUT_OUT: Final = (
    update(sites)
    .where(sites.c.site_name == bindparam("site"), sites.c.state == APPROVED)
    .values(state=FENCED, state_reason=bindparam("reason"))
)


async def grant_allowances(
    directory: Directory, site_name: str, epoch: int, needs: Sequence[AllowanceNeed]
) -> list[Answer]:
    """What came of the needs, once it is on the disk. Most asks change nothing and write nothing.

    Of two needs of one payer the last counts.
    """
    of_payer = {need.payer: need for need in needs}

    def answered(connection: Connection) -> list[Answer]:
        return grants.answers(connection, site_name, epoch, of_payer.values())

    def work(connection: Connection) -> list[Answer]:
        found = answered(connection)
        grants.raise_grants(connection, site_name, found)
        return found

    with directory.read() as connection:
        found = answered(connection)
    if any(answer.more_micros for answer in found):
        return await directory.write(work)
    return found


async def write_off(directory: Directory, site_name: str, risk_micros: int) -> dict[str, Micros]:
    """Give what a lost site may spend to whoever needs it; by payer, what that was.

    The site is shut out in the same transaction. What it may have spent without a word is lost: at
    most `risk_micros`, which must be the sum of its grants, so that nobody accepts a risk that they
    have not seen. Errors, after which nothing has changed: `NotFoundError`, `ConflictError`.
    """

    def work(connection: Connection) -> dict[str, Micros]:
        if connection.execute(_STATE, {"site": site_name}).one_or_none() is None:
            raise NotFoundError(f"Headquarters knows no site {site_name!r}.")
        found = grants.grants_of_site(connection, site_name)
        if sum(found.values()) != risk_micros:
            raise ConflictError(
                f"Site {site_name} may spend {sum(found.values())} micros alone, not "
                f"{risk_micros}. Nothing was changed; look again, and name the sum as it is."
            )
        connection.execute(_SHUT_OUT, {"site": site_name, "reason": WRITTEN_OFF})
        grants.drop_site(connection, site_name)
        put_heard(connection, site_name)
        return found

    return await directory.write(work)
