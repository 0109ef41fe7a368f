"""Promise 9: after healing, the registers of all nodes are equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.checkers.verdict import Verdict, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from replication.registers import HeldJob

CHECKER: Final = "registers_equal"


def registers_equal(held: Mapping[str, Sequence[HeldJob]]) -> Verdict:
    """Invalid where two nodes say different things of any held job. Judge after healing."""
    rows = {node: {job.job_uuid: job for job in jobs} for node, jobs in held.items()}
    uuids = sorted({uuid for jobs in rows.values() for uuid in jobs})
    findings = []
    for uuid in uuids:
        said = {node: jobs.get(uuid) for node, jobs in rows.items()}
        first = next(iter(said.values()))
        findings += [
            f"job {uuid}: {node} says {job}, and {next(iter(said))} says {first}"
            for node, job in said.items()
            if job != first
        ]
    return verdict(
        9,
        CHECKER,
        findings,
        judged=len(rows),
        measured=f"{len(rows)} nodes, {len(uuids)} rows",
    )
