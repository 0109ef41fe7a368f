"""Hypothesis strategies for whole IPP messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from site_server.ipp.value_codec import VALUE_BYTES_MAX
from site_server.ipp.values import (
    Attribute,
    Collection,
    DateTime,
    Group,
    Head,
    IntRange,
    LangString,
    Message,
    Resolution,
    Value,
)
from site_server.ipp.vocabulary import GroupTag, ValueTag

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

INT32 = st.integers(-(2**31), 2**31 - 1)
BYTE = st.integers(0, 255)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz-.0123456789", min_size=1, max_size=40)
STRINGS = (
    ValueTag.TEXT,
    ValueTag.NAME,
    ValueTag.KEYWORD,
    ValueTag.URI,
    ValueTag.URI_SCHEME,
    ValueTag.CHARSET,
    ValueTag.NATURAL_LANGUAGE,
    ValueTag.MIME_MEDIA_TYPE,
)
TEXT = st.text(st.characters(codec="utf-8"), max_size=15)


def strings() -> SearchStrategy[Value]:
    return st.builds(Value, st.sampled_from(STRINGS).map(int), TEXT)


def scalars() -> SearchStrategy[Value]:
    small = st.integers(0, 99)
    moments = st.builds(
        DateTime,
        *[st.integers(0, 65_535), *[BYTE] * 6, st.sampled_from("+-"), small, small],
    )
    lang = st.builds(LangString, st.text("abc-", max_size=8), TEXT)
    return st.one_of(
        strings(),
        st.builds(Value, st.sampled_from([0x21, 0x23]), INT32),
        st.builds(Value, st.just(0x22), st.booleans()),
        st.builds(Value, st.integers(0x10, 0x1F), st.none()),
        st.builds(Value, st.just(0x30), st.binary(max_size=50)),
        st.builds(Value, st.just(0x31), moments),
        st.builds(Value, st.just(0x32), st.builds(Resolution, INT32, INT32, st.just(3))),
        st.builds(Value, st.just(0x33), st.builds(IntRange, INT32, INT32)),
        st.builds(Value, st.sampled_from([0x35, 0x36]), lang),
        st.builds(Value, st.sampled_from([0x38, 0x4F, 0x7F, 0xFF]), st.binary(max_size=20)),
    )


def attributes(values: SearchStrategy[Value]) -> SearchStrategy[tuple[Attribute, ...]]:
    one = st.builds(Attribute, NAMES, st.lists(values, min_size=1, max_size=3).map(tuple))
    return st.lists(one, max_size=4).map(tuple)


def collections(values: SearchStrategy[Value]) -> SearchStrategy[Value]:
    return st.builds(
        Value, st.just(int(ValueTag.BEGIN_COLLECTION)), st.builds(Collection, attributes(values))
    )


VALUES = st.recursive(scalars(), collections, max_leaves=6)
GROUP_TAGS = st.sampled_from(
    [int(tag) for tag in GroupTag if tag is not GroupTag.END] + [0x08, 0x0F]
)
GROUPS = st.lists(st.builds(Group, GROUP_TAGS, attributes(VALUES)), max_size=4).map(tuple)
HEADS = st.builds(
    Head,
    version=st.tuples(st.integers(-128, 127), st.integers(-128, 127)),
    code=st.integers(0, 65_535),
    request_id=INT32,
)
MESSAGES = st.builds(Message, head=HEADS, groups=GROUPS)

LONGEST = {tag: length for tag, length in VALUE_BYTES_MAX.items() if tag in STRINGS}
