"""A `JobView` as IPP attributes (RFC 8011, 5.2 and 5.3; PWG 5100.11 for the release action)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from site_server.ipp.attributes import (
    charset,
    date_time,
    enum,
    integer,
    integer_or_no_value,
    keyword,
    mime_type,
    name_,
    natural_language,
    no_value,
    text,
    uri,
)
from site_server.ipp.request import CHARSET, LANGUAGE
from site_server.ipp.vocabulary import JobState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from site_server.ipp.service_port import JobView
    from site_server.ipp.uris import Uris
    from site_server.ipp.values import Attribute

SECONDS_MAX: Final = 2**31 - 1
_BYTES_PER_K: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class JobScene:
    """A job, from where it is looked at and when."""

    job: JobView
    uris: Uris
    now_ms: int


def seconds(wall_ms: int) -> int:
    """A moment in the scale of printer-up-time.

    RFC 8011 counts from the start of the printer; like CUPS we count from 1970, so that the times
    of a job stay comparable when this server restarts. The integers of IPP end in January 2038.
    """
    return min(max(wall_ms // 1000, 1), SECONDS_MAX)


def _seconds_or_none(wall_ms: int | None) -> int | None:
    return None if wall_ms is None else seconds(wall_ms)


def _k_octets(job: JobView) -> int:
    return -(-job.document_bytes // _BYTES_PER_K)


def _k_octets_processed(job: JobView) -> int:
    return _k_octets(job) if job.state is JobState.COMPLETED else 0


def _number_or_none(name: str, value: int | None) -> Attribute:
    return no_value(name) if value is None else enum(name, value)


_DESCRIPTION: Final[Mapping[str, Callable[[JobScene], Attribute]]] = {
    "attributes-charset": lambda _: charset("attributes-charset", CHARSET),
    "attributes-natural-language": lambda _: natural_language(
        "attributes-natural-language", LANGUAGE
    ),
    "job-id": lambda s: integer("job-id", s.job.job_id),
    "job-uri": lambda s: uri("job-uri", s.uris.job(s.job.job_id)),
    "job-uuid": lambda s: uri("job-uuid", f"urn:uuid:{s.job.job_uuid}"),
    "job-printer-uri": lambda s: uri("job-printer-uri", s.uris.queue(s.job.queue_name)),
    "job-name": lambda s: name_("job-name", s.job.job_name),
    "job-originating-user-name": lambda s: name_("job-originating-user-name", s.job.user_name),
    "job-state": lambda s: enum("job-state", s.job.state),
    "job-state-reasons": lambda s: keyword("job-state-reasons", *s.job.state_reasons),
    "job-state-message": lambda s: text("job-state-message", s.job.state_message),
    "job-printer-up-time": lambda s: integer("job-printer-up-time", seconds(s.now_ms)),
    "time-at-creation": lambda s: integer("time-at-creation", seconds(s.job.created_at_ms)),
    "time-at-processing": lambda s: integer_or_no_value(
        "time-at-processing", _seconds_or_none(s.job.processing_at_ms)
    ),
    "time-at-completed": lambda s: integer_or_no_value(
        "time-at-completed", _seconds_or_none(s.job.completed_at_ms)
    ),
    "date-time-at-creation": lambda s: date_time("date-time-at-creation", s.job.created_at_ms),
    "date-time-at-processing": lambda s: date_time(
        "date-time-at-processing", s.job.processing_at_ms
    ),
    "date-time-at-completed": lambda s: date_time("date-time-at-completed", s.job.completed_at_ms),
    "job-k-octets": lambda s: integer("job-k-octets", _k_octets(s.job)),
    "job-k-octets-processed": lambda s: integer(
        "job-k-octets-processed", _k_octets_processed(s.job)
    ),
    "job-impressions": lambda s: integer_or_no_value("job-impressions", s.job.impressions),
    "job-impressions-completed": lambda s: integer(
        "job-impressions-completed", s.job.impressions_completed
    ),
    "number-of-documents": lambda s: integer("number-of-documents", s.job.document_count),
    "document-format-supplied": lambda s: mime_type(
        "document-format-supplied", s.job.document_format
    ),
    "document-name-supplied": lambda s: name_("document-name-supplied", s.job.document_name),
    "output-device-assigned": lambda s: (
        no_value("output-device-assigned")
        if s.job.output_device is None
        else name_("output-device-assigned", s.job.output_device)
    ),
}

_TEMPLATE: Final[Mapping[str, Callable[[JobScene], Attribute]]] = {
    "copies": lambda s: integer("copies", s.job.ticket.copies),
    "sides": lambda s: keyword("sides", s.job.ticket.sides),
    "print-color-mode": lambda s: keyword("print-color-mode", s.job.ticket.colour_mode),
    "job-hold-until": lambda s: keyword("job-hold-until", s.job.hold_until),
    "job-release-action": lambda s: keyword("job-release-action", str(s.job.release_action)),
    "media": lambda s: (
        no_value("media") if s.job.ticket.media is None else keyword("media", s.job.ticket.media)
    ),
    "print-quality": lambda s: _number_or_none("print-quality", s.job.ticket.print_quality),
    "orientation-requested": lambda s: _number_or_none(
        "orientation-requested", s.job.ticket.orientation
    ),
}
_ONLY_IF_SET: Final = frozenset(
    {"media", "print-quality", "orientation-requested", "output-device-assigned"}
)
"""Left out of an answer while they have no value: RFC 8011 gives them no no-value."""

_ALL: Final = {**_DESCRIPTION, **_TEMPLATE}
_GROUPS: Final[Mapping[str, Iterable[str]]] = {
    "all": _ALL,
    "job-description": _DESCRIPTION,
    "job-template": _TEMPLATE,
}

BRIEF: Final = ("job-id", "job-uri")
"""What Get-Jobs answers unless it is asked for more (RFC 8011, 4.2.6.2)."""

CREATED: Final = ("job-id", "job-uri", "job-state", "job-state-reasons", "job-state-message")
"""What an operation that makes a job answers (RFC 8011, 4.2.1.2)."""


def job_attributes(scene: JobScene, requested: tuple[str, ...]) -> tuple[Attribute, ...]:
    """The requested attributes and groups of attributes, each once; unknown names are skipped."""
    wanted = {name for one in requested for name in _GROUPS.get(one, (one,))}
    found = (build(scene) for name, build in _ALL.items() if name in wanted)
    return tuple(one for one in found if one.name not in _ONLY_IF_SET or one.first is not None)
