"""Every known-bad variant. Nothing here loads the product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.mutants.of_doors import OF_DOORS
from chaos.mutants.of_entries import OF_ENTRIES
from chaos.mutants.of_jobs import OF_JOBS
from chaos.mutants.of_money import OF_MONEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaos.mutants.mutant import Mutant

MUTANTS: Final[tuple[Mutant, ...]] = (*OF_MONEY, *OF_ENTRIES, *OF_JOBS, *OF_DOORS)
BY_NAME: Final[Mapping[str, Mutant]] = {mutant.name: mutant for mutant in MUTANTS}
