"""PINs and passwords rest and travel only as a slow hash: Argon2id (RFC 9106) with a salt.

Two passes over 19 MiB with one lane are what OWASP's password storage sheet gives as its least.
More would not fit here: a branch server may be a small machine, and each login under way takes that
memory for about 40 ms of one core. It makes a stolen password slow to guess. It does not save a
PIN: ten thousand of them are tried in minutes by whoever holds the hash, so a PIN counts only with
the card, and how often one may be tried is bounded at the site (`site_server/service/tries.py`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

NOBODYS: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$rF9njgKwNRyyP0td8vq/4A"
    "$Zr+KFVuOOOi0BNFMOekdX1Wn2Qhre2w/Lc4tqIv/0qI"
)
"""Made of chance that was thrown away: comparing with it costs what any comparison does."""


class CredentialKind(StrEnum):
    """What a person may know, as the directory names it."""

    PIN = "pin"
    PASSWORD = "password"  # noqa: S105 - a word, no secret


def make(secret: str) -> str:
    """A new hash of the secret; two of the same secret differ. Slow: never on an event loop."""
    return _HASHER.hash(secret)


def matches(slow_hash: str, secret: str) -> bool:
    """Whether the hash was made of this secret; nothing matches one that is damaged. Slow, too."""
    try:
        return _HASHER.verify(slow_hash, secret)
    except (VerificationError, InvalidHashError):
        return False
