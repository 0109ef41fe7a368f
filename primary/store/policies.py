"""Policies as rows of the directory. One that is wrong, or wrong beside the others, never gets in.

One counter numbers every change, whatever layer it is made to: a site that shows number N has
everything up to it. The number travels in the body too, for there the rules of a decision are read.
A removal is a change like any other: its row stays without rules and with a number of its own, so
that numbers never go back and every site sees that something came after.

A change is refused for what it makes wrong. What was wrong before it (a directory of an older
version, or rules that an older version took) is told, and does not stand in the way of a change
that has nothing to do with it or mends a part of it.

Rejected: a counter in a table of its own, and removed rows that vanish. A site whose newest rules
were removed would then show an older number than before and look as if it had missed something.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, bindparam, func, or_, select
from sqlalchemy.dialects.sqlite import insert

from failure_modes.vocabulary import Layer
from primary.errors import ConfigError, ConflictError, NotFoundError
from primary.policy_names import Kind, name_problems
from primary.policy_rules import VERSION, LayerRules, Problem, field_problems, find_problems
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A change that was made, and what was wrong before it and still is."""

    policy: StoredPolicy
    warnings: tuple[str, ...]


_POLICIES: Final = (
    select(policies)
    .where(policies.c.removed.is_(False))
    .order_by(policies.c.layer, policies.c.scope)
)
_ONE: Final = _POLICIES.where(
    policies.c.layer == bindparam("layer"), policies.c.scope == bindparam("scope")
)
_NEWEST: Final = select(func.coalesce(func.max(policies.c.version), 0))
_NEWEST_BY_SITE: Final = (
    select(sites.c.site_name, func.max(policies.c.version).label("version"))
    .select_from(sites)
    .join(
        policies,
        or_(
            policies.c.layer == Layer.GLOBAL.value,
            and_(policies.c.layer == Layer.SITE.value, policies.c.scope == sites.c.site_name),
            and_(
                policies.c.layer == Layer.PRINTER.value,
                policies.c.scope.in_(
                    select(printers.c.printer_name).where(printers.c.site_name == sites.c.site_name)
                ),
            ),
        ),
    )
    .group_by(sites.c.site_name)
)
_INSERT: Final = insert(policies)
_PUT: Final = _INSERT.on_conflict_do_update(
    index_elements=["layer", "scope"],
    set_={name: _INSERT.excluded[name] for name in ("version", "body", "removed")},
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


def policy(connection: Connection, layer: Layer, scope: str) -> StoredPolicy:
    """The rules of one layer. Errors: `NotFoundError`."""
    row = connection.execute(_ONE, {"layer": layer.value, "scope": scope}).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no policy of {f'{layer} {scope}'.rstrip()}.")
    return _stored(row._asdict())


def newest_version(connection: Connection) -> int:
    """The number of the newest change, removals included; 0: there was none."""
    return int(connection.execute(_NEWEST).scalar_one())


def newest_versions(connection: Connection) -> dict[str, int]:
    """The same for each site, of what applies there; a site without any policy is left out."""
    return {row.site_name: row.version for row in connection.execute(_NEWEST_BY_SITE)}


def put_policy(connection: Connection, value: LayerRules) -> Saved:
    """Replace the rules of one layer. Errors: `ConflictError`; `ConfigError` with all problems."""
    if value.layer in _SCOPES:
        row = connection.execute(_SCOPES[value.layer], {"name": value.scope}).one_or_none()
        if row is None:
            raise ConflictError(
                f"There is no {value.layer} {value.scope!r}. Nothing was changed; make it first."
            )
    standing = standing_problems(connection)
    version = _write(connection, value, removed=False)
    own = set(field_problems(value))  # a wrong field in what is saved was never there before
    warnings = refuse_new(connection, [each for each in standing if each not in own])
    stored = StoredPolicy(
        layer=value.layer, scope=value.scope, version=version, rules=dict(value.rules)
    )
    return Saved(policy=stored, warnings=warnings)


def remove_policy(connection: Connection, layer: Layer, scope: str) -> Saved:
    """Take the rules of one layer away; those below it rule then.

    Errors: `NotFoundError`; `ConfigError` where the others contradict each other without them.
    """
    policy(connection, layer, scope)
    standing = standing_problems(connection)
    version = _write(connection, LayerRules(layer=layer, scope=scope, rules={}), removed=True)
    warnings = refuse_new(connection, standing)
    removed = StoredPolicy(layer=layer, scope=scope, version=version, rules={})
    return Saved(policy=removed, warnings=warnings)


def standing_problems(connection: Connection) -> list[Problem]:
    """What is wrong with the policies now, where they meet."""
    rules = [
        LayerRules(layer=each.layer, scope=each.scope, rules=each.rules)
        for each in all_policies(connection)
    ]
    meetings = [(row.site_name, row.scope) for row in connection.execute(_MEETINGS)]
    named = [
        Problem(where=(each.key,), what=text, text=text)
        for each in rules
        for text in name_problems(each, lambda kind, name: _exists(connection, kind, name))
    ]
    return [*find_problems(rules, meetings), *named]


def refuse_new(connection: Connection, standing: Sequence[Problem]) -> tuple[str, ...]:
    """What was wrong before a change and still is. Errors: `ConfigError` with all that is new."""
    found = standing_problems(connection)
    before = set(standing)
    new = [each.text for each in found if each not in before]
    if new:
        raise ConfigError(list(dict.fromkeys(new)))
    return tuple(dict.fromkeys(each.text for each in found))


def _write(connection: Connection, value: LayerRules, *, removed: bool) -> int:
    version = newest_version(connection) + 1
    connection.execute(
        _PUT,
        {
            "layer": value.layer.value,
            "scope": value.scope,
            "version": version,
            "body": body_of(value, version),
            "removed": removed,
        },
    )
    return version


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
