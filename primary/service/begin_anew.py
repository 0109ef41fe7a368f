"""What a directory is told before it goes on from an earlier state: that it is another one now.

Theory of operation
-------------------
A primary that comes back from a backup, from an earlier TXID or from a site's replica has forgotten
what happened since. Four things must not follow from that.

* **No replica goes back without knowing.** TXIDs are counted again, and a number would then mean
  two things. So the directory begins a new lineage; a site sees that, says it, takes a snapshot,
  and keeps its own entries beyond the watermarks that come with it.
* **No name is given twice.** An entry is known by (site, epoch, seq) for ever. What epochs were
  given out since is unknown, so new ones begin at a number that no directory before can have
  reached: the seconds since 2020. Headquarters' own journal goes on in an epoch of that number,
  since its entries since the backup are in no one's journal, and their numbers are used.
* **No money is promised twice.** Grants that were made since are known to their sites only. Until
  each of them has said what it holds (`primary.service.hear_standing`) nothing is granted.
* **No entry counts twice.** That is watermark and ledger as always: what the ledger has and the
  directory does not is rolled forward, and what neither has comes from the sites' journals.

Rejected: to go on in the same lineage with TXIDs beyond all that sites have. Nobody knows how far
those are, and a site's pages would be of one past and its next delta of another.
"""

import secrets
from typing import Final

from sqlalchemy import Connection

from primary.store.restores import Restore, highest_epoch, lineage_of, put_restore
from replication.ports import WallMs

FIRST_FLOOR_WALL_MS: Final = 1_577_836_800_000
"""2020-01-01, UTC: epochs fit into 31 bits until 2088."""


def begin_anew(connection: Connection, now_ms: WallMs) -> Restore:
    """Make the directory of this transaction another one; how it is called now."""
    seconds = (now_ms - FIRST_FLOOR_WALL_MS) // 1000
    restore = Restore(
        lineage=secrets.token_hex(16),
        from_lineage=lineage_of(connection) or "",
        wall_ms=now_ms,
        epoch_floor=max(seconds, highest_epoch(connection) + 1),
    )
    put_restore(connection, restore)
    return restore
