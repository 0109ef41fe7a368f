"""Price lists: which tariff each printer has, and since when.

A list is never changed. New prices are a new list with a higher version and a later beginning, so
a job that was printed in an outage and is uploaded days later is priced by the list in force when
it was printed, and the bill can be made again at any time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from failure_modes import tariff
from failure_modes.raw_shape import keys_problems, name_problem, number_problem
from failure_modes.tariff import Tariff
from failure_modes.vocabulary import Micros, Sides, WallMs

LISTS_MAX: Final = 64
"""Lists that are kept: five years of a new one each month."""

TARIFFS_MAX: Final = 64
"""Tariffs of one list; printers share them."""

PRINTERS_MAX: Final = 10_000
"""Printers that one list names; those with the default tariff need not be named."""

VERSION_MAX: Final = 1_000_000_000
WALL_MS_MAX: Final = 253_402_300_800_000
"""The end of the year 9999; whatever is later is a mistake of units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """The tariffs in force from `valid_from_ms` until the next list begins."""

    version: int
    valid_from_ms: WallMs
    tariffs: Mapping[str, Tariff]
    default: str
    """The tariff of every printer that `printers` does not name."""
    printers: Mapping[str, str] = field(default_factory=dict)

    def tariff_of(self, printer_name: str) -> Tariff:
        """Return the tariff of a printer."""
        return self.tariffs[self.printers.get(printer_name, self.default)]


def price_of(
    price_list: PriceList, printer_name: str, paper_size: str, *, colour: bool, sides: Sides
) -> Micros:
    """Return the price of one impression."""
    price = price_list.tariff_of(printer_name).price(paper_size)
    return price.of_impression(colour=colour, sides=sides)


def price_list_at(lists: Iterable[PriceList], wall_ms: WallMs) -> PriceList | None:
    """Return the list in force at a time, None before the first one; their order is no matter."""
    begun = (one for one in lists if one.valid_from_ms <= wall_ms)
    return max(begun, key=lambda one: (one.valid_from_ms, one.version), default=None)


def problems(raw: object) -> list[str]:
    """Return all that is wrong with one price list as read from JSON."""
    if not isinstance(raw, Mapping):
        return [f"{raw!r} is not an object"]
    found = keys_problems(raw, ("version", "valid_from_ms", "tariffs", "default"), ("printers",))
    bounds = {"version": (1, VERSION_MAX, ""), "valid_from_ms": (0, WALL_MS_MAX, "ms")}
    for key, (low, high, unit) in bounds.items():
        if key in raw and (problem := number_problem(raw[key], low, high, unit)):
            found.append(f"{key}: {problem}")
    if "tariffs" in raw:
        found += _tariffs_problems(raw["tariffs"])
    if "printers" in raw:
        found += _printers_problems(raw["printers"])
    return found or _unknown_or_unused(raw)


def lists_problems(raw: object) -> list[str]:
    """Return all that is wrong with all price lists together."""
    if not isinstance(raw, list) or len(raw) > LISTS_MAX:
        return [f"not a list of at most {LISTS_MAX} price lists"]
    found = [f"[{place}] {problem}" for place, one in enumerate(raw) for problem in problems(one)]
    if found:
        return found
    lists = sorted((read(one) for one in raw), key=lambda one: (one.version, one.valid_from_ms))
    return [
        f"version {later.version} must be higher and begin later than version {earlier.version}"
        for earlier, later in pairwise(lists)
        if later.version == earlier.version or later.valid_from_ms <= earlier.valid_from_ms
    ]


def read(raw: Mapping[str, object]) -> PriceList:
    """Return the price list; `raw` has no problems."""
    return PriceList(
        version=int(str(raw["version"])),
        valid_from_ms=WallMs(int(str(raw["valid_from_ms"]))),
        tariffs={name: tariff.read(_object(one)) for name, one in _object(raw["tariffs"]).items()},
        default=str(raw["default"]),
        printers={name: str(one) for name, one in _object(raw.get("printers")).items()},
    )


def _object(raw: object) -> Mapping[str, object]:
    return raw if isinstance(raw, Mapping) else {}


def _tariffs_problems(raw: object) -> list[str]:
    if not isinstance(raw, Mapping) or not 1 <= len(raw) <= TARIFFS_MAX:
        return [f"tariffs: not an object of 1 to {TARIFFS_MAX} tariffs"]
    wrong_names = (name_problem(name) for name in raw)
    found = [f"tariffs: {problem}" for problem in wrong_names if problem]
    found += [
        f"tariffs.{name}: {problem}"
        for name, one in raw.items()
        for problem in tariff.problems(one)
    ]
    return found


def _printers_problems(raw: object) -> list[str]:
    if not isinstance(raw, Mapping) or len(raw) > PRINTERS_MAX:
        return [f"printers: not an object of at most {PRINTERS_MAX} printers"]
    wrong_names = (name_problem(name) for name in raw)
    return [f"printers: {problem}" for problem in wrong_names if problem]


def _unknown_or_unused(raw: Mapping[str, object]) -> list[str]:
    """Return which tariffs are named and do not exist, or exist and are never used."""
    tariffs, printers = _object(raw["tariffs"]), _object(raw.get("printers"))
    known = ", ".join(tariffs)
    used = {"default": raw["default"]} | {f"printers.{name}": one for name, one in printers.items()}
    found = [
        f"{place}: there is no tariff {name!r}; known are: {known}"
        for place, name in used.items()
        if not isinstance(name, str) or name not in tariffs
    ]
    unused = (name for name in tariffs if name not in used.values())
    return [*found, *(f"tariffs.{name}: no printer has this tariff" for name in unused)]
