"""A known-bad variant of the product's code: what somebody got wrong, and who must notice.

The text of it stands beside the text that it replaces, as in a review. Nothing here imports the
product: a variant is planted before any of it is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """In that module this text, which is there exactly once, is replaced by the other."""

    module: str
    right: str
    wrong: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """`mistake`: in one sentence; `promise`: of architecture.md; `caught_by`: the checker."""

    name: str
    mistake: str
    promise: int
    caught_by: str
    patches: tuple[Patch, ...]
    plan: str = ""
    """The steps that show it: a function of `chaos.mutants.plans`; '': those of the seed."""
    seed: int = 2
    sites: int = 2
    hours: float = 0.1
