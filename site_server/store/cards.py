"""The cards of the directory, as this site's replica has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select

from replication.schema.directory import cards

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card of the directory. A revoked one opens nothing, whoever says otherwise."""

    user_name: str
    revoked: bool


_CARD: Final = select(cards.c.user_name, cards.c.revoked).where(
    cards.c.card_hash == bindparam("card_hash")
)


def card_of(connection: Connection, card_hash: str) -> Card | None:
    """The card, also a revoked one; None where headquarters knows no such card."""
    row = connection.execute(_CARD, {"card_hash": card_hash}).one_or_none()
    return None if row is None else Card(user_name=row.user_name, revoked=row.revoked)
