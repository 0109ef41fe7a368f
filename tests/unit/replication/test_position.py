from __future__ import annotations

import pytest

from replication.position import BadPositionError, OtherLineageError, Position

LINEAGE = "0123456789abcdef" * 2


def test_a_position_reads_what_it_printed() -> None:
    position = Position(lineage=LINEAGE, txid=0x2A)
    assert str(position) == f"{LINEAGE}:000000000000002a"
    assert Position.parse(str(position)) == position


@pytest.mark.parametrize(
    "text",
    [
        "",
        LINEAGE,
        f"{LINEAGE}:2a",
        f"{LINEAGE}:000000000000002a\n",
        f"{LINEAGE.upper()}:000000000000002a",
        f"../{LINEAGE}:000000000000002a",
        f"{LINEAGE}:0000000000000000",
    ],
)
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(BadPositionError):
        Position.parse(text)


def test_a_lineage_that_could_leave_its_folder_is_refused() -> None:
    with pytest.raises(BadPositionError):
        Position(lineage="../../etc", txid=1)


def test_within_a_lineage_the_txid_decides() -> None:
    early, late = Position(lineage=LINEAGE, txid=9), Position(lineage=LINEAGE, txid=10)
    assert early < late
    assert late >= early
    assert max(early, late) == late


def test_positions_of_two_lineages_have_no_order() -> None:
    here, there = Position(lineage=LINEAGE, txid=9), Position(lineage="f" * 32, txid=10)
    assert here != there
    with pytest.raises(OtherLineageError):
        assert here < there
