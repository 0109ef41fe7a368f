"""Which version of the policies applies here, and whether this site can use it.

Headquarters refuses rules that cannot be used, so rules that this site cannot read come from a
newer headquarters. The built-in rules decide then, and somebody must hear of it: the log says it
once, the status as long as it lasts.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from replication.errors import ReplicationError
from site_server.service.replica_age import unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from site_server.store.directory import Directory

log: Final = logging.getLogger(__name__)


class AppliedPolicy:
    """Looks at the policies of the replica whenever it is asked. `state`: see `ReplicaAge`."""

    def __init__(self, directory: Directory, state: Callable[[], object] = unknown) -> None:
        self._directory = directory
        self._state = state
        self._looked_at: object = None
        self._version: int | None = None
        self._problems: tuple[str, ...] = ()

    def version(self) -> int | None:
        """The highest version among the policies that apply here; None: there is no replica."""
        state = self._state()
        if state is not None and state == self._looked_at:
            return self._version
        try:
            with self._directory.read() as snapshot:
                standing = snapshot.policy_standing() if snapshot else None
        except ReplicationError:
            return None
        if standing is None:
            return None
        self._tell(standing.problems)
        self._looked_at, self._version = state, standing.version
        return standing.version

    def _tell(self, problems: tuple[str, ...]) -> None:
        if problems == self._problems:
            return
        if problems:
            log.error(
                "policies of headquarters cannot be used here, the built-in rules decide: %s",
                "; ".join(problems),
            )
        else:
            log.warning("the policies of headquarters can be used again")
        self._problems = problems
