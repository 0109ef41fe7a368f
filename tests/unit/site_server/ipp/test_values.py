from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from site_server.ipp.attributes import boolean, clip, integer, keyword, text
from site_server.ipp.values import Attribute, DateTime, Group, LangString, Value
from site_server.ipp.vocabulary import GroupTag, ValueTag

NOON = DateTime.from_wall_ms(1_800_014_400_300)


def test_a_moment_comes_back_to_a_tenth_of_a_second() -> None:
    assert NOON.to_datetime() == datetime(2027, 1, 15, 12, 0, 0, 300_000, tzinfo=UTC)


def test_a_time_zone_west_of_greenwich_is_behind() -> None:
    lima = replace(NOON, utc_sign="-", utc_hours=5)

    assert lima.to_datetime() == NOON_IN_LIMA


def test_a_moment_that_no_calendar_has_is_none() -> None:
    assert replace(NOON, month=13).to_datetime() is None
    assert replace(NOON, second=60).to_datetime() is None
    assert replace(NOON, utc_hours=99).to_datetime() is None


def test_a_group_answers_only_with_the_syntax_that_was_asked_for() -> None:
    group = Group(GroupTag.JOB, (integer("copies", 2), keyword("sides", "one-sided")))

    assert group.integer("copies") == 2
    assert group.text("copies") is None
    assert group.integer("sides") is None
    assert group.boolean("sides") is None
    assert group.texts("missing") == ()


def test_a_boolean_is_not_a_number() -> None:
    group = Group(GroupTag.JOB, (boolean("my-jobs", value=True),))

    assert group.boolean("my-jobs") is True
    assert group.integer("my-jobs") is None


def test_a_text_with_language_is_read_as_its_text() -> None:
    value = Value(ValueTag.NAME_WITH_LANGUAGE, LangString("nb", "Møte"))

    assert Group(GroupTag.JOB, (Attribute("job-name", (value,)),)).text("job-name") == "Møte"


def test_long_text_is_cut_between_characters() -> None:
    assert clip("ærø", 4) == "ær"
    assert len(str(text("t", "ø" * 600).first).encode()) == 1_022


NOON_IN_LIMA = datetime(2027, 1, 15, 12, 0, 0, 300_000, tzinfo=timezone(timedelta(hours=-5)))
