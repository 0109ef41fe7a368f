"""A few known-bad variants are planted, and noticed; `make mutants` does so with all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaos.mutants.catalogue import BY_NAME
from chaos.mutants.field import trial, trials

FIXED = ("reservation-never-returned", "deleted-without-an-entry", "yes-before-the-balance")


@pytest.mark.live
@pytest.mark.timeout(300)
def test_planted_variants_are_noticed() -> None:
    missed = {
        each.mutant.name: each.trouble or each.caught_by
        for each in trials(BY_NAME[name] for name in FIXED)
        if not each.caught
    }
    assert missed == {}


@pytest.mark.live
def test_a_variant_that_does_not_run_is_not_taken_for_caught() -> None:
    nowhere = replace(BY_NAME[FIXED[0]], name="there is no such variant")
    found = trial(nowhere)
    assert not found.caught
    assert "KeyError" in found.trouble
