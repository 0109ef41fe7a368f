"""Patterns of document names: plain text in which `*` stands for any characters, even none.

Letters match without regard to case. There are no other signs and no regular expressions: a
pattern is typed by a person in a hurry, and one that takes minutes to match would stop a printer.

Theory of operation. Patterns are sorted by shape when a policy is read. Nearly all are `*.exe`,
`draft*`, `*secret*` or a whole name. Those with one star at an end become a tree of letters: a name
is followed through it, from its beginning or from its end, until nothing in the tree begins so. A
thousand of them cost what one costs, a few letters. What may stand anywhere is looked for with
`in`. The others are cut at their stars into pieces, which are looked for one after the other: the
earliest place of each piece leaves most room for the next, so no way back is ever needed and the
time is linear in the name. Both are looked for one by one, hence `PIECED_MAX`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

PATTERN_CHARS_MAX: Final = 64
"""Characters of one pattern; a longer one is a document name copied by mistake."""

STARS_MAX: Final = 4
"""Stars of one pattern; nobody can say any more what five of them match."""

PIECED_MAX: Final = 8
"""Patterns of one layer that are looked for one by one, at up to half a microsecond each."""


LetterTree: TypeAlias = "dict[str, LetterTree]"
"""Beginnings by their letters; an empty tree is where a beginning is complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamePatterns:
    """Patterns, sorted by shape."""

    whole: frozenset[str]
    starts: LetterTree
    ends: LetterTree
    """Of the letters from last to first."""
    inside: tuple[str, ...]
    pieces: tuple[tuple[str, ...], ...]
    """A pattern of another shape: what stands before, between and after its stars."""

    def match(self, name: str) -> bool:
        """Return whether any pattern matches the whole of `name`."""
        folded = name.casefold()
        if folded in self.whole:
            return True
        if folded[:1] in self.starts and _begins(self.starts, folded):
            return True
        if folded[-1:] in self.ends and _begins(self.ends, reversed(folded)):
            return True
        for piece in self.inside:
            if piece in folded:
                return True
        for pieces in self.pieces:  # noqa: SIM110 - any() would cost more than what it asks
            if _fits(folded, pieces):
                return True
        return False


def name_patterns(patterns: Iterable[str]) -> NamePatterns:
    """Return `patterns`, none of which has a problem, ready to match."""
    whole: list[str] = []
    starts: list[str] = []
    ends: list[str] = []
    inside: list[str] = []
    others: list[tuple[str, ...]] = []
    for pattern in sorted({pattern.casefold() for pattern in patterns}):
        match tuple(pattern.split("*")):
            case (only,):
                whole.append(only)
            case ("", ""):
                inside.append("")
            case (start, ""):
                starts.append(start)
            case ("", end):
                ends.append(end)
            case ("", piece, ""):
                inside.append(piece)
            case pieces:
                others.append(pieces)
    return NamePatterns(
        whole=frozenset(whole),
        starts=_letter_tree(starts),
        ends=_letter_tree(end[::-1] for end in ends),
        inside=tuple(inside),
        pieces=tuple(others),
    )


def pattern_problem(value: object) -> str | None:
    """Return what is wrong with a pattern, if anything."""
    if not isinstance(value, str) or not 0 < len(value) <= PATTERN_CHARS_MAX:
        return f"{value!r} is not a pattern of 1 to {PATTERN_CHARS_MAX} characters"
    if value.count("*") > STARS_MAX or "**" in value:
        return f"'{value}' may have {STARS_MAX} stars, no two of them together"
    if value == "*":
        return "'*' matches every document; no filter is needed for a printer that prints nothing"
    return None


def is_pieced(pattern: str) -> bool:
    """Return whether `pattern` has a star elsewhere than at one of its ends, or at both."""
    return "*" in pattern[1:-1] or pattern.count("*") > 1


def _letter_tree(beginnings: Iterable[str]) -> LetterTree:
    """Return a tree of all that is not longer than needed: of `ab` and `abc`, `ab` says it all."""
    tree: LetterTree = {}
    for beginning in sorted(beginnings, key=len, reverse=True):
        at = tree
        for letter in beginning[:-1]:
            at = at.setdefault(letter, {})
        at[beginning[-1]] = {}
    return tree


def _begins(tree: LetterTree, letters: Iterable[str]) -> bool:
    """Return whether `letters` begin with anything that is in the tree."""
    at = tree
    for letter in letters:
        if letter not in at:
            return False
        at = at[letter]
        if not at:
            return True
    return False


def _fits(name: str, pieces: tuple[str, ...]) -> bool:
    """Return whether `pieces` stand in `name` in their order, the outer two at its ends."""
    first, *inner, last = pieces
    if not name.startswith(first) or not name.endswith(last):
        return False
    at = len(first)
    for piece in inner:
        at = name.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return at + len(last) <= len(name)
