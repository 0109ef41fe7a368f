"""The grants in the directory: whose balance which site may spend alone.

`failure_modes.allowance` has the theory. Every change belongs to a transaction of the caller: a
grant shrinks in the one that moves the site's watermark, and grows in one that looks at balance and
grants together. A row that reaches zero goes, so the table holds only what is granted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from failure_modes.allowance import GrantFacts, free_micros, more_micros, over_granted_micros
from primary.store.amounts import amounts, amounts_text
from primary.store.restores import unheard
from replication.messages import AllowanceNeed
from replication.ports import Micros
from replication.schema.directory import accounts, allowances, balances, sites, users

_NOTHING = literal_column("0", Integer)
_HAS_GRANTS: Final = (
    select(allowances.c.payer).where(allowances.c.site_name == bindparam("site")).limit(1)
)
_DEBITS: Final = amounts("debits")
_AT_SITE = allowances.c.site_name == bindparam("site")
_LOWER: Final = (
    update(allowances)
    .where(
        allowances.c.payer == _DEBITS.c.payer,
        # No column of an index: SQLite would go through all grants of the site for each debit.
        allowances.c.site_name.concat("") == bindparam("site"),
    )
    .values(granted_micros=func.max(allowances.c.granted_micros - _DEBITS.c.amount, _NOTHING))
)
_DROP_EMPTY: Final = delete(allowances).where(
    allowances.c.payer.in_(select(_DEBITS.c.payer)),
    _AT_SITE,
    allowances.c.granted_micros <= _NOTHING,
)
_INSERT = insert(allowances)
_RAISE: Final = _INSERT.on_conflict_do_update(
    index_elements=["payer", "site_name"],
    set_={"granted_micros": allowances.c.granted_micros + _INSERT.excluded.granted_micros},
)
_OF_PAYER: Final = (
    select(allowances.c.site_name, allowances.c.granted_micros)
    .where(allowances.c.payer == bindparam("who"))
    .order_by(allowances.c.granted_micros.desc(), allowances.c.site_name)
)
_OF_SITE: Final = (
    select(allowances.c.payer, allowances.c.granted_micros)
    .where(allowances.c.site_name == bindparam("site"))
    .order_by(allowances.c.payer)
)
_DROP_SITE: Final = delete(allowances).where(allowances.c.site_name == bindparam("site"))
_MAY_ASK: Final = select(sites.c.site_name).where(
    sites.c.site_name == bindparam("site"),
    sites.c.state == "approved",
    sites.c.epoch <= bindparam("site_epoch"),
)
_BALANCE: Final = select(balances.c.balance_micros).where(balances.c.payer == bindparam("who"))
_RESTRICTED: Final[Mapping[str, Select[tuple[bool]]]] = {
    "user": select(users.c.restricted).where(users.c.user_name == bindparam("name")),
    "account": select(accounts.c.restricted).where(accounts.c.account_name == bindparam("name")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteGrant:
    """What one site may spend alone."""

    site_name: str
    granted_micros: Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How a payer's balance is shared out."""

    balance_micros: Micros
    grants: tuple[SiteGrant, ...]

    @property
    def granted_micros(self) -> Micros:
        """What all sites together may spend."""
        return Micros(sum(grant.granted_micros for grant in self.grants))

    @property
    def unassigned_micros(self) -> Micros:
        """What is granted to no site."""
        return free_micros(self.balance_micros, self.granted_micros)

    @property
    def over_granted_micros(self) -> Micros:
        """What sites may spend that does not exist any more."""
        return over_granted_micros(self.balance_micros, self.granted_micros)

    def at(self, site_name: str) -> Micros:
        """What that site may spend alone."""
        return next((g.granted_micros for g in self.grants if g.site_name == site_name), Micros(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What comes of one need: how much more is granted, and what is missing all the same.

    `holders` are the other sites that have a share of this payer.
    """

    payer: str
    more_micros: Micros
    short_micros: Micros
    holders: tuple[str, ...]


def lower(connection: Connection, site_name: str, debits: Mapping[str, int]) -> None:
    """Take each payer's debit off the site's grant, as far as there is any.

    A site without grants costs one look-up, whatever its batch holds.
    """
    if not debits or connection.execute(_HAS_GRANTS, {"site": site_name}).first() is None:
        return
    values = {"site": site_name, "debits": amounts_text(debits)}
    connection.execute(_LOWER, values)
    connection.execute(_DROP_EMPTY, values)


def shares(connection: Connection, payer: str) -> Shares:
    """How this payer's balance is shared out; all zero for a payer that nobody knows."""
    found = connection.execute(_BALANCE, {"who": payer}).scalar_one_or_none()
    return Shares(
        balance_micros=Micros(found or 0),
        grants=tuple(
            SiteGrant(site_name=site_name, granted_micros=Micros(granted))
            for site_name, granted in connection.execute(_OF_PAYER, {"who": payer})
        ),
    )


def grants_of_site(connection: Connection, site_name: str) -> dict[str, Micros]:
    """What this site may spend alone, by payer."""
    rows = connection.execute(_OF_SITE, {"site": site_name})
    return {payer: Micros(granted) for payer, granted in rows}


def answers(
    connection: Connection, site_name: str, epoch: int, needs: Iterable[AllowanceNeed]
) -> list[Answer]:
    """What these needs, of different payers, come to. Nothing is changed yet.

    Nothing for a site that headquarters shut out, an installation that was replaced, a payer that
    nobody knows or that needs no allowance because nothing limits what they spend. And nothing at
    all after a restore, until every site has said what it holds.
    """
    if unheard(connection):
        return []
    if connection.execute(_MAY_ASK, {"site": site_name, "site_epoch": epoch}).first() is None:
        return []
    return [
        _answered(connection, site_name, need) for need in needs if _needs_one(connection, need)
    ]


def raise_grants(connection: Connection, site_name: str, found: Sequence[Answer]) -> None:
    """Grant what these answers say; they must come from this same transaction."""
    for answer in found:
        if answer.more_micros:
            row = {"payer": answer.payer, "site_name": site_name}
            connection.execute(_RAISE, {**row, "granted_micros": answer.more_micros})


def drop_site(connection: Connection, site_name: str) -> None:
    """Take all grants of this site back, whatever it may have spent of them."""
    connection.execute(_DROP_SITE, {"site": site_name})


def _needs_one(connection: Connection, need: AllowanceNeed) -> bool:
    kind, _, name = need.payer.partition(":")
    return bool(connection.execute(_RESTRICTED[kind], {"name": name}).scalar_one_or_none())


def _answered(connection: Connection, site_name: str, need: AllowanceNeed) -> Answer:
    money = shares(connection, need.payer)
    here = money.at(site_name)
    more = more_micros(
        GrantFacts(
            balance_micros=money.balance_micros,
            granted_here_micros=here,
            granted_everywhere_micros=money.granted_micros,
            want_micros=Micros(need.want_micros),
            usual_micros=Micros(need.usual_micros),
        )
    )
    return Answer(
        payer=need.payer,
        more_micros=more,
        short_micros=Micros(max(need.want_micros - here - more, 0)),
        holders=tuple(g.site_name for g in money.grants if g.site_name != site_name),
    )
