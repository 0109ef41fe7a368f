"""What took effect against what clients were told: no "yes" without, and no "no" with an effect."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from chaos.checkers.known_times import NAME_OF_EVENT, asked_by
from chaos.history import Operation, Outcome
from primary.names import HEADQUARTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chaos.checkers.known_times import Asked, Calls
    from chaos.checkers.site_past import SitePast
    from chaos.history import History

ONCE: Final = frozenset({Operation.COPY_FINISH, Operation.ADJUST, Operation.PRINT})
"""What may be asked any number of times, and takes effect once."""


def effects(
    history: History, pasts: Mapping[str, SitePast], calls: Mapping[Asked, Calls]
) -> Iterator[str]:
    """Every call of which the answer and the effect contradict each other."""
    nodes = set(history.nodes())
    took: Counter[Asked] = Counter()
    judged = set()
    for name, past in pasts.items():
        node = name if name in nodes or name != HEADQUARTERS else "headquarters"
        judged.add(node)
        took.update(asked for body in past.bodies if (asked := asked_by(node, body)) is not None)
    for asked, found in sorted(calls.items()):
        node, operation, name = asked
        if node not in judged:
            continue
        is_once = operation in ONCE
        least = min(1, len(found.yes)) if is_once else len(found.yes)
        most = min(1, found.may) if is_once else found.may
        where = f"{node}: {operation} of {NAME_OF_EVENT[Operation(operation)]} {name[:40]}"
        if took[asked] < least and _leaves_an_entry(found):
            yield f"{where} was confirmed {len(found.yes)} times, and in effect {took[asked]} times"
        if took[asked] > most:
            yield (
                f"{where} was in effect {took[asked]} times, but of {found.asked} calls only "
                f"{found.may} were not refused"
            )


def _leaves_an_entry(calls: Calls) -> bool:
    """A copy session of no pages ends without anything that a client could tell apart."""
    return all(
        event.operation is not Operation.COPY_FINISH or event.number("cost_micros")
        for event in calls.yes
        if event.outcome is Outcome.OK
    )
