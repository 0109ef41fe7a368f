"""Which steps of the product's state machines a simulation takes.

A machine is one table, (state, event) -> state, which a pure function looks up. While a simulation
runs the table is another mapping, of the same content, that remembers what it was asked for. So
every step counts, also one that changes nothing, and one that does not exist and is refused; and
no service knows of it.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from failure_modes import job_lifecycle, link_table
from failure_modes.job_lifecycle import JobEvent, JobState
from failure_modes.vocabulary import LinkEvent, LinkState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from enum import StrEnum
    from types import ModuleType

    Table = Mapping[Any, StrEnum]


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """That an event met a state of a machine."""

    machine: str
    state: str
    event: str

    def __str__(self) -> str:
        return f"{self.machine}: {self.event} while {self.state}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A table of the product, and the module whose function looks into it."""

    name: str
    module: ModuleType
    table: Table
    states: type[StrEnum]
    events: type[StrEnum]


MACHINES: Final = (
    Machine(
        name="link",
        module=link_table,
        table=link_table.TRANSITIONS,
        states=LinkState,
        events=LinkEvent,
    ),
    Machine(
        name="job",
        module=job_lifecycle,
        table=job_lifecycle.TRANSITIONS,
        states=JobState,
        events=JobEvent,
    ),
)
"""All that docs/state-machines.md shows."""
PAIRS: Final = frozenset(
    Pair(machine.name, state, event) for machine in MACHINES for state, event in machine.table
)
"""Every step that exists."""


class _Remembering(dict[Any, Any]):
    """A table that counts what is looked up in it."""

    def __init__(self, machine: Machine, seen: Counter[Pair]) -> None:
        super().__init__(machine.table)
        self._name = machine.name
        self._seen = seen

    def __getitem__(self, key: Any) -> Any:  # noqa: ANN401 - each machine has states of its own
        state, event = key
        self._seen[Pair(self._name, state.value, event.value)] += 1
        return super().__getitem__(key)


@contextmanager
def remembered() -> Iterator[Counter[Pair]]:
    """How often each pair was met since."""
    seen: Counter[Pair] = Counter()
    for machine in MACHINES:
        machine.module.TRANSITIONS = _Remembering(machine, seen)  # type: ignore[attr-defined]
    try:
        yield seen
    finally:
        for machine in MACHINES:
            machine.module.TRANSITIONS = machine.table  # type: ignore[attr-defined]
