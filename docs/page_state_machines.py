"""The page of the state machines: a diagram and the whole table of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from docs.markdown import code, field_docs, page, table
from failure_modes import job_lifecycle, link_table
from failure_modes.job_lifecycle import JobEvent, JobState
from failure_modes.vocabulary import LinkEvent, LinkState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from enum import StrEnum

    Transitions = Mapping[Any, StrEnum]
    """Its keys are (state, event); a mapping cannot say that for several enumerations at once."""

HEAD = """
# State machines

Written by `make docs` from the tables in `failure_modes/`; do not edit.

An arrow in a diagram is a change; one that begins at a frame begins at every state within. Events
that change nothing (late or repeated news) are left out there and stand in the table, where a dash
is a step that does not exist: it is refused, and nothing is changed.
"""

LINK = """
## The link

What a site thinks of its way to the primary (`failure_modes/link.py`). The state delays nobody: a
site decides by itself in any of them. A fresh site begins offline.
"""

JOB = """
## A print job

`failure_modes/job_lifecycle.py`. Only `released` leads to paper, and only out of `held`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """States that are drawn within a frame; an arrow that leaves them all is drawn once."""

    name: str
    title: str
    states: Collection[StrEnum]


def diagram(
    transitions: Transitions,
    first: StrEnum,
    last: Collection[StrEnum],
    group: Group | None = None,
) -> str:
    """A mermaid diagram of all changes; the events between two states share an arrow."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, event), to in transitions.items():
        if to is not state:
            arrows.setdefault((state, to), []).append(event)
    start = f"[*] --> {first}"
    begin = _framed(arrows, start, group) if group else [start]
    lines = [f"{state} --> {to} : {', '.join(events)}" for (state, to), events in arrows.items()]
    ends = [f"{state} --> [*]" for state in sorted(last)]
    body = "\n".join(f"    {line}" for line in [*begin, *lines, *ends])
    return f"```mermaid\nstateDiagram-v2\n{body}\n```"


def _framed(arrows: dict[tuple[str, str], list[str]], start: str, group: Group) -> list[str]:
    """Take from `arrows` those within the frame and those that leave all of it; the lines.

    From left to right: beside a high frame the words of several arrows lie upon each other.
    """
    within = [pair for pair in arrows if {*pair} <= {*group.states}]
    lines = [f"    {state} --> {to} : {', '.join(arrows.pop((state, to)))}" for state, to in within]
    head = f'state "{group.title}" as {group.name} {{'
    frame = ["direction LR", head, f"    {start}", *lines, "}"]
    for to in sorted({to for _, to in arrows}):
        leaving = [arrows.get((state, to)) for state in group.states]
        events = leaving[0]
        if events and all(each == events for each in leaving):
            for state in group.states:
                del arrows[state, to]
            frame.append(f"{group.name} --> {to} : {', '.join(events)}")
    return frame


def whole_table(
    transitions: Transitions, states: Collection[StrEnum], events: Collection[StrEnum]
) -> str:
    """One row per event, one column per state."""
    rows = [
        [code(event), *(str(transitions.get((state, event), "-")) for state in states)]
        for event in events
    ]
    return table(["event", *map(code, states)], rows)


def words(kind: type) -> str:
    """The states or events that say more than their names."""
    return "\n".join(f"* {code(name.lower())}: {text}" for name, text in field_docs(kind).items())


BY_THE_LINE: Final = Group(
    name="line",
    title="as the line is",
    states=(LinkState.ONLINE, LinkState.DEGRADED, LinkState.OFFLINE, LinkState.RECOVERING),
)


def state_machines() -> str:
    """The page."""
    return page(
        HEAD,
        LINK,
        diagram(link_table.TRANSITIONS, LinkState.OFFLINE, (), BY_THE_LINE),
        words(LinkState),
        whole_table(link_table.TRANSITIONS, list(LinkState), list(LinkEvent)),
        JOB,
        diagram(job_lifecycle.TRANSITIONS, JobState.ACCEPTED, job_lifecycle.TERMINAL),
        words(JobState),
        words(JobEvent),
        whole_table(job_lifecycle.TRANSITIONS, list(JobState), list(JobEvent)),
    )
