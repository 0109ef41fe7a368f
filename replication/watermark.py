"""What to do with a numbered entry when everything up to the watermark has already taken effect."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What the receiver does with one entry."""

    SKIP = "skip"
    APPLY = "apply"
    GAP = "gap"


def judge(seq: int, watermark_seq: int) -> Verdict:
    """SKIP what took effect before, APPLY the very next one; anything later is a GAP."""
    if seq <= watermark_seq:
        return Verdict.SKIP
    return Verdict.APPLY if seq == watermark_seq + 1 else Verdict.GAP
