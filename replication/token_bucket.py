"""A ceiling on bytes per second, as numbers: how long to wait after so many bytes.

The bucket is kept as one moment, at which it would be full again. Each byte puts that moment off by
its share of a second; whoever runs further ahead of it than the burst allows waits for the rest. So
nothing has to tick, and what was not used in a quiet hour is worth one burst, not an hour.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

MS_PER_S = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenBucket:
    """`bytes_per_s` on average, `burst_bytes` at once."""

    bytes_per_s: int
    burst_bytes: int
    full_at_ms: float = 0.0
    """On the monotonic clock."""

    def __post_init__(self) -> None:
        if self.bytes_per_s < 1 or self.burst_bytes < 0:
            raise ValueError("a bucket needs a rate of at least 1 byte/s and no negative burst")

    def spent(self, size_bytes: int, now_ms: float) -> tuple[TokenBucket, float]:
        """The bucket after `size_bytes` arrived, and for how many ms to take no more."""
        took_ms = size_bytes * MS_PER_S / self.bytes_per_s
        full_at_ms = max(self.full_at_ms, now_ms) + took_ms
        ahead_ms = full_at_ms - now_ms
        burst_ms = self.burst_bytes * MS_PER_S / self.bytes_per_s
        return replace(self, full_at_ms=full_at_ms), max(0.0, ahead_ms - burst_ms)
