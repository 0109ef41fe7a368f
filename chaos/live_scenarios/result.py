"""What came of a scenario: all that the report needs, and nothing that runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaos.checkers.verdict import Validity

if TYPE_CHECKING:
    from chaos.checkers.verdict import Verdict
    from chaos.history import History
    from chaos.live_scenarios.scenario import Scenario
    from chaos.live_scenarios.stage import Check
    from chaos.live_scenarios.timeline import Mark, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One scenario, played. `error` says why it did not come to its end; '' where it did."""

    scenario: Scenario
    took_ms: int
    began_ms: int
    """The monotonic time at which the story's own time is 0."""
    samples: tuple[Sample, ...]
    marks: tuple[Mark, ...]
    history: History
    verdicts: tuple[Verdict, ...] = ()
    checks: tuple[Check, ...] = ()
    error: str = ""

    @property
    def judged(self) -> tuple[Verdict, ...]:
        """The verdicts that say something, and those that had to and do not."""
        return tuple(
            verdict
            for verdict in self.verdicts
            if verdict.validity is not Validity.UNKNOWN or verdict.promise in self.scenario.promises
        )

    @property
    def promises(self) -> dict[int, bool]:
        """Each promise that was judged, and whether every checker of it says that it was kept."""
        found: dict[int, bool] = {}
        for verdict in self.judged:
            found[verdict.promise] = found.get(verdict.promise, True) and verdict.kept
        return found

    @property
    def kept(self) -> bool:
        """Whether it came to its end, with every promise judged and kept, and all as it must be."""
        judged = {verdict.promise for verdict in self.judged}
        return (
            not self.error
            and judged >= set(self.scenario.promises)
            and all(verdict.kept for verdict in self.judged)
            and all(check.ok for check in self.checks)
        )
