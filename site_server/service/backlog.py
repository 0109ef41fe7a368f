"""How much was still on its way, up or down, when a beat went out.

A site where somebody always prints never has *nothing* on its way. So the question is not "is all
done now" but "is done what there was at the beat before the newest one", which any site that keeps
up answers with yes.
"""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A stream of numbered things, and how far it has come."""

    @property
    def wanted(self) -> int:
        """The newest number there is."""
        ...

    @property
    def done(self) -> int:
        """The number up to which all is done."""
        ...


class Backlog:
    """What is left of some streams, against marks set at the beats."""

    def __init__(self, streams: tuple[Progress, ...]) -> None:
        self._streams = streams
        self._mark = self._wanted()
        self._former_mark = self._mark

    def begin(self) -> None:
        """The link is new: all there is now must be done first."""
        self._former_mark = self._mark = self._wanted()

    def mark(self) -> None:
        """A beat goes out."""
        self._former_mark, self._mark = self._mark, self._wanted()

    def left(self) -> int:
        """How many things of the mark before the newest are not done."""
        pairs = zip(self._streams, self._former_mark, strict=True)
        return sum(max(0, wanted - stream.done) for stream, wanted in pairs)

    def _wanted(self) -> tuple[int, ...]:
        return tuple(stream.wanted for stream in self._streams)
