"""Card numbers travel and rest only as a keyed hash."""

from __future__ import annotations

import hashlib
import hmac


def card_hash(card_number: str, key: bytes) -> str:
    """HMAC-SHA256 of the card number (trimmed, upper case) under the installation's key, hex.

    The key never stands in the directory: a stolen replica alone does not give the numbers away.
    """
    return hmac.new(key, card_number.strip().upper().encode(), hashlib.sha256).hexdigest()
