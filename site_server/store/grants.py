"""The grants in the replica: this site's own, and how much all sites have together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, case, func, select

from failure_modes.vocabulary import Micros
from replication.schema.directory import allowances, balances

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What of one payer's balance is granted, at one moment of the directory."""

    here_micros: Micros
    everywhere_micros: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A grant of this site beside the balance that it is a share of."""

    grant: Grant
    balance_micros: Micros


NO_GRANT: Final = Grant(here_micros=Micros(0), everywhere_micros=Micros(0))
_HERE = allowances.c.site_name == bindparam("site_name")
_GRANTS: Final = (
    select(
        allowances.c.payer,
        func.sum(case((_HERE, allowances.c.granted_micros), else_=0)),
        func.sum(allowances.c.granted_micros),
    )
    .where(allowances.c.payer.in_(bindparam("payers", expanding=True)))
    .group_by(allowances.c.payer)
)
_OTHERS = allowances.alias("others")
_HELD: Final = (
    select(
        allowances.c.payer,
        allowances.c.granted_micros,
        select(func.sum(_OTHERS.c.granted_micros))
        .where(_OTHERS.c.payer == allowances.c.payer)
        .scalar_subquery(),
        func.coalesce(balances.c.balance_micros, 0),
    )
    .outerjoin(balances, balances.c.payer == allowances.c.payer)
    .where(_HERE, allowances.c.granted_micros > 0)
)


def grants_of(connection: Connection, site_name: str, payers: Collection[str]) -> dict[str, Grant]:
    """The grants of those of `payers` that have any, at this site or another."""
    values = {"site_name": site_name, "payers": sorted(payers)}
    return {
        payer: Grant(here_micros=Micros(here), everywhere_micros=Micros(everywhere))
        for payer, here, everywhere in connection.execute(_GRANTS, values)
    }


def held_here(connection: Connection, site_name: str) -> dict[str, Held]:
    """Everybody of whose balance this site may spend something alone, and how they stand."""
    return {
        payer: Held(
            grant=Grant(here_micros=Micros(here), everywhere_micros=Micros(everywhere)),
            balance_micros=Micros(balance),
        )
        for payer, here, everywhere, balance in connection.execute(_HELD, {"site_name": site_name})
    }
