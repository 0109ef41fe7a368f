"""How each site's way up is: how wrong its clock is, and whether its journal has lost its past.

Theory of operation
-------------------
A site says its wall time in its hello and with its beats. What that is beyond headquarters' own, at
receipt, is the offset of its clock; the time that the words took (milliseconds to a second) is in
it and does not matter for what it is used for. It is kept with each entry that is received, so a
report can say when something was by headquarters' clock: `wall_ms - offset_ms`.

Nothing is decided by a site's clock here. Order is by number; balances, grants and quotas by what
the entries move; periods, tokens and certificates by headquarters' own clock. So a clock that jumps
changes what people read, and nothing else.

It is kept in memory only: a site says it again with its next hello.
"""

import logging
from dataclasses import dataclass, replace
from typing import Final

from replication.ports import WallMs

logger: Final = logging.getLogger(__name__)

OFFSET_ALARM_MS: Final = 300_000
"""Beyond it a clock is wrong, and not merely unsynchronised; Kerberos draws the same line."""
OFFSET_MAX_MS: Final = 2**53
"""What JSON holds exactly: 285,000 years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One site's way up. `clock_offset_ms` is positive where its clock is ahead; None: unknown.

    `journal_missing` says which entries are nowhere but in headquarters' own backups; '' : none.
    """

    clock_offset_ms: int | None = None
    journal_missing: str = ""

    @property
    def clock_is_wrong(self) -> bool:
        """Whether the clock is so far off that somebody should look."""
        return self.clock_offset_ms is not None and abs(self.clock_offset_ms) > OFFSET_ALARM_MS


class Uplinks:
    """What is known of each site since headquarters started."""

    def __init__(self) -> None:
        self._standings: dict[str, Standing] = {}

    def of(self, site_name: str) -> Standing:
        """That site's."""
        return self._standings.get(site_name, Standing())

    def hear_clock(self, site_name: str, said_wall_ms: int, now_ms: WallMs) -> None:
        """The site says that it is `said_wall_ms`."""
        before = self.of(site_name)
        offset_ms = max(-OFFSET_MAX_MS, min(said_wall_ms - now_ms, OFFSET_MAX_MS))
        now = replace(before, clock_offset_ms=offset_ms)
        self._standings[site_name] = now
        if now.clock_is_wrong and not before.clock_is_wrong:
            logger.warning(
                "the clock of site %s is %d s off; set it by a time server. Order and money do not "
                "depend on it, but people read its times",
                site_name,
                offset_ms // 1000,
            )
        if before.clock_is_wrong and not now.clock_is_wrong:
            logger.info("the clock of site %s is right again", site_name)

    def hear_journal(self, site_name: str, *, kept_from_seq: int, head_seq: int) -> None:
        """The site has entries from `kept_from_seq` on; headquarters has them up to `head_seq`."""
        before, missing = self.of(site_name), ""
        if kept_from_seq > head_seq + 1:
            missing = (
                f"Headquarters has the journal of site {site_name} up to entry {head_seq}, and the "
                f"site keeps it from {kept_from_seq} on: headquarters was restored from a backup "
                "older than its backup window. Restore it from a newer backup; until then nothing "
                "of that site comes in, and the site keeps everything."
            )
        self._standings[site_name] = replace(before, journal_missing=missing)
        if missing and not before.journal_missing:
            logger.error("%s", missing)
        if before.journal_missing and not missing:
            logger.info("the journal of site %s is whole again", site_name)
