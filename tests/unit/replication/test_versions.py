"""What is said in an older version of the protocol, and how two ends find one that both speak."""

from __future__ import annotations

import json

import pytest

from replication import messages
from replication.messages import (
    AllowanceRecall,
    Beat,
    Hello,
    Message,
    PushedDelta,
    RegistersHave,
    Welcome,
)
from replication.versions import (
    MESSAGES_SINCE,
    SINCE,
    VERSIONS,
    knows,
    name_of,
    no_shared,
    none_taken,
    shared,
    text_in,
    versions_named,
)

FIRST = {
    "Hello": {"type", "protocol", "site_name", "epoch", "journal_seq", "wall_ms"},
    "Beat": {"type", "number"},
    "Entries": {"type", "entries"},
    "Welcome": {"type", "protocol", "lineage", "txid", "watermark_seq", "wall_ms"},
    "BeatAck": {"type", "number"},
    "Ack": {"type", "seq"},
    "Gap": {"type", "want_seq"},
    "Fence": {"type", "reason"},
    "Head": {"type", "lineage", "txid", "files"},
    "RegistersHave": {"type", "versions"},
    "Registers": {"type", "changes", "versions"},
}
"""Version 1, written down once and for ever."""

HELLO = Hello(
    site_name="oslo",
    epoch=1,
    journal_seq=5,
    wall_ms=0,
    takes_deltas=True,
    uplink=2,
    kept_from_seq=3,
    start=4,
    instance="0" * 32,
    former=["1" * 32],
)


def kinds() -> list[type[Message]]:
    """Every message that has a type of its own."""
    found = [each for each in vars(messages).values() if isinstance(each, type)]
    return [each for each in found if issubclass(each, Message) and "type" in each.model_fields]


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_every_field_and_message_beyond_version_1_says_since_when_it_is_there(
    kind: type[Message],
) -> None:
    if kind.__name__ not in FIRST:
        assert MESSAGES_SINCE[kind] > 1
        return
    later = set(kind.model_fields) - FIRST[kind.__name__]
    assert later == set(SINCE.get(kind, {}))


def test_what_came_later_is_left_out() -> None:
    said = json.loads(text_in(HELLO, 1) or "")
    assert set(said) == FIRST["Hello"]
    assert said["protocol"] == 1
    beat = Beat(number=7, position_txid=3, wall_ms=5, reader=1)
    assert json.loads(text_in(beat, 1) or "") == {"type": "beat", "number": 7}
    welcome = Welcome(lineage="0" * 32, txid=1, watermark_seq=0, wall_ms=0, uplink=2)
    assert set(json.loads(text_in(welcome, 1) or "")) == FIRST["Welcome"]


def test_the_newest_version_says_everything() -> None:
    assert Hello.model_validate_json(text_in(HELLO, VERSIONS[0]) or "") == HELLO


def test_a_message_that_an_older_end_does_not_know_is_not_sent() -> None:
    recall = AllowanceRecall(payer="user:ada", amount_micros=1)
    assert text_in(recall, 1) is None
    assert text_in(recall, 2) is not None
    assert text_in(RegistersHave(versions={}), 1) is not None
    assert not knows(PushedDelta, 1)
    assert knows(PushedDelta, 2)


def test_the_highest_version_that_both_speak_is_taken() -> None:
    assert shared((2, 1), (3, 2, 1)) == 2
    assert shared((2, 1), (1,)) == 1
    assert shared((2, 1), (4, 3)) is None


def test_versions_travel_as_subprotocols() -> None:
    assert versions_named(f"{name_of(3)}, {name_of(2)},chat") == (3, 2)
    assert versions_named("holdfast.0, holdfast.x") == ()
    assert versions_named(None) == ()


def test_without_a_shared_version_it_is_said_which_end_to_upgrade() -> None:
    assert "Upgrade headquarters" in no_shared((4, 3), (2, 1))
    assert "speaks protocol 4 and 3; headquarters speaks 2 and 1" in no_shared((4, 3), (2, 1))
    assert "Upgrade this site" in no_shared((1,), (3, 2))
    assert "Upgrade headquarters" in none_taken((4, 3))
