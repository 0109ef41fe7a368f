from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from site_server.ipp.attributes import keyword, text
from site_server.ipp.codec import ANSWER_LIMITS, DecodeLimits, MessageDecoder, decode, encode
from site_server.ipp.errors import (
    CodecError,
    MalformedMessageError,
    MessageTooLargeError,
    TruncatedMessageError,
    UnencodableError,
    ValueTooLongError,
)
from site_server.ipp.values import Attribute, Collection, Group, Head, Message, Value
from site_server.ipp.vocabulary import GroupTag, ValueTag
from tests.unit.site_server.ipp.messages import LONGEST, MESSAGES

HEAD = Head(version=(1, 1), code=2, request_id=7)
HEAD_BYTES = bytes((1, 1, 0, 2, 0, 0, 0, 7))
END = b"\x03"
RELAXED = settings(deadline=None)


def record(tag: int, name: bytes, value: bytes) -> bytes:
    return b"".join(
        (bytes((tag,)), struct.pack(">H", len(name)), name, struct.pack(">H", len(value)), value)
    )


def message_of(*attributes: Attribute) -> Message:
    return Message(head=HEAD, groups=(Group(GroupTag.OPERATION, attributes),))


def nested(depth: int) -> Attribute:
    value = Value(ValueTag.INTEGER, 1)
    for _ in range(depth):
        value = Value(ValueTag.BEGIN_COLLECTION, Collection((Attribute("x", (value,)),)))
    return Attribute("deep", (value,))


@RELAXED
@given(MESSAGES)
def test_what_was_encoded_is_decoded_to_the_same_message(message: Message) -> None:
    assert decode(encode(message)) == message


@RELAXED
@given(MESSAGES, st.binary(max_size=30), st.integers(1, 7))
def test_a_stream_in_small_pieces_is_the_same_message_and_leaves_the_document(
    message: Message, document: bytes, step: int
) -> None:
    stream = encode(message) + document
    decoder = MessageDecoder()
    taken = 0
    while decoder.message is None:
        decoder.feed(stream[taken : taken + step])
        taken += step

    assert decoder.message == message
    assert decoder.rest + stream[taken:] == document


@RELAXED
@given(MESSAGES, st.data())
def test_a_message_cut_anywhere_is_truncated(message: Message, data: st.DataObject) -> None:
    whole = encode(message)
    cut = data.draw(st.integers(0, len(whole) - 1))

    with pytest.raises(TruncatedMessageError):
        decode(whole[:cut])


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=300))
@example(HEAD_BYTES + b"\x01" + record(ValueTag.KEYWORD, b"k", b"\xff") + END)
def test_random_bytes_raise_nothing_but_the_errors_of_the_codec(noise: bytes) -> None:
    for body in (noise, HEAD_BYTES + noise, HEAD_BYTES + b"\x01" + noise):
        with suppress(CodecError):
            decode(body)


@settings(max_examples=300, deadline=None)
@given(MESSAGES, st.data())
def test_a_message_with_damaged_bytes_raises_nothing_but_the_errors_of_the_codec(
    message: Message, data: st.DataObject
) -> None:
    damaged = bytearray(encode(message))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))

    with suppress(CodecError):
        assert encode(decode(bytes(damaged), ANSWER_LIMITS))


@pytest.mark.parametrize(
    "body",
    [
        record(ValueTag.KEYWORD, b"outside", b"of a group"),
        b"\x00",
        b"\x01" + record(ValueTag.KEYWORD, b"", b"more of nothing"),
        b"\x01" + record(ValueTag.END_COLLECTION, b"", b""),
        b"\x01" + record(ValueTag.MEMBER_NAME, b"", b"lost"),
        b"\x01" + record(ValueTag.BEGIN_COLLECTION, b"", b""),
        b"\x01" + record(ValueTag.BEGIN_COLLECTION, b"c", b"") + b"\x02",
        b"\x01" + record(ValueTag.BEGIN_COLLECTION, b"c", b""),
        b"\x01"
        + record(ValueTag.BEGIN_COLLECTION, b"c", b"")
        + record(ValueTag.KEYWORD, b"named", b"v"),
        b"\x01"
        + record(ValueTag.BEGIN_COLLECTION, b"c", b"")
        + record(ValueTag.KEYWORD, b"", b"no member"),
        b"\x01"
        + record(ValueTag.BEGIN_COLLECTION, b"c", b"")
        + record(ValueTag.MEMBER_NAME, b"", b"empty")
        + record(ValueTag.END_COLLECTION, b"", b""),
        b"\x01"
        + record(ValueTag.BEGIN_COLLECTION, b"c", b"")
        + record(ValueTag.MEMBER_NAME, b"", b"")
        + record(ValueTag.KEYWORD, b"", b"v")
        + record(ValueTag.END_COLLECTION, b"", b""),
        b"\x01" + record(ValueTag.INTEGER, b"i", b"\0\0\0"),
        b"\x01" + record(ValueTag.BOOLEAN, b"b", b"\x02"),
        b"\x01" + record(ValueTag.RANGE_OF_INTEGER, b"r", b"\0" * 7),
        b"\x01" + record(ValueTag.RESOLUTION, b"r", b"\0" * 8),
        b"\x01" + record(ValueTag.DATE_TIME, b"d", b"\0" * 10),
        b"\x01" + record(ValueTag.TEXT_WITH_LANGUAGE, b"t", b"\0\2en\0\5four"),
        b"\x01" + record(ValueTag.TEXT_WITH_LANGUAGE, b"t", b"\0\2en\0\1too long"),
        b"\x01" + record(ValueTag.KEYWORD, b"k", b"\xc3\x28"),
        b"\x01" + record(ValueTag.KEYWORD, b"\xc3\xa9", b"v"),
        b"\x01" + record(ValueTag.KEYWORD, b"n" * 256, b"v"),
        b"\x01" + record(ValueTag.INTEGER, b"i", b"\0" * 0x8001),
    ],
)
def test_what_breaks_the_rules_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedMessageError):
        decode(HEAD_BYTES + body + END)


@pytest.mark.parametrize(("tag", "longest"), LONGEST.items())
def test_a_value_may_be_as_long_as_its_syntax_allows_and_no_longer(tag: int, longest: int) -> None:
    def body(length: int) -> bytes:
        return HEAD_BYTES + b"\x01" + record(tag, b"name", b"x" * length) + END

    assert decode(body(longest)).groups[0].text("name") == "x" * longest
    with pytest.raises(ValueTooLongError):
        decode(body(longest + 1))


def test_a_value_that_is_too_long_is_refused_before_its_bytes_are_there() -> None:
    decoder = MessageDecoder()

    with pytest.raises(ValueTooLongError):
        decoder.feed(HEAD_BYTES + b"\x01" + record(ValueTag.NAME, b"n", b"x" * 256)[:6])
    assert decoder.head == HEAD


def test_a_printer_may_answer_with_longer_values_than_the_standard_allows() -> None:
    long = Attribute("printer-info", (Value(ValueTag.TEXT, "x" * 2_000),))

    assert decode(encode(message_of(long)), ANSWER_LIMITS).groups[0].get("printer-info") == long


def test_a_header_beyond_its_bound_is_refused() -> None:
    limits = DecodeLimits(header_bytes_max=500)

    with pytest.raises(MessageTooLargeError):
        decode(encode(message_of(text("t", "x" * 600))), limits)


def test_the_bound_of_the_header_counts_over_all_pieces_and_not_the_document() -> None:
    whole = encode(message_of(*(text(f"t{number}", "x" * 90) for number in range(4))))
    decoder = MessageDecoder(DecodeLimits(header_bytes_max=300))
    decoder.feed(whole[:250])
    with pytest.raises(MessageTooLargeError):
        decoder.feed(whole[250:])

    roomy = MessageDecoder(DecodeLimits(header_bytes_max=500))
    assert roomy.feed(whole + b"d" * 10_000) is not None


def test_too_many_values_are_refused() -> None:
    many = keyword("k", *(str(number) for number in range(11)))

    assert decode(encode(message_of(many)), DecodeLimits(values_max=11)) == message_of(many)
    with pytest.raises(MessageTooLargeError):
        decode(encode(message_of(many)), DecodeLimits(values_max=10))


def test_collections_nest_only_so_deep() -> None:
    limits = DecodeLimits(depth_max=3)

    assert decode(encode(message_of(nested(3))), limits) == message_of(nested(3))
    with pytest.raises(MessageTooLargeError):
        decode(encode(message_of(nested(4))), limits)


@pytest.mark.parametrize(
    "value",
    [
        Value(ValueTag.INTEGER, 2**31),
        Value(ValueTag.INTEGER, "seven"),
        Value(ValueTag.BOOLEAN, 7),
        Value(ValueTag.KEYWORD, None),
        Value(ValueTag.OCTET_STRING, b"x" * 0x8000),
        Value(ValueTag.NAME, "\ud800"),
    ],
)
def test_what_does_not_fit_its_tag_cannot_be_encoded(value: Value) -> None:
    with pytest.raises(UnencodableError):
        encode(message_of(Attribute("name", (value,))))


@pytest.mark.parametrize("name", ["", "größe"])
def test_a_bad_name_cannot_be_encoded(name: str) -> None:
    with pytest.raises(UnencodableError):
        encode(message_of(keyword(name, "v")))


def test_a_bad_head_cannot_be_encoded() -> None:
    head = Head(version=(1, 1), code=70_000, request_id=1)

    with pytest.raises(UnencodableError):
        encode(Message(head=head, groups=()))
