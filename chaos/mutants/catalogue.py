"""Every known-bad variant. Nothing here loads the product."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chaos.mutants.mutant import Mutant
from chaos.mutants.of_entries import OF_ENTRIES
from chaos.mutants.of_jobs import OF_JOBS
from chaos.mutants.of_money import OF_MONEY

MUTANTS: Final[tuple[Mutant, ...]] = (*OF_MONEY, *OF_ENTRIES, *OF_JOBS)
BY_NAME: Final[Mapping[str, Mutant]] = {mutant.name: mutant for mutant in MUTANTS}
