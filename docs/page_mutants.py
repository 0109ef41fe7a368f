"""The page of known-bad variants: what is wrong in each, and which checker notices it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.mutants.catalogue import MUTANTS
from docs.markdown import code, page, table

if TYPE_CHECKING:
    from chaos.mutants.mutant import Mutant

HEAD: Final = """\
# Known-bad variants

Who proves the checkers? Each variant below is the product with one mistake of the kind that people
make. `make mutants` plants them one by one, lets a company work with each in a simulation, and
fails if the checker that is named here finds nothing.

    make mutants                                      all of them, on all cores
    python -m chaos.mutants --why NAME                one of them, and what was found

A variant is planted when its module is loaded: nothing on the disk is changed. Where its place is
not in the code any more, planting fails, and so does a test.
"""


def mutants() -> str:
    """The whole page; made, and not to be edited."""
    return page(
        HEAD,
        f"There are {len(MUTANTS)} of them.",
        table(
            ["variant", "what somebody got wrong", "where", "promise", "noticed by"],
            map(_row, MUTANTS),
        ),
    )


def _row(mutant: Mutant) -> list[str]:
    where = dict.fromkeys(code(patch.module) for patch in mutant.patches)
    return [
        code(mutant.name),
        mutant.mistake,
        ", ".join(where),
        str(mutant.promise),
        code(mutant.caught_by),
    ]
