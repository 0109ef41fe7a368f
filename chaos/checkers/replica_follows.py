"""Promise 5: a replica at TXID x is the directory at TXID x, and no replica goes back.

Judged from every state that any replica was ever in, and not only from the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chaos.checkers.verdict import Verdict, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CHECKER: Final = "replica_follows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """A replica came to stand at a TXID of a lineage, and held this then (a hash)."""

    site_name: str
    lineage: str
    txid: int
    content: str


def replica_follows(applied: Sequence[Applied], content_at: Callable[[str, int], str]) -> Verdict:
    """Invalid where a replica held what the directory never was at that TXID, or went back.

    `content_at`: the hash of the directory at a TXID of a lineage; '' where it never was there.
    """
    findings = []
    newest: dict[tuple[str, str], int] = {}
    for each in applied:
        where = f"{each.site_name} at TXID {each.txid}"
        if content_at(each.lineage, each.txid) != each.content:
            findings.append(f"{where}: the replica is not what the directory was")
        before = newest.get((each.site_name, each.lineage), 0)
        if each.txid < before:
            findings.append(f"{where}: the replica was at TXID {before} already")
        newest[each.site_name, each.lineage] = max(before, each.txid)
    return verdict(
        5,
        CHECKER,
        findings,
        judged=len(applied),
        measured=f"{len(applied)} states of {len(newest)} replicas, byte for byte",
    )
