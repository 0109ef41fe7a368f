"""Quotas as rows of the directory, and how far each has been granted, as rows of the ledger.

The progress stands in the ledger, in the same transaction as the grants: after a crash it is
exactly as far as the money. It is headquarters' own business, so no site hears of it.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from primary.errors import ConflictError, NotFoundError
from primary.names import QuotaPeriod
from primary.store.dialects import Upsert
from primary.store.ledger_tables import quota_runs
from replication.entry_bodies import user_payer
from replication.schema.directory import balances, groups, memberships, quotas, users


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What each member of a group gets at the beginning of each period."""

    group_name: str
    amount_micros: int
    period: QuotaPeriod
    balance_max_micros: int | None

    def grant_micros(self, balance_micros: int) -> int:
        """What a member with this balance gets: never so much that it lies above the maximum."""
        if self.balance_max_micros is None:
            return self.amount_micros
        return max(0, min(self.amount_micros, self.balance_max_micros - balance_micros))


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How far a quota is granted: everybody up to `after_user` in the period that begins then."""

    group_name: str
    period: QuotaPeriod
    begin_ms: int
    after_user: str
    is_done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody who gets a quota, and what they have."""

    user_name: str
    balance_micros: int


_QUOTAS: Final = select(quotas).order_by(quotas.c.group_name)
_QUOTA: Final = select(quotas).where(quotas.c.group_name == bindparam("name"))
_INSERT: Final = insert(quotas)
_PUT: Final = _INSERT.on_conflict_do_update(
    index_elements=["group_name"],
    set_={
        name: _INSERT.excluded[name] for name in ("amount_micros", "period", "balance_max_micros")
    },
)
_DELETE: Final = delete(quotas).where(quotas.c.group_name == bindparam("name"))
_GROUP: Final = select(groups.c.group_name).where(groups.c.group_name == bindparam("name"))
_MEMBERS: Final = (
    select(users.c.user_name, balances.c.balance_micros)
    .select_from(
        memberships.join(users, users.c.user_name == memberships.c.user_name).join(
            balances, balances.c.payer == user_payer("") + users.c.user_name
        )
    )
    .where(
        memberships.c.group_name == bindparam("name"),
        memberships.c.user_name > bindparam("after"),
        users.c.enabled.is_(True),
    )
    .order_by(memberships.c.user_name)
    .limit(bindparam("count"))
)
_RUN: Final = select(quota_runs).where(
    quota_runs.c.group_name == bindparam("name"), quota_runs.c.period == bindparam("kind")
)
_PUT_RUN: Final = Upsert(
    quota_runs, ("group_name", "period"), ("begin_ms", "after_user", "is_done")
)


def all_quotas(connection: Connection) -> list[Quota]:
    """Every quota, by group."""
    return [_quota(row) for row in connection.execute(_QUOTAS)]


def quota(connection: Connection, group_name: str) -> Quota | None:
    """The quota of this group."""
    row = connection.execute(_QUOTA, {"name": group_name}).one_or_none()
    return None if row is None else _quota(row)


def check_group(connection: Connection, group_name: str) -> None:
    """Raise `ConflictError` where there is no such group."""
    if connection.execute(_GROUP, {"name": group_name}).one_or_none() is None:
        raise ConflictError(
            f"There is no group {group_name!r}. Nothing was changed; make the group first."
        )


def put_quota(connection: Connection, value: Quota) -> None:
    """Make or change a quota. Errors: `ConflictError` where there is no such group."""
    check_group(connection, value.group_name)
    connection.execute(_PUT, {**asdict(value), "period": value.period.value})


def delete_quota(connection: Connection, group_name: str) -> None:
    """Grant nothing to this group any more. Errors: `NotFoundError`."""
    if connection.execute(_DELETE, {"name": group_name}).rowcount != 1:
        raise NotFoundError(f"Group {group_name!r} has no quota.")


def members(connection: Connection, group_name: str, *, after: str, count: int) -> list[Member]:
    """At most `count` enabled members whose names come after `after`, by name."""
    values = {"name": group_name, "after": after, "count": count}
    return [Member(**row._asdict()) for row in connection.execute(_MEMBERS, values)]


def run_of(ledger: Connection, group_name: str, period: QuotaPeriod) -> Run | None:
    """How far this group has its quota of this kind; None where nobody ever looked at it."""
    row = ledger.execute(_RUN, {"name": group_name, "kind": period.value}).one_or_none()
    if row is None:
        return None
    return Run(**{**row._asdict(), "period": QuotaPeriod(row.period)})


def put_run(ledger: Connection, run: Run) -> None:
    """Remember how far it is granted."""
    _PUT_RUN(
        ledger,
        [(run.group_name, run.period.value, run.begin_ms, run.after_user, run.is_done)],
    )


def _quota(row: Row[*tuple[Any, ...]]) -> Quota:
    return Quota(**{**row._asdict(), "period": QuotaPeriod(row.period)})
