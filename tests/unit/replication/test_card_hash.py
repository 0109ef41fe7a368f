"""Card numbers as keyed hashes."""

from __future__ import annotations

import hashlib
import hmac

from replication.card_hash import card_hash

KEY = bytes(range(32))


def test_a_card_is_the_same_however_a_reader_writes_it() -> None:
    assert card_hash(" 04a1b2c3 \n", KEY) == card_hash("04A1B2C3", KEY)


def test_it_is_the_standard_keyed_hash() -> None:
    assert card_hash("04A1", KEY) == hmac.new(KEY, b"04A1", hashlib.sha256).hexdigest()


def test_another_key_or_card_gives_another_hash() -> None:
    assert len({card_hash("1", KEY), card_hash("2", KEY), card_hash("1", bytes(32))}) == 3
