"""The directory's first rows, from a checked organisation file."""

from collections.abc import Iterator
from typing import Any, Final

from primary.organisation_file import Organisation, numbered
from primary.policy_rules import LayerRules
from primary.store.bulk import Bulk, bulk_insert
from primary.store.fleet import DEFAULT_PRICE
from primary.store.policies import FIRST_VERSION, body_of
from primary.store.price_lists import row_of
from replication.card_hash import card_hash
from replication.entry_bodies import account_payer, user_payer
from replication.schema import directory as schema

NO_TOKEN: Final = ""
"""The hash of no token: nobody can log in with it until headquarters makes one."""

Rows = list[tuple[Any, ...]]


def rows_of(organisation: Organisation, card_key: bytes) -> Iterator[tuple[Bulk, Rows]]:
    """Each INSERT and its rows. Every payer begins at zero: money comes with entries."""
    yield from _people(organisation, card_key)
    yield from _places(organisation)
    yield (
        bulk_insert(schema.policies, ("layer", "scope", "version", "body", "removed")),
        [
            (
                policy.layer.value,
                policy.scope,
                FIRST_VERSION,
                body_of(
                    LayerRules(layer=policy.layer, scope=policy.scope, rules=policy.rules),
                    FIRST_VERSION,
                ),
                False,
            )
            for policy in organisation.policies
        ],
    )


def _people(organisation: Organisation, card_key: bytes) -> Iterator[tuple[Bulk, Rows]]:
    users, groups, accounts = organisation.users, organisation.groups, organisation.accounts
    yield (
        bulk_insert(schema.users, ("user_name", "full_name", "enabled", "restricted")),
        [(user.name, user.full_name, user.enabled, user.restricted) for user in users],
    )
    yield (
        bulk_insert(schema.cards, ("card_hash", "user_name", "revoked")),
        [(card_hash(card, card_key), user.name, False) for user in users for card in user.cards],
    )
    yield (
        bulk_insert(schema.groups, ("group_name", "title")),
        [(group.name, group.title) for group in groups],
    )
    yield (
        bulk_insert(schema.memberships, ("group_name", "user_name")),
        [(group.name, member) for group in groups for member in sorted(set(group.members))],
    )
    yield (
        bulk_insert(schema.accounts, ("account_name", "title", "enabled", "restricted")),
        [(each.name, each.title, each.enabled, each.restricted) for each in accounts],
    )
    yield (
        bulk_insert(schema.account_access, ("account_name", "member")),
        [(each.name, member) for each in accounts for member in sorted(set(each.open_to))],
    )
    payers = [user_payer(user.name) for user in users]
    payers += [account_payer(account.name) for account in accounts]
    yield bulk_insert(schema.balances, ("payer", "balance_micros")), [(one, 0) for one in payers]


def _places(organisation: Organisation) -> Iterator[tuple[Bulk, Rows]]:
    yield (
        bulk_insert(schema.sites, ("site_name", "title", "epoch", "state", "state_reason")),
        [(site.name, site.title, 0, "approved", "") for site in organisation.sites],
    )
    yield (
        bulk_insert(schema.printers, ("printer_name", "site_name", "printer_uri", "provider_mode")),
        [
            (printer.name, printer.site, printer.uri, printer.failure_mode.value)
            for printer in organisation.printers
        ],
    )
    yield (
        bulk_insert(
            schema.queues,
            ("queue_name", "site_name", "printer_name", "hold_mode", "needs_proof"),
        ),
        [
            (queue.name, queue.site, queue.printer, queue.hold.value, queue.needs_proof)
            for queue in organisation.queues
        ],
    )
    yield _prices(organisation)
    yield _price_lists(organisation)
    yield (
        bulk_insert(schema.quotas, ("group_name", "amount_micros", "period", "balance_max_micros")),
        [
            (quota.group, quota.amount_micros, quota.period.value, quota.balance_max_micros)
            for quota in organisation.quotas
        ],
    )
    yield (
        bulk_insert(
            schema.devices, ("device_name", "site_name", "printer_name", "token_hash", "enabled")
        ),
        [
            (device.name, device.site, device.printer, NO_TOKEN, True)
            for device in organisation.devices
        ],
    )


def _prices(organisation: Organisation) -> tuple[Bulk, Rows]:
    return (
        bulk_insert(
            schema.prices,
            (
                "printer_name",
                "mono_simplex_micros",
                "mono_duplex_micros",
                "colour_simplex_micros",
                "colour_duplex_micros",
            ),
        ),
        [
            (
                price.printer or DEFAULT_PRICE,
                price.mono_simplex_micros,
                price.mono_duplex_micros,
                price.colour_simplex_micros,
                price.colour_duplex_micros,
            )
            for price in organisation.prices
        ],
    )


def _price_lists(organisation: Organisation) -> tuple[Bulk, Rows]:
    columns = ("version", "valid_from_ms", "body", "body_sha256")
    rows = [row_of(raw) for raw in numbered(organisation.price_lists)]
    return (
        bulk_insert(schema.price_lists, columns),
        [tuple(row[name] for name in columns) for row in rows],
    )
