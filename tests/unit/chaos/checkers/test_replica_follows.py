"""Promise 5, on states that replicas were in."""

from __future__ import annotations

from chaos.checkers.replica_follows import Applied, replica_follows
from chaos.checkers.verdict import Validity

LINEAGE = "a" * 32
DIRECTORY = {(LINEAGE, 1): "one", (LINEAGE, 2): "two", (LINEAGE, 3): "three"}


def content_at(lineage: str, txid: int) -> str:
    return DIRECTORY.get((lineage, txid), "")


def applied(*states: tuple[int, str], site_name: str = "oslo") -> list[Applied]:
    return [
        Applied(site_name=site_name, lineage=LINEAGE, txid=txid, content=content)
        for txid, content in states
    ]


def test_a_replica_that_is_the_directory_at_each_txid_is_valid() -> None:
    found = replica_follows(applied((1, "one"), (3, "three"), (3, "three")), content_at)
    assert found.validity is Validity.VALID


def test_a_mixture_of_two_states_is_found() -> None:
    found = replica_follows(applied((1, "one"), (2, "one and two")), content_at)
    assert found.findings == ("oslo at TXID 2: the replica is not what the directory was",)


def test_a_state_of_which_headquarters_knows_nothing_is_found() -> None:
    found = replica_follows(applied((9, "nine")), content_at)
    assert found.validity is Validity.INVALID


def test_a_replica_that_goes_back_is_found_and_another_site_may_be_behind() -> None:
    states = applied((3, "three")) + applied((2, "two"), site_name="lima")
    assert replica_follows(states, content_at).kept
    found = replica_follows([*states, *applied((2, "two"))], content_at)
    assert found.findings == ("oslo at TXID 2: the replica was at TXID 3 already",)


def test_nothing_applied_is_nothing_judged() -> None:
    assert replica_follows([], content_at).validity is Validity.UNKNOWN
