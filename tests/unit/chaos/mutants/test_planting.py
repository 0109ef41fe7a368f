from __future__ import annotations

import sys

import pytest

from chaos.mutants.catalogue import BY_NAME, MUTANTS
from chaos.mutants.mutant import Mutant, Patch
from chaos.mutants.plans import PLANS
from chaos.mutants.planting import PlantingError, changed, check_planted, plant, source_of

ENOUGH = 20


def test_there_are_enough_variants_and_each_has_a_name_of_its_own() -> None:
    assert len(MUTANTS) >= ENOUGH
    assert len(BY_NAME) == len(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name)
def test_the_place_of_each_variant_is_still_there_and_the_variant_is_python(
    mutant: Mutant,
) -> None:
    texts: dict[str, str] = {}
    for patch in mutant.patches:
        texts[patch.module] = changed(texts.get(patch.module) or source_of(patch.module), patch)
    for module, text in texts.items():
        assert text != source_of(module)
        compile(text, module, "exec")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda each: each.name)
def test_the_plan_of_each_variant_is_there(mutant: Mutant) -> None:
    assert not mutant.plan or PLANS[mutant.plan]()


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_is_in_the_order_of_its_times_and_somebody_needs_it(name: str) -> None:
    steps = PLANS[name]()
    assert [step.at_ms for step in steps] == sorted(step.at_ms for step in steps)
    assert any(mutant.plan == name for mutant in MUTANTS)


def variant_of(module: str, right: str, wrong: str = "x") -> Mutant:
    patch = Patch(module=module, right=right, wrong=wrong)
    return Mutant(name="n", mistake="m", promise=1, caught_by="c", patches=(patch,))


def test_a_place_that_is_gone_is_an_error() -> None:
    with pytest.raises(PlantingError, match="0 times"):
        plant(variant_of("wave", "this is nowhere in it"))


def test_a_place_that_is_there_twice_is_an_error() -> None:
    with pytest.raises(PlantingError, match="not once"):
        changed("a = 1\na = 1\n", Patch(module="m", right="a = 1", wrong="a = 2"))


def test_a_module_that_is_not_there_is_an_error() -> None:
    with pytest.raises(PlantingError, match="no module"):
        plant(variant_of("chaos.nothing_of_this_name", "a"))


def test_a_module_that_is_loaded_is_too_late() -> None:
    with pytest.raises(PlantingError, match="too late"):
        plant(variant_of("chaos.history", "import"))


def test_a_variant_that_was_never_loaded_did_not_run() -> None:
    with pytest.raises(PlantingError, match="never loaded"):
        check_planted(variant_of("chaos.never_loaded", "a"))


def test_a_planted_module_runs_with_the_other_text() -> None:
    name = "this"
    sys.modules.pop(name, None)
    patch = Patch(module=name, right="\nprint(", wrong="\nstr(")
    finders = list(sys.meta_path)
    try:
        plant(Mutant(name="n", mistake="m", promise=1, caught_by="c", patches=(patch,)))
        zen = __import__(name)
    finally:
        sys.meta_path[:] = finders
        sys.modules.pop(name, None)
    assert "Beautiful" not in zen.s
