"""What an organisation file may say: users, sites and all else that a directory begins with (TOML).

`primary.organisation_load` reads it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field

from failure_modes.vocabulary import HoldMode, Layer, ProviderMode
from primary.names import (
    AccountMember,
    AccountName,
    BalanceMicros,
    CardNumber,
    FromOutside,
    PriceFields,
    PrinterName,
    PrinterUri,
    QuotaFields,
    SiteName,
    ThingName,
    Title,
    UserName,
)


class SiteItem(FromOutside):
    """A branch that will have a site server."""

    name: SiteName
    title: Title


class UserItem(FromOutside):
    """A person. A restricted one cannot print beyond their credit."""

    name: UserName
    full_name: Title
    cards: tuple[CardNumber, ...] = ()
    balance_micros: BalanceMicros = 0
    enabled: bool = True
    restricted: bool = True


class GroupItem(FromOutside):
    """Users that belong together."""

    name: ThingName
    title: Title
    members: tuple[UserName, ...] = ()


class AccountItem(FromOutside):
    """A shared account that can pay for a job. A restricted one pays no more than its balance."""

    name: AccountName
    title: Title
    balance_micros: BalanceMicros = 0
    enabled: bool = True
    restricted: bool = True
    open_to: tuple[AccountMember, ...] = ()


class PrinterItem(FromOutside):
    """A printer of a site."""

    name: PrinterName
    site: SiteName
    uri: PrinterUri
    failure_mode: ProviderMode = ProviderMode.PRINT_AND_LOG_LATER


class QueueItem(FromOutside):
    """A queue of a site, and the printer its jobs go to."""

    name: ThingName
    site: SiteName
    printer: ThingName
    hold: HoldMode = HoldMode.USER
    needs_proof: bool = False


class PriceItem(PriceFields):
    """The price of a printer; without `printer` that of every printer that has none of its own."""

    printer: ThingName | None = None


class PriceListItem(FromOutside):
    """Prices of all printers from a beginning on; `failure_modes.price_list` looks at the rest."""

    valid_from_ms: Any = 0
    tariffs: Any
    default: Any
    printers: Any = Field(default_factory=dict)


class QuotaItem(QuotaFields):
    """What each member of a group gets in each period."""

    group: ThingName


class PolicyItem(FromOutside):
    """Rules for all, for one site, or for one printer (`scope`)."""

    layer: Layer
    scope: Annotated[str, Field(max_length=255)] = ""
    rules: dict[str, Any]


class DeviceItem(FromOutside):
    """A panel beside a printer. Its token is made later: PUT /api/v1/devices/NAME."""

    name: ThingName
    site: SiteName
    printer: ThingName


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A checked organisation file."""

    currency: str
    sites: tuple[SiteItem, ...]
    users: tuple[UserItem, ...]
    groups: tuple[GroupItem, ...]
    accounts: tuple[AccountItem, ...]
    printers: tuple[PrinterItem, ...]
    queues: tuple[QueueItem, ...]
    prices: tuple[PriceItem, ...]
    price_lists: tuple[PriceListItem, ...]
    quotas: tuple[QuotaItem, ...]
    policies: tuple[PolicyItem, ...]
    devices: tuple[DeviceItem, ...]


ITEM_OF_SECTION: Final[dict[str, type[FromOutside]]] = {
    "sites": SiteItem,
    "users": UserItem,
    "groups": GroupItem,
    "accounts": AccountItem,
    "printers": PrinterItem,
    "queues": QueueItem,
    "prices": PriceItem,
    "price_lists": PriceListItem,
    "quotas": QuotaItem,
    "policies": PolicyItem,
    "devices": DeviceItem,
}


class Head(FromOutside):
    """What stands above the sections."""

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


def numbered(items: Sequence[PriceListItem]) -> list[dict[str, Any]]:
    """The price lists as headquarters keeps them, numbered in the order of their beginnings."""
    in_order = sorted(items, key=lambda item: item.valid_from_ms)
    return [{**item.model_dump(), "version": number} for number, item in enumerate(in_order, 1)]
