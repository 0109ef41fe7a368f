from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from chaos.day.company import POOR_EVERY, POOR_MICROS, organisation
from chaos.day.script import card_number, home_of, user_name, visits
from chaos.day.timetable import CLOSES, OPENS, OUTAGES, DayPlan, Reach, clock, crowd_at

PLAN = DayPlan(sites=4, people=200, visits=2_000)


def test_the_same_seed_is_the_same_day_and_another_is_another() -> None:
    assert visits(PLAN) == visits(PLAN)
    assert visits(PLAN) != visits(replace(PLAN, seed=2))


def test_most_people_come_at_nine_and_after_lunch_and_nobody_outside_of_hours() -> None:
    hours = [visit.hour for visit in visits(PLAN)]

    def came(begin: float, end: float) -> int:
        return sum(begin <= hour < end for hour in hours)

    assert hours == sorted(hours)
    assert min(hours) >= OPENS
    assert max(hours) < CLOSES
    assert came(8.5, 9.5) > 2 * came(10.5, 11.5)
    assert came(12.75, 13.75) > 2 * came(16.5, 17.5)
    assert crowd_at(9.0) > crowd_at(13.25) > crowd_at(16.0)


def test_nearly_everybody_goes_to_the_own_branch() -> None:
    guests = [each for each in visits(PLAN) if each.site_name != home_of(PLAN, each.person)]

    assert 0 < len(guests) < len(visits(PLAN)) / 10


def test_the_outages_take_one_site_half_of_them_and_all_one_after_the_other() -> None:
    assert [len(PLAN.cut_off(outage.reach)) for outage in OUTAGES] == [1, 2, 4]
    assert not set(PLAN.cut_off(Reach.ONE_SITE)) & set(PLAN.cut_off(Reach.HALF))
    times = [time for outage in OUTAGES for time in (outage.begin, outage.end)]
    assert times == sorted(times)


def test_seconds_of_the_run_are_hours_of_the_day() -> None:
    assert PLAN.second(OPENS) == 0
    assert PLAN.second(CLOSES) == PLAN.seconds
    assert PLAN.hour(PLAN.second(9.5)) == pytest.approx(9.5)
    assert clock(8.75) == "08:45"


def test_the_company_has_a_printer_for_each_branch_and_a_card_for_everybody() -> None:
    read = tomllib.loads(organisation(PLAN))

    assert [site["name"] for site in read["sites"]] == list(PLAN.site_names)
    assert {printer["site"] for printer in read["printers"]} == set(PLAN.site_names)
    assert len({user["cards"][0] for user in read["users"]}) == PLAN.people
    assert read["users"][7]["name"] == user_name(7)
    assert read["users"][7]["cards"] == [card_number(7)]
    poor = [user for user in read["users"] if user["balance_micros"] == POOR_MICROS]
    assert len(poor) == PLAN.people // POOR_EVERY
