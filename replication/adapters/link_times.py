"""How patient a site is with its link, and how long it waits between two attempts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from replication.back_off import back_off_ms

if TYPE_CHECKING:
    import random


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTimes:
    """The patience of the link, all in ms."""

    connect_ms: int = 4_000
    """From the first packet to the welcome: eight round trips of a satellite link."""
    silence_ms: int = 10_000
    """Without a word from the primary before the connection is dropped: five beats."""
    send_ms: int = 5_000
    request_ms: int = 10_000
    """For the answer to begin, and between two pieces of a download."""
    retry_first_ms: int = 200
    retry_max_ms: int = 2_000
    """Between two attempts: how late a healed WAN is noticed."""
    steady_ms: int = 10_000
    """A connection that stood so long was a good one: the next pause is a short one again."""
    refused_retry_ms: int = 60_000
    bytes_per_s_max: int | None = None
    """Of all downloads together; None: as much as the line gives."""


def pause_ms(times: LinkTimes, failures: int, chance: random.Random, *, refused: bool) -> float:
    """The pause before the next attempt: doubling to a cap, the upper half of it by chance."""
    if refused:
        return back_off_ms(0, times.refused_retry_ms, times.refused_retry_ms, chance)
    return back_off_ms(failures, times.retry_first_ms, times.retry_max_ms, chance)
