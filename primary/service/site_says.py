"""What each site says of itself with its beats: its policies, its link, the orders it has seen.

It is kept in memory only. A connected site says it again within seconds, and to write it down would
be one change of the directory per site for each change of a policy, replicated to all the others.
So after a restart of headquarters a site that is cut off has said nothing yet.
"""

import logging
from dataclasses import dataclass
from typing import Final, Protocol

from failure_modes.vocabulary import LinkState
from replication.messages import Beat
from replication.ports import WallMs

logger: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a site said last, and when headquarters heard it; None: it did not say."""

    policy_version: int | None
    link_state: LinkState | None
    order_number: int | None
    position_txid: int | None = None
    replica_age_ms: int | None = None
    reader: int | None = None
    """The newest version of the directory's schema that it reads."""
    needs_reader: int | None = None
    """Its replica is frozen until it reads this one."""
    heard_wall_ms: WallMs


class Hearing(Protocol):
    """Whoever wants to know what sites say."""

    def hear(self, site_name: str, beat: Beat, now_ms: WallMs) -> None:
        """Take in what that beat says."""
        ...


class SiteSays:
    """The newest word of each site."""

    def __init__(self) -> None:
        self._said: dict[str, Said] = {}

    def hear(self, site_name: str, beat: Beat, now_ms: WallMs) -> None:
        """Keep what that beat says; one of an older site says nothing."""
        if beat.link_state is None and beat.policy_version is None:
            return
        self._tell(site_name, beat.needs_reader)
        self._said[site_name] = Said(
            policy_version=beat.policy_version,
            link_state=beat.link_state,
            order_number=beat.order_number,
            position_txid=beat.position_txid,
            replica_age_ms=beat.replica_age_ms,
            reader=beat.reader,
            needs_reader=beat.needs_reader,
            heard_wall_ms=now_ms,
        )

    def of(self, site_name: str) -> Said | None:
        """The newest word of that site; None where it has said nothing since the start."""
        return self._said.get(site_name)

    def _tell(self, site_name: str, needs_reader: int | None) -> None:
        before = self._said.get(site_name)
        if needs_reader is not None and (before is None or before.needs_reader is None):
            logger.warning(
                "the replica of site %s is frozen until it reads version %d of the directory's "
                "schema: upgrade that site",
                site_name,
                needs_reader,
            )
        if needs_reader is None and before is not None and before.needs_reader is not None:
            logger.info("the replica of site %s goes on", site_name)
