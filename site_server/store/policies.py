"""The policies of the replica, as far as they apply at this site."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, bindparam, or_, select

from failure_modes.errors import PolicyError
from failure_modes.policy import Policy, resolve
from failure_modes.vocabulary import Layer
from replication.schema.directory import policies, printers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Row

POLICIES_KEPT_MAX: Final = 256
"""Resolved policies kept in memory: more than any site has printers."""

Layers = tuple[tuple[str, str], ...]
"""Layer and body of each policy that meets at one printer, in order."""

_HERE: Final = or_(
    and_(policies.c.layer == Layer.GLOBAL.value, policies.c.scope == ""),
    and_(policies.c.layer == Layer.SITE.value, policies.c.scope == bindparam("site_name")),
    and_(
        policies.c.layer == Layer.PRINTER.value,
        policies.c.scope.in_(
            select(printers.c.printer_name).where(printers.c.site_name == bindparam("site_name"))
        ),
    ),
)
_ALL_HERE: Final = select(
    policies.c.layer, policies.c.scope, policies.c.version, policies.c.body
).where(_HERE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyStanding:
    """The highest version among the policies that apply here, and what cannot be used of them."""

    version: int
    problems: tuple[str, ...]


NO_POLICIES: Final = PolicyStanding(version=0, problems=())


def policy_of(layers: Layers) -> Policy:
    """The policy that these rows make.

    Headquarters refuses rules that cannot be used. Should some arrive all the same (from a newer
    primary), the built-in rules decide: they are the careful ones, and a site never stops deciding.
    """
    return _resolved(layers)[0]


def standing(connection: Connection, site_name: str) -> PolicyStanding:
    """How the policies of this site and its printers stand."""
    rows = connection.execute(_ALL_HERE, {"site_name": site_name}).all()
    shared = [row for row in rows if row.layer != Layer.PRINTER]
    found: dict[str, None] = {}
    for printer in (None, *(row for row in rows if row.layer == Layer.PRINTER)):
        met = shared if printer is None else [*shared, printer]
        found |= dict.fromkeys(_resolved(_layers(met))[1])
    return PolicyStanding(
        version=max((row.version for row in rows), default=0), problems=tuple(found)
    )


def _layers(rows: Iterable[Row[Any, Any, Any, Any]]) -> Layers:
    return tuple(sorted((row.layer, row.body) for row in rows))


@lru_cache(maxsize=POLICIES_KEPT_MAX)
def _resolved(layers: Layers) -> tuple[Policy, Sequence[str]]:
    try:
        return resolve({Layer(layer): json.loads(body) for layer, body in layers}), ()
    except PolicyError as error:
        return Policy(), error.problems
    except ValueError as error:
        return Policy(), (f"not a policy: {error}",)
