"""What the directory makes of cards that people registered themselves at a site."""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.sqlite import insert

from failure_modes.policy import Policy, resolve
from failure_modes.vocabulary import Layer
from replication.registers import CardClaim
from replication.schema.directory import cards, policies, printers, users


class ClaimRefusal(StrEnum):
    """Why headquarters says no. It travels in the register and is shown at the panel."""

    UNKNOWN_USER = "unknown_user"
    USER_DISABLED = "user_disabled"
    CARD_NOT_FREE = "card_not_free"
    """It is somebody else's, or it was revoked: a claim never opens that card again."""
    CARD_CLAIMS_OFF = "card_claims_off"
    """No printer of that site lets people register cards."""


_ENABLED: Final = select(users.c.enabled).where(users.c.user_name == bindparam("who"))
_CARD: Final = select(cards.c.user_name, cards.c.revoked).where(
    cards.c.card_hash == bindparam("card")
)
_PUT: Final = insert(cards).values(revoked=False)
_PRINTERS: Final = select(printers.c.site_name, printers.c.printer_name)
_FIELD: Final = "card_self_registration"
_POLICIES: Final = select(policies.c.layer, policies.c.scope, policies.c.body)


def settle_claim(connection: Connection, claim: CardClaim) -> ClaimRefusal | None:
    """Put the card into the directory, or say why not. Settling again changes nothing.

    Whether its site may take claims at all, `sites_with_claims` has said.
    """
    enabled = connection.execute(_ENABLED, {"who": claim.user_name}).scalar_one_or_none()
    if enabled is None:
        return ClaimRefusal.UNKNOWN_USER
    if not enabled:
        return ClaimRefusal.USER_DISABLED
    card = connection.execute(_CARD, {"card": claim.card_hash}).one_or_none()
    if card is None:
        row = {"card_hash": claim.card_hash, "user_name": claim.user_name}
        connection.execute(_PUT, row)
        return None
    is_theirs = card.user_name == claim.user_name and not card.revoked
    return None if is_theirs else ClaimRefusal.CARD_NOT_FREE


def sites_with_claims(connection: Connection) -> frozenset[str]:
    """The sites with a printer at which people may register cards, by the present policies.

    A site asks its own policy first. It is asked here again because the register has many writers:
    one that was broken into must not make cards where nobody wants any.
    """
    rows = connection.execute(_POLICIES)
    bodies = {(row.layer, row.scope): json.loads(row.body) for row in rows}
    if not any(_FIELD in body or "escalation" in body for body in bodies.values()):
        return frozenset()
    return frozenset(
        row.site_name
        for row in connection.execute(_PRINTERS)
        if _lets_claim(_at_printer(bodies, row.site_name, row.printer_name))
    )


def _at_printer(
    bodies: Mapping[tuple[str, str], Mapping[str, Any]], site_name: str, printer_name: str
) -> Policy:
    scopes = {Layer.GLOBAL: "", Layer.SITE: site_name, Layer.PRINTER: printer_name}
    return resolve({layer: bodies.get((layer, scope), {}) for layer, scope in scopes.items()})


def _lets_claim(policy: Policy) -> bool:
    """Whether people may register cards at some time of an outage, or while there is none."""
    applied = (policy, *(stage.policy for stage in policy.escalation))
    return any(each.card_self_registration for each in applied)
