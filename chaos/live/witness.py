"""Writes down what a client saw at one node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.history import Event, Fact, HistoryFile, Operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos.live.json_client import Answer

LEARNED: Final = ("user_name", "job_uuid", "copy_uuid", "cost_micros", "balance_micros", "action")
OWN_JOBS: Final = "own"
"""Fields of an answer that are facts for the checkers; session ids and tokens are none."""


class Witness:
    """The history as one node's clients write it."""

    def __init__(self, history: HistoryFile, node: str) -> None:
        self._history = history
        self.node = node

    def saw(self, operation: Operation, answer: Answer, **sent: Fact) -> Answer:
        """Write down `answer`, with what the client `sent` and what it learned; return it."""
        return self._saw(operation, answer, sent, None)

    def saw_jobs(self, answer: Answer) -> Answer:
        """The same of somebody's list of their own jobs, with the state of each."""
        jobs = answer.field("jobs") or []
        return self._saw(
            Operation.LIST, answer, {}, {str(job["job_uuid"]): str(job["state"]) for job in jobs}
        )

    def _saw(
        self,
        operation: Operation,
        answer: Answer,
        sent: Mapping[str, Fact],
        shown: Mapping[str, str] | None,
    ) -> Answer:
        learned = {
            name: value for name in LEARNED if isinstance(value := answer.field(name), str | int)
        }
        self._history.event(
            Event(
                operation=operation,
                node=self.node,
                wall_ms=answer.wall_ms,
                monotonic_ms=answer.monotonic_ms,
                latency_us=answer.latency_us,
                outcome=answer.outcome,
                reason=answer.reason,
                facts={**learned, **sent},
                shown=shown,
            )
        )
        return answer

    def wrote(self, event: Event) -> Event:
        """Write down an event that did not come over HTTP."""
        return self._history.event(event)
