"""Everything random in a simulation, from one seed.

The services draw UUIDs, session names, salts and jitter from the machine's own source of chance.
While a simulation runs that source is a seeded stream, for the whole process: then the same seed
gives the same run, bit for bit, and no service has to be handed a source that it does not need
otherwise. It is no port, because a server that could be given predictable chance would be a danger.
"""

from __future__ import annotations

import os
import random
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """`os.urandom`, and what is made of it (`uuid4`, `secrets`, `SystemRandom`), from `seed`."""
    stream = random.Random(f"entropy of {seed}")
    real = os.urandom
    os.urandom = stream.randbytes
    random._urandom = stream.randbytes  # type: ignore[attr-defined]  # noqa: SLF001
    try:
        yield
    finally:
        os.urandom = real
        random._urandom = real  # type: ignore[attr-defined]  # noqa: SLF001


def part_of(seed: int, name: str) -> random.Random:
    """A stream of its own for one part, so that drawing more in one part moves no other."""
    return random.Random(f"{name} of {seed}")
