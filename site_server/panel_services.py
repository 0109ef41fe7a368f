"""What people and devices do for themselves at the panels: a part of a site's services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from site_server.service.card_owner import CardOwner
from site_server.service.change_job import ChangeJob
from site_server.service.charge_cards import ChargeCards
from site_server.service.claim_card import ClaimCard
from site_server.service.claimed_cards import ClaimedCards
from site_server.service.device_settings import DeviceSettings
from site_server.service.list_accounts import ListAccounts
from site_server.service.list_jobs import ListJobs
from site_server.service.log_in import LogIn
from site_server.service.own_balance import OwnBalance

if TYPE_CHECKING:
    from replication.registers import CardClaims
    from site_server.service.check_secret import CheckSecret
    from site_server.service.ground import Ground
    from site_server.service.view import Decider


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRegister:
    """How this site knows cards: by their keyed hash, and by what people claimed."""

    card_key: bytes
    card_claims: CardClaims


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelServices:
    """The part of a site's services that only panels ask for."""

    log_in: LogIn
    list_jobs: ListJobs
    list_accounts: ListAccounts
    card_owner: CardOwner
    claimed_cards: ClaimedCards
    claim_card: ClaimCard
    charge_cards: ChargeCards
    change_job: ChangeJob
    own_balance: OwnBalance
    device_settings: DeviceSettings


def make_panel_services(
    ground: Ground, decider: Decider, check_secret: CheckSecret, cards: CardRegister
) -> PanelServices:
    """These services of one site."""
    claimed_cards = ClaimedCards(ground, cards.card_claims)
    card_owner = CardOwner(ground, cards.card_key, claimed_cards)
    list_jobs = ListJobs(ground, decider)
    return PanelServices(
        log_in=LogIn(ground, decider, check_secret, card_owner),
        list_jobs=list_jobs,
        list_accounts=ListAccounts(ground, decider),
        card_owner=card_owner,
        claimed_cards=claimed_cards,
        claim_card=ClaimCard(ground, decider, card_owner, claimed_cards),
        charge_cards=ChargeCards(ground, decider, card_owner),
        change_job=ChangeJob(ground, decider, list_jobs),
        own_balance=OwnBalance(ground, decider),
        device_settings=DeviceSettings(ground),
    )
