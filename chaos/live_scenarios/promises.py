"""The promises of docs/architecture.md in a few words each, for whoever reads a report."""

from __future__ import annotations

from typing import Final

PROMISES: Final = {
    1: "money is conserved",
    2: "every entry takes effect exactly once, in order",
    3: "what was acknowledged survives",
    4: "no job is printed twice, and none is lost",
    5: "a replica is the directory at its position",
    6: "strict credit is never overdrawn",
    7: "no decision waits for the WAN",
    8: "all queues are bounded, with a clear refusal",
    9: "all registers are equal after healing",
    10: "without a certificate nothing is read or written",
}
