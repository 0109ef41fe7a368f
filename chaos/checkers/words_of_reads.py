"""An answer that nothing explains, in a person's words: who saw what, when, and why it is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.checkers.nodes_past import BELOW, Bounds

if TYPE_CHECKING:
    from chaos.checkers.nodes_past import NodePast
    from chaos.checkers.reads import Read

MICROS: Final = 1_000_000
SHOWN_MAX: Final = 5
STALE: Final = "That is as if {what} had not happened, but somebody had heard of it at {when}."
BACK: Final = "That is older than what {node} had shown before: it went back."
EARLY: Final = "That is what it was only later: it was seen before anybody had asked for it."
NOWHERE: Final = "That is no state in which {node} ever was."


def told(past: NodePast, read: Read, shown: Bounds) -> str:
    """The finding."""
    wrong = "" if shown == BELOW else f", and clients had seen {_place(past, shown)} there"
    return (
        f"{_scene(read)}. {_why(past, read, shown)} It should have shown "
        f"{_should(past, read, shown)}: known there by then was "
        f"{_place(past, past.lowest(read))}{wrong}"
    )


def _scene(read: Read) -> str:
    event = read.event
    saw = _money(read.micros) if read.jobs is None else _jobs(read.jobs)
    return (
        f"{read.node}, {event.monotonic_ms / 1000:.3f} s: {event.operation} showed "
        f"{read.user_name} {saw} ({event.latency_us / 1000:.1f} ms later)"
    )


def _why(past: NodePast, read: Read, shown: Bounds) -> str:
    """Which bound has to go so that something explains the answer."""
    known, highest = past.lowest(read), past.highest(read)
    node = read.node
    if past.explained_within(read, known, highest) is not None:
        return BACK.format(node=node)
    stale = past.explained_within(read, BELOW, highest)
    if stale is not None:
        return _stale(past, read, stale)
    if past.explained_within(read, shown.after(known), past.end) is not None:
        return EARLY
    return NOWHERE.format(node=node)


def _stale(past: NodePast, read: Read, seen: Bounds) -> str:
    """Names the first thing that was known and is not in what was shown."""
    for number in range(seen.own, past.lowest(read).own):
        event = past.times.saying[number]
        if event is not None:
            what = f"entry {past.site.entries[number].seq} ({event.operation})"
            when = (event.monotonic_ms + event.latency_us / 1000) / 1000
            return STALE.format(what=what, when=f"{when:.3f} s")
    return BACK.format(node=read.node)


def _should(past: NodePast, read: Read, shown: Bounds) -> str:
    low, high = shown.after(past.lowest(read)), past.highest(read)
    if read.jobs is not None:
        places = past.site.jobs_changes(read.user_name, low.own, max(low.own, high.own))
        lists = [_jobs(past.site.open_jobs(read.user_name, place)) for place in places]
        return _some(lists)
    micros = past.possible_micros(
        read, low, Bounds(own=max(low.own, high.own), step=max(low.step, high.step))
    )
    return _some([_money(each) for each in micros])


def _some(words: list[str]) -> str:
    more = [] if len(words) <= SHOWN_MAX else [f"{len(words) - SHOWN_MAX} others"]
    return " or ".join([*words[:SHOWN_MAX], *more])


def _place(past: NodePast, bounds: Bounds) -> str:
    step = f"step {bounds.step} of the directory"
    if past.is_primary:
        return step
    if not bounds.own:
        return f"none of its entries and {step}"
    return f"entry {past.site.entries[bounds.own - 1].seq} and {step}"


def _money(micros: int | None) -> str:
    return f"{(micros or 0) / MICROS:.2f}"


def _jobs(jobs: object) -> str:
    if not isinstance(jobs, dict) or not jobs:
        return "no jobs"
    return "the jobs " + ", ".join(f"{uuid[:8]} {state}" for uuid, state in sorted(jobs.items()))
