"""How headquarters asks a site to come again later, and how the site obeys.

The words are HTTP's own: status 503 and `Retry-After`. The reason stands in a header beside them,
because a refused WebSocket has no body that its client could read. A site waits at least as long as
it was asked to, and up to half as long again by chance: those that were sent away together must not
come back together.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from replication.errors import ReplicationError

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

RETRY_AFTER: Final = "Retry-After"
REASON: Final = "Holdfast-Reason"
REASON_CHARS_MAX: Final = 200
WAIT_S_MAX: Final = 600
"""What a site believes at most, whatever stands between it and headquarters."""
WAIT_S_DEFAULT: Final = 5
"""Of a 503 that does not say how long, as a proxy may send it."""
SPREAD: Final = 1.5
DIGITS_MAX: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Come again after so many seconds, and why."""

    seconds: int
    reason: str

    def headers(self) -> dict[str, str]:
        """As they stand in the answer."""
        return {RETRY_AFTER: str(self.seconds), REASON: self.reason[:REASON_CHARS_MAX]}

    def pause_ms(self, chance: random.Random) -> float:
        """How long this site waits."""
        return chance.uniform(self.seconds * 1000, self.seconds * 1000 * SPREAD)

    def __str__(self) -> str:
        return f"headquarters asked to wait {self.seconds} s: {self.reason}"


class AskedToWaitError(ReplicationError):
    """Headquarters asked to wait. It is tried again by itself."""

    def __init__(self, wait: Wait) -> None:
        self.wait = wait
        super().__init__(f"{str(wait).capitalize()}. It is tried again by itself.")


def wait_of(status: int, headers: Mapping[str, str] | None) -> Wait | None:
    """What that answer asks for; None where it asks for no patience.

    A date in `Retry-After` counts as none: the two clocks may differ.
    """
    if status != HTTPStatus.SERVICE_UNAVAILABLE:
        return None
    said = headers or {}
    text = said.get(RETRY_AFTER, "")
    is_number = text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX
    seconds = min(int(text), WAIT_S_MAX) if is_number else WAIT_S_DEFAULT
    reason = said.get(REASON, "it does not say why")
    return Wait(seconds=seconds, reason=reason[:REASON_CHARS_MAX])
