"""Users, their groups, their cards and their PINs, as rows of the directory.

A user is never deleted, only disabled: history names them, and so may entries that are still at a
site. Each user has a balance from the first moment on; a payer without one would be disputed.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from primary.errors import ConflictError, NotFoundError
from replication.entry_bodies import user_payer
from replication.schema.directory import (
    balances,
    cards,
    credentials,
    groups,
    memberships,
    users,
)
from replication.slow_hash import CredentialKind

_GROUPS_OF_USER = (
    select(func.json_group_array(memberships.c.group_name))
    .where(memberships.c.user_name == users.c.user_name)
    .scalar_subquery()
)
_CARDS_OF_USER = (
    select(func.count())
    .select_from(cards)
    .where(cards.c.user_name == users.c.user_name, cards.c.revoked.is_(False))
    .scalar_subquery()
)
_KINDS_OF_USER = (
    select(func.json_group_array(credentials.c.kind))
    .where(credentials.c.user_name == users.c.user_name)
    .scalar_subquery()
)
_USERS = select(
    users.c.user_name,
    users.c.full_name,
    users.c.enabled,
    users.c.restricted,
    balances.c.balance_micros,
    _GROUPS_OF_USER.label("groups"),
    _CARDS_OF_USER.label("cards"),
    _KINDS_OF_USER.label("kinds"),
).join(balances, balances.c.payer == "user:" + users.c.user_name)
_ONE: Final = _USERS.where(users.c.user_name == bindparam("who"))
_PAGE: Final = (
    _USERS.where(users.c.user_name > bindparam("after"))
    .order_by(users.c.user_name)
    .limit(bindparam("page_size"))
)
_EXISTS: Final = select(users.c.user_name).where(users.c.user_name == bindparam("who"))
_INSERT_USER = insert(users)
_PUT_USER: Final = _INSERT_USER.on_conflict_do_update(
    index_elements=["user_name"],
    set_={
        "full_name": _INSERT_USER.excluded.full_name,
        "enabled": _INSERT_USER.excluded.enabled,
        "restricted": _INSERT_USER.excluded.restricted,
    },
)
_OPEN_BALANCE: Final = insert(balances).values(balance_micros=0).on_conflict_do_nothing()
_LEAVE_GROUPS: Final = delete(memberships).where(memberships.c.user_name == bindparam("who"))
_JOIN_GROUP: Final = insert(memberships)
_KNOWN_GROUPS: Final = select(groups.c.group_name).where(
    groups.c.group_name.in_(
        select(func.json_each(bindparam("names")).table_valued("value").c.value)
    )
)
_CARD_OWNER: Final = select(cards.c.user_name).where(cards.c.card_hash == bindparam("card"))
_INSERT_CARD: Final = (
    insert(cards)
    .values(revoked=False)
    .on_conflict_do_update(index_elements=["card_hash"], set_={"revoked": False})
)
_REVOKE_CARD: Final = (
    update(cards)
    .where(cards.c.card_hash == bindparam("card"), cards.c.user_name == bindparam("who"))
    .values(revoked=True)
)
_INSERT_CREDENTIAL = insert(credentials)
_PUT_CREDENTIAL: Final = _INSERT_CREDENTIAL.on_conflict_do_update(
    index_elements=["user_name", "kind"],
    set_={"slow_hash": _INSERT_CREDENTIAL.excluded.slow_hash},
)
_DROP_CREDENTIAL: Final = delete(credentials).where(
    credentials.c.user_name == bindparam("who"), credentials.c.kind == bindparam("which")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFields:
    """What may be said of a user from outside; money is not among it."""

    full_name: str
    enabled: bool = True
    restricted: bool = True
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user as the directory knows them; `cards` is how many unrevoked ones they hold."""

    user_name: str
    fields: UserFields
    balance_micros: int
    cards: int
    credentials: frozenset[CredentialKind]
    """Of which kinds they have a secret."""


def user(connection: Connection, user_name: str) -> User:
    """The user of this name. Errors: `NotFoundError`."""
    row = connection.execute(_ONE, {"who": user_name}).one_or_none()
    if row is None:
        raise _unknown(user_name)
    return _user(row)


def page_of_users(connection: Connection, *, after: str, limit: int) -> list[User]:
    """At most `limit` users whose names come after `after`, by name."""
    values = {"after": after, "page_size": limit}
    return [_user(row) for row in connection.execute(_PAGE, values)]


def put_user(connection: Connection, user_name: str, fields: UserFields) -> bool:
    """Make or change a user; whether they are new. Errors: `ConflictError` for an unknown group."""
    _check_groups(connection, fields.groups)
    is_new = not _exists(connection, user_name)
    row = {
        "user_name": user_name,
        "full_name": fields.full_name,
        "enabled": fields.enabled,
        "restricted": fields.restricted,
    }
    connection.execute(_PUT_USER, row)
    connection.execute(_OPEN_BALANCE, {"payer": user_payer(user_name)})
    connection.execute(_LEAVE_GROUPS, {"who": user_name})
    for group_name in sorted(set(fields.groups)):
        connection.execute(_JOIN_GROUP, {"group_name": group_name, "user_name": user_name})
    return is_new


def put_card(connection: Connection, user_name: str, card_hash: str) -> None:
    """Give the user this card, also one of theirs that was revoked.

    Errors: `NotFoundError` for the user, `ConflictError` where another user has the card.
    """
    if not _exists(connection, user_name):
        raise _unknown(user_name)
    owner = connection.execute(_CARD_OWNER, {"card": card_hash}).scalar_one_or_none()
    if owner not in (None, user_name):
        raise ConflictError("Another user has this card. Nothing was changed; use another card.")
    connection.execute(_INSERT_CARD, {"card_hash": card_hash, "user_name": user_name})


def revoke_card(connection: Connection, user_name: str, card_hash: str) -> None:
    """Let this card open nothing from now on. Errors: `NotFoundError` if it is not theirs."""
    values = {"card": card_hash, "who": user_name}
    if connection.execute(_REVOKE_CARD, values).rowcount != 1:
        raise NotFoundError(f"User {user_name!r} has no such card. Nothing was changed.")


def put_credential(
    connection: Connection, user_name: str, kind: CredentialKind, slow_hash: str
) -> None:
    """Give the user this secret instead of any other of its kind. Errors: `NotFoundError`."""
    if not _exists(connection, user_name):
        raise _unknown(user_name)
    row = {"user_name": user_name, "kind": kind.value, "slow_hash": slow_hash}
    connection.execute(_PUT_CREDENTIAL, row)


def drop_credential(connection: Connection, user_name: str, kind: CredentialKind) -> None:
    """Take the user's secret of this kind away. Errors: `NotFoundError` where there is none."""
    values = {"who": user_name, "which": kind.value}
    if connection.execute(_DROP_CREDENTIAL, values).rowcount != 1:
        raise NotFoundError(f"User {user_name!r} has no {kind}. Nothing was changed.")


def _exists(connection: Connection, user_name: str) -> bool:
    return connection.execute(_EXISTS, {"who": user_name}).one_or_none() is not None


def _check_groups(connection: Connection, names: Sequence[str]) -> None:
    if not names:
        return
    known = connection.execute(_KNOWN_GROUPS, {"names": json.dumps(names)}).scalars().all()
    missing = sorted(set(names) - set(known))
    if missing:
        raise ConflictError(
            f"There is no group {', '.join(missing)}. Nothing was changed; leave it out."
        )


def _unknown(user_name: str) -> NotFoundError:
    return NotFoundError(f"The directory knows no user {user_name!r}.")


def _user(row: Row[*tuple[Any, ...]]) -> User:
    return User(
        user_name=row.user_name,
        fields=UserFields(
            full_name=row.full_name,
            enabled=row.enabled,
            restricted=row.restricted,
            groups=tuple(sorted(json.loads(row.groups))),
        ),
        balance_micros=row.balance_micros,
        cards=row.cards,
        credentials=frozenset(map(CredentialKind, json.loads(row.kinds))),
    )
