"""Toxics of toxiproxy by the word that a story uses for them.

`up` is from the branch to headquarters, `down` from headquarters to the branch.
"""

from __future__ import annotations

from chaos.live.toxiproxy import DIRECTIONS, Toxic


def up(kind: str, **attributes: int) -> tuple[Toxic]:
    """This, on what the branch sends."""
    return (Toxic(kind=kind, stream="upstream", attributes=attributes),)


def down(kind: str, **attributes: int) -> tuple[Toxic]:
    """This, on what headquarters sends."""
    return (Toxic(kind=kind, stream="downstream", attributes=attributes),)


def both(kind: str, **attributes: int) -> tuple[Toxic, ...]:
    """This, in both directions."""
    return tuple(Toxic(kind=kind, stream=stream, attributes=attributes) for stream in DIRECTIONS)
