"""Policies as rows of the directory. One that is wrong, or wrong beside the others, never gets in.

One counter numbers every change, whatever layer it is made to: a site that shows number N has
everything up to it. The number travels in the body too, for there the rules of a decision are read.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, bindparam, func, select
from sqlalchemy.dialects.sqlite import insert

from failure_modes.vocabulary import Layer
from primary.errors import ConfigError, ConflictError
from primary.policy_names import Kind, name_problems
from primary.policy_rules import VERSION, LayerRules, policy_problems
from replication.journal import canonical_json
from replication.schema.directory import accounts, groups, policies, printers, sites

FIRST_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPolicy:
    """The rules of one layer and the number of their newest change."""

    layer: Layer
    scope: str
    version: int
    rules: dict[str, Any]


_POLICIES: Final = select(policies).order_by(policies.c.layer, policies.c.scope)
_NEWEST: Final = select(func.coalesce(func.max(policies.c.version), 0))
_INSERT: Final = insert(policies)
_PUT: Final = _INSERT.on_conflict_do_update(
    index_elements=["layer", "scope"],
    set_={"version": _INSERT.excluded.version, "body": _INSERT.excluded.body},
)
_MEETINGS: Final = (
    select(printers.c.site_name, policies.c.scope)
    .select_from(
        printers.outerjoin(
            policies,
            and_(
                policies.c.layer == Layer.PRINTER.value, policies.c.scope == printers.c.printer_name
            ),
        )
    )
    .distinct()
)
_SCOPES: Final = {
    Layer.SITE: select(sites.c.site_name).where(sites.c.site_name == bindparam("name")),
    Layer.PRINTER: select(printers.c.printer_name).where(
        printers.c.printer_name == bindparam("name")
    ),
}
_NAMED: Final[dict[Kind, Select[Any]]] = {
    "account": select(accounts.c.account_name).where(accounts.c.account_name == bindparam("name")),
    "group": select(groups.c.group_name).where(groups.c.group_name == bindparam("name")),
}


def all_policies(connection: Connection) -> list[StoredPolicy]:
    """Every policy, by layer and scope."""
    return [_stored(row._asdict()) for row in connection.execute(_POLICIES)]


def put_policy(connection: Connection, value: LayerRules) -> StoredPolicy:
    """Replace the rules of one layer. Errors: `ConflictError`; `ConfigError` with all problems."""
    if value.layer in _SCOPES:
        row = connection.execute(_SCOPES[value.layer], {"name": value.scope}).one_or_none()
        if row is None:
            raise ConflictError(
                f"There is no {value.layer} {value.scope!r}. Nothing was changed; make it first."
            )
    version = connection.execute(_NEWEST).scalar_one() + 1
    connection.execute(
        _PUT,
        {
            "layer": value.layer.value,
            "scope": value.scope,
            "version": version,
            "body": body_of(value, version),
        },
    )
    check(connection)
    return StoredPolicy(
        layer=value.layer, scope=value.scope, version=version, rules=dict(value.rules)
    )


def check(connection: Connection) -> None:
    """Look at all policies where they meet now. Errors: `ConfigError` with all problems."""
    rules = [
        LayerRules(layer=each.layer, scope=each.scope, rules=each.rules)
        for each in all_policies(connection)
    ]
    meetings = [(row.site_name, row.scope) for row in connection.execute(_MEETINGS)]
    problems = policy_problems(rules, meetings)
    for each in rules:
        problems += name_problems(each, lambda kind, name: _exists(connection, kind, name))
    if problems:
        raise ConfigError(problems)


def _exists(connection: Connection, kind: Kind, name: str) -> bool:
    return connection.execute(_NAMED[kind], {"name": name}).one_or_none() is not None


def body_of(policy: LayerRules, version: int) -> str:
    """The body of a row."""
    return canonical_json({**policy.rules, VERSION: version})


def _stored(row: dict[str, Any]) -> StoredPolicy:
    rules = json.loads(row["body"])
    rules.pop(VERSION, None)
    return StoredPolicy(
        layer=Layer(row["layer"]), scope=row["scope"], version=row["version"], rules=rules
    )
