"""What is wrong with the price lists of an organisation file."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from failure_modes import price_list
from primary.organisation_file import PriceListItem, numbered
from primary.store.price_lists import FIRST_VERSION, VALID_FROM, VERSION, Place, order_problems


def price_list_problems(
    items: Mapping[str, PriceListItem], printers: Collection[str]
) -> Iterator[str]:
    """Yield every problem; `items` are called by their place in the file."""
    found: list[str] = []
    for where, item in items.items():
        raw = {**item.model_dump(), VERSION: FIRST_VERSION}
        found += [f"{where}: {problem}" for problem in price_list.problems(raw)]
        named = item.printers if isinstance(item.printers, Mapping) else {}
        yield from (
            f"{where}: printers: there is no printer {name!r}; correct the name"
            for name in named
            if name not in printers
        )
    yield from found
    if not found:
        places = [
            Place(version=each[VERSION], valid_from_ms=each[VALID_FROM])
            for each in numbered(list(items.values()))
        ]
        yield from (f"[[price_lists]]: {problem}" for problem in order_problems(places))


def has_list_from_the_start(items: Sequence[PriceListItem]) -> bool:
    """Whether a list prices every printer at any time."""
    return any(item.valid_from_ms == 0 for item in items)
