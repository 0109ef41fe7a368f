"""One number decides what to do with the next."""

from __future__ import annotations

import pytest

from replication.watermark import Verdict, judge


@pytest.mark.parametrize(
    ("seq", "watermark_seq", "verdict"),
    [
        (1, 0, Verdict.APPLY),
        (2, 0, Verdict.GAP),
        (7, 7, Verdict.SKIP),
        (6, 7, Verdict.SKIP),
        (8, 7, Verdict.APPLY),
        (9, 7, Verdict.GAP),
    ],
)
def test_only_the_very_next_number_takes_effect(
    seq: int, watermark_seq: int, verdict: Verdict
) -> None:
    assert judge(seq, watermark_seq) is verdict
