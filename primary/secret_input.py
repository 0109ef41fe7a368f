"""Reads a secret for the command line; arguments are no place, every process list shows them."""

import sys
from getpass import getpass
from typing import Final

from primary.errors import ConfigError

SECRET_CHARS_MAX: Final = 4_096
"""Nobody has so long a one; bounds what is read before it is refused."""


def read_secret(what: str) -> str:
    """The secret: asked for twice at a terminal, else one line of standard input.

    Errors: `ConfigError` where there is none, or where the two are not the same.
    """
    if not sys.stdin.isatty():
        secret = sys.stdin.readline(SECRET_CHARS_MAX).rstrip("\r\n")
    else:
        secret = getpass(f"{what}: ")
        if getpass(f"{what} again: ") != secret:
            raise ConfigError(
                [f"these are two different ones; nothing was changed. Type the {what} again"]
            )
    if not secret:
        raise ConfigError([f"is empty; give the {what} on standard input"])
    return secret
