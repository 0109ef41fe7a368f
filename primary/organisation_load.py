"""Reads an organisation file: each item by itself, then all of them against each other.

So one run of `init` shows everything that is wrong. An item that is wrong in itself still counts as
existing: who mistyped an address is not told ten times that the printer is missing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from failure_modes.policy import Policy
from failure_modes.vocabulary import Layer
from primary.errors import ConfigError
from primary.organisation_file import (
    ITEM_OF_SECTION,
    DeviceItem,
    Head,
    Organisation,
    PolicyItem,
    PriceItem,
    PriceListItem,
    QueueItem,
    QuotaItem,
    UserItem,
)
from primary.organisation_prices import has_list_from_the_start, price_list_problems
from primary.policy_names import name_problems
from primary.policy_rules import LayerRules, policy_problems
from primary.validation import problems_of, toml_of

BUILT_IN: Final = Policy()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """An item and how a message calls its place."""

    where: str
    item: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sections:
    """The file item by item: the good items, and the names of all, also of the bad ones."""

    items: Mapping[str, tuple[_Placed, ...]]
    names: Mapping[str, frozenset[str]]

    def at_site(self, section: str, name: str, site_name: str) -> bool:
        """Whether `section` may have `name` at that site: sure only where the item is good."""
        placed = self.items[section]
        found = [each.item.site for each in placed if each.item.name == name]
        return site_name in found if found else name in self.names[section]


def load(text: str) -> Organisation:
    """The organisation that `text` (TOML) describes. Errors: `ConfigError` with every problem."""
    document = toml_of(text)
    problems: list[str] = []
    currency = _currency(document, problems)
    raw = {name: list(_raw_items(document, name, problems)) for name in ITEM_OF_SECTION}
    sections = _Sections(
        items={name: tuple(_good(name, items, problems)) for name, items in raw.items()},
        names={
            name: frozenset(str(item["name"]) for _, item in items if "name" in item)
            for name, items in raw.items()
        },
    )
    problems.extend(_cross_problems(sections))
    if problems:
        raise ConfigError(problems)
    values = {name: tuple(each.item for each in sections.items[name]) for name in ITEM_OF_SECTION}
    return Organisation(currency=currency, **values)


def _currency(document: Mapping[str, Any], problems: list[str]) -> str:
    rest = {key: value for key, value in document.items() if key not in ITEM_OF_SECTION}
    try:
        return Head.model_validate(rest).currency
    except ValidationError as error:
        problems.extend(problems_of(error, Head))
        return ""


def _raw_items(
    document: Mapping[str, Any], section: str, problems: list[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    items = document.get(section, [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        problems.append(f"{section}: must be a list of tables; begin each one with [[{section}]]")
        return
    for number, item in enumerate(items, start=1):
        called = f'"{item["name"]}"' if "name" in item else f"number {number}"
        yield f"[[{section}]] {called}", item


def _good(
    section: str, items: Iterable[tuple[str, dict[str, Any]]], problems: list[str]
) -> Iterator[_Placed]:
    model = ITEM_OF_SECTION[section]
    for where, item in items:
        try:
            yield _Placed(where=where, item=model.model_validate(item))
        except ValidationError as error:
            problems.extend(problems_of(error, model, where))


def _cross_problems(sections: _Sections) -> Iterator[str]:
    for section in ITEM_OF_SECTION:
        yield from _doubles(section, sections.items[section])
    yield from _double_cards(sections.items["users"])
    yield from _group_problems(sections)
    yield from _access_problems(sections)
    yield from _place_problems(sections)
    yield from _price_problems(sections)
    yield from _policy_problems(sections)


def _doubles(section: str, items: Iterable[_Placed]) -> Iterator[str]:
    seen: set[object] = set()
    for each in items:
        match each.item:
            case PriceItem(printer=printer):
                key: object = printer
            case PolicyItem(layer=layer, scope=scope):
                key = (layer, scope)
            case QuotaItem(group=group):
                key = group
            case PriceListItem():
                continue  # two that begin together are found where they are put in order
            case item:
                key = item.name
        if key in seen:
            yield f"{each.where}: stands twice in {section}; remove one of them"
        seen.add(key)


def _double_cards(users: Iterable[_Placed]) -> Iterator[str]:
    owner: dict[str, str] = {}
    for each in users:
        user: UserItem = each.item
        for card in user.cards:
            key = card.strip().upper()
            if key in owner:
                yield f"{each.where}: a card of theirs is also a card of {owner[key]!r}; remove one"
            owner.setdefault(key, user.name)


def _group_problems(sections: _Sections) -> Iterator[str]:
    for each in sections.items["groups"]:
        for member in each.item.members:
            if member not in sections.names["users"]:
                yield (
                    f"{each.where}: members: there is no user {member!r}; add them or take them out"
                )
    for each in sections.items["quotas"]:
        if each.item.group not in sections.names["groups"]:
            yield f"{each.where}: group: there is no group {each.item.group!r}; correct the name"


def _access_problems(sections: _Sections) -> Iterator[str]:
    section_of = {"user": "users", "group": "groups"}
    for each in sections.items["accounts"]:
        for member in each.item.open_to:
            kind, _, name = member.partition(":")
            if kind in section_of and name not in sections.names[section_of[kind]]:
                yield (
                    f"{each.where}: open_to: there is no {kind} {name!r}; add them or take them out"
                )


def _place_problems(sections: _Sections) -> Iterator[str]:
    for section in ("printers", "queues", "devices"):
        for each in sections.items[section]:
            site = each.item.site
            if site not in sections.names["sites"]:
                yield f"{each.where}: site: there is no site {site!r}; add it or correct the name"
            elif isinstance(each.item, QueueItem | DeviceItem) and not sections.at_site(
                "printers", each.item.printer, site
            ):
                yield (
                    f"{each.where}: printer: site {site!r} has no printer {each.item.printer!r}; "
                    "add it or correct the name"
                )


def _price_problems(sections: _Sections) -> Iterator[str]:
    prices = sections.items["prices"]
    priced = {each.item.printer for each in prices}
    for each in prices:
        printer = each.item.printer
        if printer is not None and printer not in sections.names["printers"]:
            yield f"{each.where}: printer: there is no printer {printer!r}; correct the name"
    lists = {each.where: each.item for each in sections.items["price_lists"]}
    yield from price_list_problems(lists, sections.names["printers"])
    if None in priced or has_list_from_the_start(list(lists.values())):
        return
    for each in sections.items["printers"]:
        if each.item.name not in priced:
            yield f"{each.where}: has no price; add [[prices]] for it, or one without a printer"


def _policy_problems(sections: _Sections) -> Iterator[str]:
    section_of = {Layer.SITE: "sites", Layer.PRINTER: "printers"}
    for each in sections.items["policies"]:
        policy: PolicyItem = each.item
        if policy.layer is Layer.BUILT_IN:
            yield f"{each.where}: layer: built_in cannot be changed; use global, site or printer"
        elif policy.layer is Layer.GLOBAL:
            if policy.scope:
                yield f"{each.where}: scope: global rules have none; remove it"
        elif policy.scope not in sections.names[section_of[policy.layer]]:
            yield f"{each.where}: scope: there is no {policy.layer} {policy.scope!r}; correct it"
    yield from _rule_problems(sections)


def _rule_problems(sections: _Sections) -> Iterator[str]:
    policies: list[PolicyItem] = [each.item for each in sections.items["policies"]]
    meetings = [(each.item.site, each.item.name) for each in sections.items["printers"]]
    rules = [
        LayerRules(layer=policy.layer, scope=policy.scope, rules=policy.rules)
        for policy in policies
    ]
    yield from (f"[[policies]] {problem}" for problem in policy_problems(rules, meetings))
    names = {
        "account": sections.names["accounts"] | {BUILT_IN.offline_account_name},  # init makes it
        "group": sections.names["groups"],
    }
    for each in rules:
        for problem in name_problems(each, lambda kind, name: name in names[kind]):
            yield f"[[policies]] {problem}"
