"""The register of card claims: its table, the statements on it, and its rows as values."""

from __future__ import annotations

from typing import Any, Final

from replication.ports import WallMs
from replication.registers import CardClaim, ClaimState

KEYS: Final = ("card_hash", "site_name")
COLUMNS: Final = (*KEYS, "user_name", "claimed_wall_ms", "state", "reason")
CARD_CLAIMS_TABLE: Final = """
CREATE TABLE IF NOT EXISTS card_claims (
    card_hash TEXT NOT NULL,
    site_name TEXT NOT NULL,
    user_name TEXT NOT NULL DEFAULT '',
    claimed_wall_ms INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'claimed',
    reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (card_hash, site_name)
)"""
PUT_CLAIM: Final = (
    "INSERT INTO card_claims (card_hash, site_name, user_name, claimed_wall_ms, state, reason)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (card_hash, site_name) DO UPDATE SET"
    " user_name = excluded.user_name, claimed_wall_ms = excluded.claimed_wall_ms,"
    " state = excluded.state, reason = excluded.reason"
    " WHERE user_name IS NOT excluded.user_name OR state IS NOT excluded.state"
    " OR claimed_wall_ms IS NOT excluded.claimed_wall_ms OR reason IS NOT excluded.reason"
)
SETTLE_CLAIM: Final = (
    "UPDATE card_claims SET state = ?1, reason = ?2 WHERE card_hash = ?3 AND site_name = ?4"
    " AND (state IS NOT ?1 OR reason IS NOT ?2)"
)
DROP_CLAIM: Final = "DELETE FROM card_claims WHERE card_hash = ? AND site_name = ?"
LIST_CLAIMS: Final = (
    "SELECT card_hash, site_name, user_name, claimed_wall_ms, state, reason FROM card_claims"
    " ORDER BY claimed_wall_ms, card_hash, site_name"
)
_STATES: Final = frozenset(state.value for state in ClaimState)


def claim_row(claim: CardClaim) -> tuple[object, ...]:
    """What `PUT_CLAIM` takes."""
    return (
        claim.card_hash,
        claim.site_name,
        claim.user_name,
        claim.claimed_wall_ms,
        claim.state.value,
        claim.reason,
    )


def verdict_row(claim: CardClaim) -> tuple[object, ...]:
    """What `SETTLE_CLAIM` takes."""
    return claim.state.value, claim.reason, claim.card_hash, claim.site_name


def claims_of(rows: list[tuple[Any, ...]]) -> tuple[CardClaim, ...]:
    """The claims in rows of `LIST_CLAIMS`; a state of a newer version says nothing here."""
    return tuple(_claim(row) for row in rows if row[4] in _STATES)


def _claim(row: tuple[Any, ...]) -> CardClaim:
    values = dict(zip(COLUMNS, row, strict=True))
    values["claimed_wall_ms"] = WallMs(values["claimed_wall_ms"])
    values["state"] = ClaimState(values["state"])
    return CardClaim(**values)
