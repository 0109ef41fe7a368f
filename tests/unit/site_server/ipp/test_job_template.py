from __future__ import annotations

from dataclasses import replace

import pytest

from site_server.ipp.attributes import enum, integer, keyword, name_
from site_server.ipp.job_template import offers, read_wish, template_attributes
from site_server.ipp.service_port import HOLD_INDEFINITE, HOLD_NONE, JobTicket
from site_server.ipp.testing import direct_queue, held_queue
from site_server.ipp.values import Attribute, Group
from site_server.ipp.vocabulary import GroupTag

HELD = held_queue()


def group(*attributes: Attribute) -> Group:
    return Group(GroupTag.JOB, attributes)


def test_nothing_asked_for_is_one_plain_copy_now() -> None:
    wish = read_wish(group(), HELD, is_strict=True)

    assert wish.ticket == JobTicket()
    assert wish.hold_until == HOLD_NONE
    assert wish.unsupported == ()


def test_everything_on_offer_is_granted() -> None:
    asked = group(
        integer("copies", 999),
        keyword("sides", "two-sided-long-edge"),
        keyword("print-color-mode", "monochrome"),
        keyword("media", "iso_a3_297x420mm"),
        enum("print-quality", 5),
        enum("orientation-requested", 4),
        name_("job-hold-until", HOLD_INDEFINITE),
        enum("finishings", 3),
        keyword("job-sheets", "none"),
    )
    wish = read_wish(asked, HELD, is_strict=True)

    assert wish.ticket == JobTicket(
        copies=999,
        sides="two-sided-long-edge",
        colour_mode="monochrome",
        media="iso_a3_297x420mm",
        print_quality=5,
        orientation=4,
    )
    assert wish.hold_until == HOLD_INDEFINITE


@pytest.mark.parametrize(
    "attribute",
    [
        integer("copies", 0),
        integer("copies", 1_000),
        integer("copies", 2, 3),
        keyword("copies", "two"),
        integer("print-quality", 4),
        enum("print-quality", 9),
        keyword("sides", "one-sided", "two-sided-long-edge"),
        keyword("media", "na_index-4x6_4x6in"),
        keyword("job-hold-until", "night"),
        keyword("job-release-action", "none"),
        integer("job-priority", 50),
    ],
)
def test_what_is_not_on_offer_is_not_granted(attribute: Attribute) -> None:
    wish = read_wish(group(attribute), HELD, is_strict=False)

    assert wish.ticket == JobTicket()
    assert [one.name for one in wish.unsupported] == [attribute.name]


def test_a_simplex_mono_queue_offers_less() -> None:
    plain = replace(HELD, has_colour=False, has_duplex=False)

    assert offers(plain)["sides"] == ("one-sided",)
    assert "color" not in offers(plain)["print-color-mode"]


def test_the_release_action_tells_held_from_direct() -> None:
    def action(attributes: tuple[Attribute, ...]) -> str | None:
        return group(*attributes).text("job-release-action-default")

    assert action(template_attributes(HELD)) == "owner-authorized"
    assert action(template_attributes(direct_queue())) == "none"


def test_every_default_is_supported() -> None:
    described = group(*template_attributes(HELD))
    for name in offers(HELD):
        default = described.get(f"{name}-default")
        supported = described.get(f"{name}-supported")
        assert default
        assert supported
        assert default.first in [value.data for value in supported.values]
