"""The same weather as a command line of `tc`, for kernels that know netem: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.live.packets.weather import FAIR, Weather

if TYPE_CHECKING:
    from collections.abc import Sequence

QUEUE_PACKETS: Final = 10_000
"""netem's own 1,000 are a loss of their own at a long delay."""
UNKNOWN: Final = "kind is unknown"
"""What `tc` says where the kernel has no netem."""


def set_weather(device: str, weather: Weather) -> tuple[str, ...]:
    """The command that gives what leaves `device` this weather; it may be repeated."""
    return ("tc", "qdisc", "replace", "dev", device, "root", "netem", *_words(weather))


def probe(device: str) -> tuple[str, ...]:
    """The command that succeeds only where the kernel has netem."""
    return set_weather(device, FAIR)


def _words(weather: Weather) -> Sequence[str]:
    words = ["limit", str(QUEUE_PACKETS)]
    if weather.wait_ms:
        words += ["delay", f"{weather.wait_ms}ms"]
        words += [f"{weather.jitter_ms}ms"] if weather.jitter_ms else []
    if weather.loss_percent:
        words += ["loss", "random", f"{weather.loss_percent:g}%"]
    if weather.duplicate_percent:
        words += ["duplicate", f"{weather.duplicate_percent:g}%"]
    if weather.reorder_percent:
        words += ["reorder", f"{weather.reorder_percent:g}%"]
    return words
