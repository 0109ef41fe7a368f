from __future__ import annotations

import pytest

from replication.slow_hash import NOBODYS, make, matches


def test_a_hash_matches_its_secret_and_no_other() -> None:
    made = make("grüße 42")

    assert made.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert matches(made, "grüße 42")
    assert not matches(made, "grüße 43")


def test_two_hashes_of_one_secret_differ() -> None:
    assert make("1234") != make("1234")


@pytest.mark.parametrize("damaged", ["", "1234", "$argon2id$v=19$m=19456,t=2,p=1$?$?", "$2b$10$x"])
def test_nothing_matches_a_damaged_hash(damaged: str) -> None:
    assert not matches(damaged, "1234")


def test_nobodys_hash_is_a_whole_one() -> None:
    assert NOBODYS.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not matches(NOBODYS, "")
