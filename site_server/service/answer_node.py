"""Answers a secondary from this site's replica. It remembers nothing and journals nothing.

The balance that is told is the one that counts here and now: with what this site has spent and set
aside and headquarters has not heard of. The secondary adds its own part, beyond the watermark that
this replica has of the secondary; so an entry of either is counted once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from failure_modes.vocabulary import Micros, Reason
from replication.told import Told
from site_server.causes import Cause
from site_server.refusals import refusal, refusal_for
from site_server.service.money import balance_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replication.peer import SitePeer
    from replication.told import Question, Row, Rows
    from site_server.service.ground import Ground
    from site_server.store.unit_of_work import SiteView


class AnswerNode:
    """Looks into the replica for nodes that have none."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def answer(self, peer: SitePeer, question: Question) -> Told:
        """What that node has to know; raises `RefusedError` for one that headquarters shut out."""
        ground = self._ground
        with ground.directory.read() as snapshot:
            if snapshot is None:
                raise refusal_for(Reason.NO_REPLICA)
            if not snapshot.admits(peer.site_name, peer.epoch):
                raise refusal(Cause.NOT_A_NODE)
            rows = snapshot.told_rows(peer.site_name, question.user_name)
            watermarks = snapshot.watermarks()
        with ground.store.read() as site:
            rows = _with_own_part(rows, site, watermarks)
        return Told(
            rows=rows,
            link_state=ground.link.state,
            offline_since_ms=ground.link.offline_since_ms,
        )


def _with_own_part(rows: Rows, site: SiteView, watermarks: Mapping[tuple[str, int], int]) -> Rows:
    """The rows with the balances as they are at this site; `site` was opened after the replica."""

    def now(row: Row) -> Row:
        payer, replica_micros = str(row["payer"]), Micros(int(row["balance_micros"] or 0))
        money = balance_of(site, payer, replica_micros, watermarks)
        return {**row, "balance_micros": money.effective_micros}

    return {**rows, "balances": [now(row) for row in rows["balances"]]}
