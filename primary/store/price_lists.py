"""Price lists as rows of the directory. A list that has begun is never changed.

So what was printed in an outage, and is uploaded days later, is priced as on the day it was
printed. A list that has not begun may still be replaced or withdrawn; a branch that is cut off then
keeps the one it knows.

At most `LISTS_MAX` lists are kept. When one more is made, the oldest goes, but only if even the
latest upload that the policies allow is priced by a later one.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal

from sqlalchemy import Connection, bindparam, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from failure_modes import price_list
from failure_modes.policy import Policy
from failure_modes.price_list import LISTS_MAX
from failure_modes.raw_shape import number_problem
from failure_modes.rule_vocabulary import PriceModel
from failure_modes.vocabulary import Layer
from primary.errors import ConfigError, ConflictError, NotFoundError
from primary.store import policies
from replication.journal import canonical_json
from replication.schema.directory import price_lists, printers

VERSION: Final = "version"
VALID_FROM: Final = "valid_from_ms"
KEPT_FOR_LATE: Final = "late_upload_max_ms"
FIRST_VERSION: Final = 1
SHOWN_UNKNOWN_MAX: Final = 20
"""Unknown printers named in one refusal; more of them say no more."""

_STUB: Final[Mapping[str, object]] = {
    "tariffs": {"any": {"model": PriceModel.SIMPLE, "mono_micros": 0, "colour_micros": 0}},
    "default": "any",
}
"""Stands for the content of a list where only its place among the others is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A list by its number and beginning."""

    version: int
    valid_from_ms: int

    def state(self, now_ms: int, all_of_them: Sequence["Place"]) -> Literal["past", "now", "later"]:
        """Whether it was, is, or will be in force."""
        if self.valid_from_ms > now_ms:
            return "later"
        begun = [each.valid_from_ms for each in all_of_them if each.valid_from_ms <= now_ms]
        return "now" if self.valid_from_ms == max(begun) else "past"


_PLACES: Final = select(price_lists.c.version, price_lists.c.valid_from_ms).order_by(
    price_lists.c.version
)
_BODY: Final = select(price_lists.c.body).where(price_lists.c.version == bindparam("number"))
_INSERT: Final = insert(price_lists)
_PUT: Final = _INSERT.on_conflict_do_update(
    index_elements=[VERSION],
    set_={name: _INSERT.excluded[name] for name in (VALID_FROM, "body", "body_sha256")},
)
_DELETE: Final = delete(price_lists).where(price_lists.c.version == bindparam("number"))
_KNOWN_PRINTERS: Final = select(printers.c.printer_name).where(
    printers.c.printer_name.in_(
        select(func.json_each(bindparam("names")).table_valued("value").c.value)
    )
)


def all_places(connection: Connection) -> list[Place]:
    """Every list by its number, the oldest first."""
    return [Place(**row._asdict()) for row in connection.execute(_PLACES)]


def body(connection: Connection, version: int) -> dict[str, Any]:
    """The whole list of this number. Errors: `NotFoundError`."""
    text = connection.execute(_BODY, {"number": version}).scalar_one_or_none()
    if text is None:
        raise NotFoundError(f"There is no price list {version}.")
    found: dict[str, Any] = json.loads(text)
    return found


def add(connection: Connection, raw: Mapping[str, Any], now_ms: int) -> Place:
    """Make a new list; without `valid_from_ms` it begins now.

    Errors: `ConfigError` with all problems, `ConflictError` where no room can be made.
    """
    _make_room(connection, now_ms)
    places = all_places(connection)
    version = places[-1].version + 1 if places else FIRST_VERSION
    return _put(connection, raw, version, now_ms)


def replace(connection: Connection, version: int, raw: Mapping[str, Any], now_ms: int) -> Place:
    """Replace a list that has not begun. Errors: as `add`, and `NotFoundError`."""
    _not_begun(connection, version, now_ms)
    return _put(connection, raw, version, now_ms)


def withdraw(connection: Connection, version: int, now_ms: int) -> None:
    """Delete a list that has not begun. Errors: `NotFoundError`, `ConflictError`."""
    _not_begun(connection, version, now_ms)
    connection.execute(_DELETE, {"number": version})


def row_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a list that has no problems."""
    text = canonical_json(raw)
    return {
        VERSION: raw[VERSION],
        VALID_FROM: raw[VALID_FROM],
        "body": text,
        "body_sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def order_problems(places: Sequence[Place]) -> list[str]:
    """What is wrong with the lists together, whatever stands in them."""
    return price_list.lists_problems(
        [{**_STUB, VERSION: each.version, VALID_FROM: each.valid_from_ms} for each in places]
    )


def _put(connection: Connection, raw: Mapping[str, Any], version: int, now_ms: int) -> Place:
    others = [each for each in all_places(connection) if each.version != version]
    value = {VALID_FROM: now_ms, **raw, VERSION: version}
    found = [
        *(["version: headquarters counts the versions; leave it out"] if VERSION in raw else []),
        *price_list.problems(value),
        *_beginning_problems(value[VALID_FROM], version, now_ms, others),
        *_unknown_printers(connection, value.get("printers")),
    ]
    if found:
        raise ConfigError(found)
    connection.execute(_PUT, row_of(value))
    return Place(version=version, valid_from_ms=value[VALID_FROM])


def _beginning_problems(
    valid_from_ms: Any,  # noqa: ANN401 - as it came
    version: int,
    now_ms: int,
    others: Sequence[Place],
) -> Iterator[str]:
    if number_problem(valid_from_ms, 0, price_list.WALL_MS_MAX):
        return
    if valid_from_ms < now_ms:
        yield f"{VALID_FROM}: {valid_from_ms} is over; leave it out and the list begins now"
    yield from order_problems([*others, Place(version=version, valid_from_ms=valid_from_ms)])


def _unknown_printers(connection: Connection, named: object) -> list[str]:
    if not isinstance(named, Mapping) or not named:
        return []
    known = set(connection.execute(_KNOWN_PRINTERS, {"names": json.dumps(list(named))}).scalars())
    unknown = [name for name in named if name not in known]
    found = [
        f"printers.{name}: there is no such printer; make it first or correct the name"
        for name in unknown[:SHOWN_UNKNOWN_MAX]
    ]
    more = len(unknown) - SHOWN_UNKNOWN_MAX
    return [*found, f"printers: {more} more do not exist"] if more > 0 else found


def _not_begun(connection: Connection, version: int, now_ms: int) -> None:
    place = next((each for each in all_places(connection) if each.version == version), None)
    if place is None:
        raise NotFoundError(f"There is no price list {version}.")
    if place.valid_from_ms <= now_ms:
        raise ConflictError(
            f"Price list {version} has begun and is never changed. Nothing was changed; "
            "make a new list."
        )


def _make_room(connection: Connection, now_ms: int) -> None:
    places = all_places(connection)
    if len(places) < LISTS_MAX:
        return
    needed_from_ms = now_ms - _late_upload_max_ms(connection)
    oldest, after = next(pairwise(places))
    if after.valid_from_ms > needed_from_ms:
        raise ConflictError(
            f"There are {LISTS_MAX} price lists, and a late upload may still need each of them. "
            f"Nothing was changed; withdraw one that has not begun, or lower {KEPT_FOR_LATE}."
        )
    connection.execute(_DELETE, {"number": oldest.version})


def _late_upload_max_ms(connection: Connection) -> int:
    """The oldest that a job may be, at the laxest printer, and still be charged."""
    for_all_ms = Policy().late_upload_max_ms
    found: list[int] = []
    for each in policies.all_policies(connection):
        if each.layer is Layer.GLOBAL:
            for_all_ms = int(each.rules.get(KEPT_FOR_LATE, for_all_ms))
        else:
            found.append(int(each.rules.get(KEPT_FOR_LATE, 0)))
    return max(for_all_ms, *found, 0)
