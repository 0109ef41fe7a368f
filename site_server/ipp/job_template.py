"""Which job template attributes a queue offers, and what a client asked for (RFC 8011, 5.2).

One table says for each attribute which values this queue takes; the printer attributes
(`xxx-supported`, `xxx-default`) and the check of a request both read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from site_server.ipp.attributes import enum, int_range, keyword, unsupported
from site_server.ipp.errors import RequestError
from site_server.ipp.service_port import (
    HOLD_INDEFINITE,
    HOLD_NONE,
    JobTicket,
    QueueView,
)
from site_server.ipp.values import Group
from site_server.ipp.vocabulary import GroupTag, Status, ValueTag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from site_server.ipp.request import Request
    from site_server.ipp.values import Attribute

COPIES_MAX: Final = 999
MEDIA: Final = (
    "iso_a4_210x297mm",
    "iso_a3_297x420mm",
    "iso_a5_148x210mm",
    "na_letter_8.5x11in",
    "na_legal_8.5x14in",
    "na_ledger_11x17in",
)
QUALITIES: Final = (3, 4, 5)
ORIENTATIONS: Final = (3, 4, 5, 6)
FINISHINGS_NONE: Final = 3
HOLDS: Final = (HOLD_NONE, HOLD_INDEFINITE)
SIDES_SIMPLEX: Final = ("one-sided",)
SIDES_DUPLEX: Final = ("one-sided", "two-sided-long-edge", "two-sided-short-edge")
COLOUR_MODES: Final = ("auto", "color", "monochrome")
GREY_MODES: Final = ("auto", "monochrome")

_WORDS: Final = frozenset({ValueTag.KEYWORD, ValueTag.NAME})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a client asked for: what is granted, and what this queue does not offer."""

    ticket: JobTicket
    hold_until: str
    unsupported: tuple[Attribute, ...]


def offers(queue: QueueView) -> Mapping[str, tuple[str | int, ...]]:
    """The attributes that a client may set on this queue, with the values it may choose from.

    The first value is the default. `copies` is a range and stands apart.
    """
    return {
        "finishings": (FINISHINGS_NONE,),
        "job-hold-until": HOLDS,
        "job-release-action": (str(queue.release_action),),
        "job-sheets": ("none",),
        "media": MEDIA,
        "orientation-requested": ORIENTATIONS,
        "print-color-mode": COLOUR_MODES if queue.has_colour else GREY_MODES,
        "print-quality": QUALITIES,
        "sides": SIDES_DUPLEX if queue.has_duplex else SIDES_SIMPLEX,
    }


DEFAULTS: Final[Mapping[str, str | int]] = {"print-quality": 4}
"""Where the default is not the first value."""


def template_attributes(queue: QueueView) -> tuple[Attribute, ...]:
    """The `xxx-default` and `xxx-supported` of everything that a client may set."""
    described = [int_range("copies-supported", 1, COPIES_MAX)]
    for name, values in offers(queue).items():
        default = DEFAULTS.get(name, values[0])
        described += [_described(f"{name}-default", (default,))]
        described += [_described(f"{name}-supported", values)]
    return tuple(described)


def read_wish(template: Group, queue: QueueView, *, is_strict: bool) -> Wish:
    """What the client asks for in its job template group.

    Raises:
        RequestError: `is_strict` (ipp-attribute-fidelity) and something is not on offer.

    """
    offered = offers(queue)
    refused = tuple(
        one if _is_known(one, offered) else unsupported(one.name)
        for one in template.attributes
        if not _is_granted(one, offered)
    )
    if refused and is_strict:
        message = "This queue does not offer: " + ", ".join(one.name for one in refused)
        raise RequestError(Status.ATTRIBUTES_OR_VALUES_NOT_SUPPORTED, message, unsupported=refused)
    granted = {one.name: one.first for one in template.attributes if _is_granted(one, offered)}
    return Wish(
        ticket=JobTicket(
            copies=_number(granted.get("copies")) or 1,
            sides=_word(granted.get("sides")) or SIDES_SIMPLEX[0],
            colour_mode=_word(granted.get("print-color-mode")) or COLOUR_MODES[0],
            media=_word(granted.get("media")),
            print_quality=_number(granted.get("print-quality")),
            orientation=_number(granted.get("orientation-requested")),
        ),
        hold_until=_word(granted.get("job-hold-until")) or HOLD_NONE,
        unsupported=refused,
    )


def template_of(request: Request, queue: QueueView) -> Group:
    """The job template group, with what a careless client put among the operation attributes.

    RFC 8011 wants them in the job group; Debian's print-job-hold.test and some drivers do not care.
    """
    names = {"copies", *offers(queue)} - {one.name for one in request.job_template.attributes}
    strays = tuple(one for one in request.attributes.attributes if one.name in names)
    return Group(GroupTag.JOB, request.job_template.attributes + strays)


def _is_known(attribute: Attribute, offered: Mapping[str, tuple[str | int, ...]]) -> bool:
    return attribute.name == "copies" or attribute.name in offered


def _is_granted(attribute: Attribute, offered: Mapping[str, tuple[str | int, ...]]) -> bool:
    if len(attribute.values) != 1:
        return False
    if attribute.name == "copies":
        return (
            attribute.tag == ValueTag.INTEGER and 1 <= (_number(attribute.first) or 0) <= COPIES_MAX
        )
    choices = offered.get(attribute.name, ())
    if attribute.tag in _WORDS:
        return _word(attribute.first) in choices
    return attribute.tag == ValueTag.ENUM and _number(attribute.first) in choices


def _described(name: str, values: tuple[str | int, ...]) -> Attribute:
    words = [value for value in values if isinstance(value, str)]
    return keyword(name, *words) if words else enum(name, *_numbers(values))


def _numbers(values: tuple[str | int, ...]) -> tuple[int, ...]:
    return tuple(value for value in values if isinstance(value, int))


def _word(data: object) -> str | None:
    return data if isinstance(data, str) else None


def _number(data: object) -> int | None:
    return data if isinstance(data, int) and not isinstance(data, bool) else None
