"""Which version of the link's protocol two ends speak, and how a message reads in an older one.

Theory of operation
-------------------
A site names the versions that it speaks as WebSocket subprotocols (RFC 6455, 1.9 and 4.1), the
newest first, when it opens the link. The primary takes the highest that it knows and says so in its
answer. From then on both ends write that version: what came later is left out, field by field
(`SINCE`), and messages that came later are not sent (`MESSAGES_SINCE`). So a newer end never says
what an older one refuses, and it does not matter which of the two is upgraded first.

An end from before subprotocols names none, and that means version 1.

Rejected: to let unknown fields pass. Then nobody could ever rely on a field being understood, and a
misspelt one would be lost in silence.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from replication.messages import (
    PROTOCOL,
    AllowanceAsk,
    AllowanceRecall,
    Beat,
    Hello,
    Message,
    PackedEntries,
    PushedDelta,
    Standing,
    Welcome,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from replication.messages import JsonFromPrimary, JsonFromSite

VERSIONS: Final = (PROTOCOL, PROTOCOL - 1)
"""What this code speaks, the newest first: its own, and the one before it."""
UNNAMED: Final = 1
"""What an end speaks that names no version."""
OFFERED_MAX: Final = 16
"""Of the versions that are looked at: nobody speaks so many."""

SINCE: Final[Mapping[type[Message], Mapping[str, int]]] = {
    Hello: dict.fromkeys(
        ("takes_deltas", "uplink", "kept_from_seq", "start", "instance", "former"), 2
    ),
    Beat: dict.fromkeys(
        (
            *("policy_version", "link_state", "order_number", "position_txid", "replica_age_ms"),
            *("wall_ms", "reader", "needs_reader"),
        ),
        2,
    ),
    Welcome: dict.fromkeys(("uplink", "wants_standing"), 2),
}
"""Fields that are not of version 1. Every new field of a message stands here, or a test fails."""
MESSAGES_SINCE: Final[Mapping[type[object], int]] = {
    AllowanceAsk: 2,
    AllowanceRecall: 2,
    PackedEntries: 2,
    PushedDelta: 2,
    Standing: 2,
}
"""Messages that are not of version 1."""

_NAME: Final = re.compile(r"holdfast\.([1-9][0-9]{0,3})")


def name_of(version: int) -> str:
    """The subprotocol of that version."""
    return f"holdfast.{version}"


def version_named(name: str | None) -> int | None:
    """The version that a subprotocol names; None where it is none of ours."""
    found = None if name is None else _NAME.fullmatch(name.strip())
    return None if found is None else int(found[1])


def versions_named(header: str | None) -> tuple[int, ...]:
    """The versions in a `Sec-WebSocket-Protocol` header; empty where it names none of ours."""
    names = (header or "").split(",")[:OFFERED_MAX]
    return tuple(version for name in names if (version := version_named(name)) is not None)


def shared(ours: Iterable[int], theirs: Iterable[int]) -> int | None:
    """The highest version that both speak."""
    return max(set(ours) & set(theirs), default=None)


def no_shared(site: Sequence[int], headquarters: Sequence[int]) -> str:
    """Why the two ends cannot talk, and what to upgrade, for a person."""
    older = "this site" if max(site) < max(headquarters) else "headquarters"
    return (
        f"This site speaks protocol {_listed(site)}; headquarters speaks {_listed(headquarters)}. "
        f"Upgrade {older}. Until then the site goes on deciding and keeps its journal."
    )


def none_taken(site: Sequence[int]) -> str:
    """The same where headquarters did not say what it speaks."""
    return (
        f"This site speaks protocol {_listed(site)}; headquarters took none of them, so it speaks "
        f"{UNNAMED} at most. Upgrade headquarters. Until then the site goes on deciding and keeps "
        "its journal."
    )


def text_in(message: JsonFromSite | JsonFromPrimary, version: int) -> str | None:
    """The message as JSON of that version; None where that version does not have it."""
    if version >= PROTOCOL:
        return message.model_dump_json()
    kind = type(message)
    if MESSAGES_SINCE.get(kind, 1) > version:
        return None
    later = {name for name, since in SINCE.get(kind, {}).items() if since > version}
    said: Any = message
    if isinstance(message, Hello | Welcome):
        said = message.model_copy(update={"protocol": version})
    return str(said.model_dump_json(exclude=later))


def knows(kind: type[object], version: int) -> bool:
    """Whether messages of that kind may be sent in that version."""
    return MESSAGES_SINCE.get(kind, 1) <= version


def _listed(versions: Sequence[int]) -> str:
    return " and ".join(map(str, sorted(versions, reverse=True)))
