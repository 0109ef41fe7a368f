"""Plants a variant: its modules are loaded with another text. Nothing on the disk is changed.

A place that is not there any more, or there twice, ends the program, and so does a module that was
loaded before. A variant that changes nothing would prove nothing.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder, SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from chaos.errors import ChaosError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

    from chaos.mutants.mutant import Mutant, Patch


class PlantingError(ChaosError):
    """The variant cannot be planted."""


def changed(source: str, patch: Patch) -> str:
    """The text with the mistake in it. Errors: `PlantingError`."""
    times = source.count(patch.right)
    if times != 1:
        raise PlantingError(
            f"{patch.module} holds the text of a variant {times} times, not once. The code was "
            f"changed: change the variant in chaos/mutants with it. It is:\n{patch.right}"
        )
    return source.replace(patch.right, patch.wrong)


def source_of(module: str) -> str:
    """The text of that module, which is not loaded for it."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise PlantingError(f"There is no module {module}.")
    return Path(spec.origin).read_text(encoding="utf-8")


def plant(mutant: Mutant) -> None:
    """From now on this process runs the variant. Errors: `PlantingError`."""
    texts: dict[str, str] = {}
    for patch in mutant.patches:
        if patch.module in sys.modules:
            raise PlantingError(f"{patch.module} is loaded already; it is too late.")
        texts[patch.module] = changed(texts.get(patch.module) or source_of(patch.module), patch)
    sys.meta_path.insert(0, _Finder(texts))


def check_planted(mutant: Mutant) -> None:
    """An error where a module of the variant was never loaded."""
    for patch in mutant.patches:
        if patch.module not in sys.modules:
            raise PlantingError(f"{patch.module} was never loaded: the variant did not run.")


class _Finder(MetaPathFinder):
    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Only for the modules of the variant."""
        if fullname not in self._texts:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self._texts[fullname])
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, text: str) -> None:
        super().__init__(fullname, path)
        self._text = text

    def get_code(self, fullname: str) -> CodeType:
        """Of the other text, and never what was compiled before."""
        return self.source_to_code(self._text.encode(), self.get_filename(fullname))
