"""The link's messages: what goes through comes out equal, and nothing else goes through."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from replication.entry_bodies import BalanceAdjusted, JobAccepted
from replication.entry_bounds import BATCH_CHARS_MAX
from replication.errors import BadMessageError
from replication.exchange import BATCH_ENTRIES_MAX
from replication.journal import JournalHead, next_entry
from replication.messages import (
    MESSAGE_BYTES_MAX,
    Ack,
    AllowanceAsk,
    AllowanceNeed,
    AllowanceRecall,
    Beat,
    BeatAck,
    Entries,
    Fence,
    Gap,
    Head,
    Hello,
    JsonFromPrimary,
    JsonFromSite,
    ManifestFile,
    RegisterChange,
    Registers,
    RegistersHave,
    Welcome,
    parse_from_primary,
    parse_from_site,
)
from replication.ports import WallMs
from replication.wire_entry import WireEntry

if TYPE_CHECKING:
    from replication.entry_bodies import Body

LINEAGE = "0123456789abcdef" * 2
NOW = WallMs(1_800_000_000_000)
START = JournalHead(site_name="oslo", epoch=3)
CHANGE = RegisterChange(
    table="held_jobs",
    pk_hex="010b",
    cid="pages",
    val=3,
    col_version=1,
    db_version=7,
    origin=LINEAGE,
    cl=1,
    seq=0,
)


def wire(body: Body) -> WireEntry:
    return WireEntry.of(next_entry(START, body, NOW))


ENTRY = wire(BalanceAdjusted(payer="user:ada", amount_micros=5))
FROM_SITE: list[JsonFromSite] = [
    Hello(site_name="oslo", epoch=3, journal_seq=9, wall_ms=NOW),
    Hello(site_name="oslo", epoch=3, journal_seq=9, wall_ms=NOW, uplink=2, kept_from_seq=4),
    Beat(number=4),
    Beat(number=4, wall_ms=NOW),
    Entries(entries=[ENTRY]),
    AllowanceAsk(needs=[AllowanceNeed(payer="user:ada", want_micros=5, usual_micros=0)]),
    Registers(changes=[CHANGE], versions={LINEAGE: 7}),
    RegistersHave(versions={}),
]
FROM_PRIMARY: list[JsonFromPrimary] = [
    Welcome(lineage=LINEAGE, txid=12, watermark_seq=9, wall_ms=NOW),
    Welcome(lineage=LINEAGE, txid=12, watermark_seq=9, wall_ms=NOW, uplink=2),
    BeatAck(number=4),
    Ack(seq=9),
    Gap(want_seq=3),
    Fence(reason="cloned"),
    Head(
        lineage=LINEAGE,
        txid=13,
        files=[
            ManifestFile(name=f"ltx/0/{13:016x}-{13:016x}.ltx", size_bytes=400, sha256="0" * 64)
        ],
    ),
    AllowanceRecall(payer="account:research", amount_micros=5),
    Registers(changes=[CHANGE], versions={LINEAGE: 7}),
    RegistersHave(versions={LINEAGE: 7}),
]


@pytest.mark.parametrize("message", FROM_SITE, ids=lambda message: message.type)
def test_what_a_site_says_is_heard_as_it_was_said(message: JsonFromSite) -> None:
    assert parse_from_site(message.model_dump_json()) == message


@pytest.mark.parametrize("message", FROM_PRIMARY, ids=lambda message: message.type)
def test_what_the_primary_says_is_heard_as_it_was_said(message: JsonFromPrimary) -> None:
    assert parse_from_primary(message.model_dump_json()) == message


def test_an_entry_is_the_same_at_both_ends() -> None:
    entry = next_entry(START, BalanceAdjusted(payer="user:ada", amount_micros=5), NOW)
    assert WireEntry.of(entry).entry("oslo", 3) == entry


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"type":"welcome"}',
        '{"type":"beat","number":-1}',
        '{"type":"beat","number":1,"more":1}',
        '{"type":"entries","entries":[]}',
        '{"type":"hello","site_name":"Oslo","epoch":1,"journal_seq":0,"wall_ms":0}',
        '{"type":"hello","site_name":"oslo","epoch":0,"journal_seq":0,"wall_ms":0}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_message_of_a_site_is_refused(text: str | bytes) -> None:
    with pytest.raises(BadMessageError, match="Not a message of protocol"):
        parse_from_site(text)


def test_a_file_name_cannot_lead_out_of_the_store() -> None:
    head = json.loads(FROM_PRIMARY[6].model_dump_json())
    head["files"][0]["name"] = "ltx/0/../../pki/ca.key.pem"
    with pytest.raises(BadMessageError, match="files"):
        parse_from_primary(json.dumps(head))


@given(st.text() | st.binary())
def test_nothing_does_worse_than_be_refused(text: str | bytes) -> None:
    with pytest.raises(BadMessageError):
        parse_from_primary(text)


def test_more_entries_than_a_batch_are_refused() -> None:
    with pytest.raises(ValidationError):
        Entries(entries=[ENTRY] * (BATCH_ENTRIES_MAX + 1))


def test_the_longest_names_there_can_be_fit_into_an_entry_and_a_full_batch_into_a_message() -> None:
    smile = "\N{GRINNING FACE}"
    longest = wire(
        JobAccepted(
            job_uuid="01234567-89ab-cdef-0123-456789abcdef",
            user_name=smile * 255,
            queue_name=smile * 255,
            job_name=smile * 1023,
            bytes=2**40,
            sha256="0" * 64,
        )
    )
    fitting = BATCH_CHARS_MAX // len(longest.body)
    text = Entries(entries=[longest] * fitting).model_dump_json()
    assert parse_from_site(text) == Entries(entries=[longest] * fitting)
    assert len(text.encode()) < MESSAGE_BYTES_MAX
    assert len(Entries(entries=[ENTRY] * BATCH_ENTRIES_MAX).model_dump_json()) < MESSAGE_BYTES_MAX
