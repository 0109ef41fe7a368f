"""The starts of a site, by which a second copy of its disk shows itself at its first word.

Theory of operation
-------------------
Each start of a site has a number, one more than the start before it, and a nonce of its own. Both
are on the site's disk before the first word to headquarters. With its hello a site says them, and
the nonces of the starts before it. Headquarters remembers the newest start that it has heard of,
for each epoch. A site that was restarted, also after a crash, also after many starts without a WAN,
names that start among its own. A second copy of the disk, or an older disk that was put back,
cannot: what headquarters has heard of happened after the disks had parted.

So nothing has to be written by either copy for the clone to be seen, and neither a plain restart, a
crash nor an answer that was lost looks like one: a start that headquarters never heard of is only
one more name in the list. A headquarters that was itself restored from a backup remembers an older
start, which the list still holds. Beyond the list's length nothing can be told, and nothing is held
against the site; its journal's hashes find a fork then, with the first entry.

Rejected: to fence whoever calls while the same site is connected. A site whose WAN died without a
word does just that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

FORMER_MAX: Final = 64
Nonce = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
StartNumber = Annotated[int | None, Field(ge=0, le=2**53, exclude_if=lambda it: it is None)]
"""None: the site does not say."""
Instance = Annotated[Nonce | None, Field(exclude_if=lambda it: it is None)]
Former = Annotated[list[Nonce], Field(max_length=FORMER_MAX, exclude_if=lambda it: not it)]
"""The newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One start of a site: its number from 1 on, its nonce, those before it, the newest first."""

    number: int
    instance: str
    former: tuple[str, ...] = ()


def parted(known: Start, told: Start) -> bool:
    """Whether `told` is of another line of starts than the one that `known` belongs to."""
    if told.number == known.number:
        return told.instance != known.instance
    if told.number < known.number:
        return True
    back = told.number - known.number - 1
    return back < len(told.former) and told.former[back] != known.instance


def parted_text(site_name: str, epoch: int, known: Start, told: Start) -> str:
    """Why such a site is fenced, for a person."""
    return (
        f"Site {site_name}, epoch {epoch}, calls as its start {told.number}, which does not come "
        f"after the start {known.number} that headquarters knows: its disk was copied and started "
        "twice, or an older copy of it was put back. Headquarters cannot know which one is right, "
        "so neither takes part until one of them joins again (docs/operations/clones.md). Both go "
        "on deciding and keep their journals."
    )
