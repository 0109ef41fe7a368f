"""The section of the page of the failure modes that explains every reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docs.markdown import code, page, table
from failure_modes.catalogue import CATALOGUE
from failure_modes.vocabulary import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from failure_modes.catalogue_entry import Entry

REASONS = """
## Reasons

Every decision carries at least one. The code is stable: it is stored, sent and searched for. The
last column says whether the same question may be answered otherwise later, with nothing changed.
"""

SECTIONS = {
    Reason.LOGIN_ACCEPTED: "Who asks",
    Reason.OFFLINE_FOR_LONG: "When, and how long cut off",
    Reason.ACCOUNT_CHARGED: "Which account pays",
    Reason.JOB_HELD: "How much paper",
    Reason.CONVERTED_TO_MONO: "Conversions and filters",
    Reason.ENOUGH_CREDIT: "Money",
    Reason.NO_REPLICA: "Nobody to ask",
    Reason.DEVICE_WAITING: "A device by itself",
}
"""Where in the vocabulary of reasons a new matter begins."""


def reasons() -> str:
    """The section: every reason, under headings, in the order of the vocabulary."""
    return page(REASONS, *_by_matter())


def _by_matter() -> Iterator[str]:
    titles: dict[str, list[Entry]] = {}
    title = ""
    for reason in Reason:
        title = SECTIONS.get(reason, title)
        titles.setdefault(title, []).append(CATALOGUE[reason])
    for title, entries in titles.items():
        yield f"### {title}"
        yield table(
            ["code", "title", "what the person reads", "what the operator does", "retry"],
            map(_reason, entries),
        )


def _reason(entry: Entry) -> list[str]:
    again = "yes" if entry.retry_helps else ""
    return [code(entry.code), entry.title, entry.message, entry.advice, again]
