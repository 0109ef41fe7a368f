"""Promise 9, on the registers of a few nodes."""

from __future__ import annotations

from dataclasses import replace

from chaos.checkers.registers_equal import registers_equal
from replication.ports import Micros, WallMs
from replication.registers import HeldJob

JOB = HeldJob(
    job_uuid="1",
    site_name="oslo",
    user_name="ada",
    queue_name="oslo-secure",
    job_name="letter",
    pages=2,
    cost_micros=Micros(100),
    state="held",
    updated_wall_ms=WallMs(1),
)


def test_nodes_that_say_the_same_are_valid() -> None:
    assert registers_equal({"hq": [JOB], "oslo": [JOB], "lima": [JOB]}).kept


def test_a_row_that_one_node_lacks_is_found() -> None:
    found = registers_equal({"hq": [JOB], "oslo": [JOB], "lima": []})
    assert len(found.findings) == 1
    assert found.findings[0].startswith("job 1: lima says None")


def test_a_row_that_says_something_else_is_found() -> None:
    other = replace(JOB, state="printed")
    assert not registers_equal({"hq": [JOB], "oslo": [other]}).kept
