"""Promise 5 in a live run: in the end each replica is the directory, and on the way none went back.

The files themselves are compared, row by row, as a reader of each sees them. Headquarters writes a
heartbeat into the directory every few seconds, so both are read until both stood at one TXID.
"""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pysqlite3

from chaos.checkers.replica_follows import Applied, replica_follows
from chaos.checkers.verdict import Validity
from chaos.live.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from chaos.checkers.verdict import Verdict
    from chaos.live.lab import Lab
    from chaos.live.nodes import SiteNode
    from chaos.live_scenarios.timeline import Sample

WITHIN_MS: Final = 20_000
DIRECTORY: Final = "directory.db"
REPLICA: Final = "replica.db"
"""The names of both files in the data folders."""
OWN: Final = "sqlite_%"
TABLES: Final = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE ?"


async def replicas_follow(lab: Lab, samples: Iterable[Sample]) -> Verdict:
    """The verdict; ask when everything has settled."""
    applied, contents = [], {}
    for site in lab.sites.values():
        lineage, txid, theirs, ours = await until(
            lambda site=site: _both(lab, site),  # type: ignore[misc]
            f"{site.name} and headquarters at one TXID",
            within_ms=WITHIN_MS,
        )
        contents[lineage, txid] = ours
        applied.append(Applied(site_name=site.name, lineage=lineage, txid=txid, content=theirs))
    judged = replica_follows(applied, lambda lineage, txid: contents.get((lineage, txid), ""))
    findings = (*judged.findings, *went_back(samples))
    return replace(
        judged,
        findings=findings,
        validity=Validity.INVALID if findings else judged.validity,
        measured=f"{len(applied)} replicas, row by row; none was seen to go back",
    )


def went_back(samples: Iterable[Sample]) -> tuple[str, ...]:
    """Every replica that was seen behind a TXID at which it was before."""
    newest: dict[tuple[str, str], int] = {}
    findings = []
    for sample in samples:
        key = (sample.site, sample.lineage)
        if 0 < sample.txid < newest.get(key, 0):
            findings.append(
                f"{sample.site} at {sample.at_ms} ms: its replica went back from TXID"
                f" {newest[key]} to {sample.txid}"
            )
        newest[key] = max(sample.txid, newest.get(key, 0))
    return tuple(findings)


async def _both(lab: Lab, site: SiteNode) -> tuple[str, int, str, str] | None:
    """Lineage, TXID and both contents; None where one of them moved meanwhile."""
    before = await _standing(lab, site)
    theirs = await asyncio.to_thread(content, site.server.data_folder / REPLICA)
    ours = await asyncio.to_thread(content, lab.primary.server.data_folder / DIRECTORY)
    lineage, txid, head = await _standing(lab, site)
    if (lineage, txid, head) != before or txid != head:
        return None
    return lineage, txid, theirs, ours


async def _standing(lab: Lab, site: SiteNode) -> tuple[str, int, int]:
    status = await site.admin.status()
    return str(status["lineage"]), int(status["position"]), await lab.primary.api.txid()


def content(path: Path) -> str:
    """A hash over every row of every table."""
    digest = hashlib.sha256()
    with closing(pysqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.execute("BEGIN")
        names = sorted(row[0] for row in connection.execute(TABLES, [OWN]))
        for name in names:
            rows = sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"')))  # noqa: S608
            digest.update(f"{name}:{rows}".encode())
    return digest.hexdigest()
