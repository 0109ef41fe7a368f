"""The site's services, put together over whatever stands below them: real parts or doubles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from site_server.service.card_owner import CardOwner
from site_server.service.change_job import ChangeJob
from site_server.service.charge_cards import ChargeCards
from site_server.service.claim_card import ClaimCard
from site_server.service.claimed_cards import ClaimedCards
from site_server.service.copy_session import CopySession
from site_server.service.count_pages import CountPages
from site_server.service.delete_job import DeleteJob
from site_server.service.device_settings import DeviceSettings
from site_server.service.dispatch import Dispatcher
from site_server.service.expire import Expire, Perishable
from site_server.service.hold_job import HoldJob
from site_server.service.incoming_jobs import IncomingJobs
from site_server.service.ipp_jobs import IppJobs, IppServices
from site_server.service.list_accounts import ListAccounts
from site_server.service.list_jobs import ListJobs
from site_server.service.log_in import LogIn
from site_server.service.own_balance import OwnBalance
from site_server.service.recover import Recover
from site_server.service.release_job import ReleaseJob
from site_server.service.submit_job import SubmitJob
from site_server.service.view import Decider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replication.registers import CardClaims
    from site_server.config import Times
    from site_server.ports import Counter, Delivery
    from site_server.service.ground import Ground


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the services ask of the world beyond their common ground."""

    delivery: Delivery
    counters: Sequence[Counter]
    card_key: bytes
    card_claims: CardClaims


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that a site does."""

    ground: Ground
    decider: Decider
    log_in: LogIn
    list_jobs: ListJobs
    change_job: ChangeJob
    own_balance: OwnBalance
    charge_cards: ChargeCards
    device_settings: DeviceSettings
    claimed_cards: ClaimedCards
    claim_card: ClaimCard
    list_accounts: ListAccounts
    release_job: ReleaseJob
    delete_job: DeleteJob
    hold_job: HoldJob
    copy_session: CopySession
    submit_job: SubmitJob
    ipp_jobs: IppJobs
    count_pages: CountPages
    counters: Sequence[Counter]
    dispatcher: Dispatcher
    expire: Expire
    recover: Recover

    async def start(self) -> None:
        """Take over from the last run, then keep counters and clock going."""
        self.log_in.start()
        await self.claimed_cards.refresh()
        await self.recover.run()
        supervisor = self.ground.supervisor
        for number, counter in enumerate(self.counters, 1):
            supervisor.keep(f"page counter {number}", partial(self.count_pages.run, counter))
        supervisor.keep("card claims", self.claimed_cards.run)
        supervisor.keep("expiry", self.expire.run)
        self.expire.tick()


def make_services(ground: Ground, outside: Outside, times: Times) -> Services:
    """All services of one site."""
    decider = Decider(ground.directory, ground.link, ground.clock, ground.zone)
    dispatcher = Dispatcher(ground, outside.delivery)
    release_job = ReleaseJob(ground, decider, dispatcher)
    count_pages = CountPages(ground, release_job)
    submit_job = SubmitJob(ground, decider, count_pages)
    delete_job = DeleteJob(ground)
    hold_job = HoldJob(ground, release_job)
    incoming = IncomingJobs(ground.clock, ground.limits.incoming_max)
    copy_session = CopySession(ground, decider)
    list_jobs = ListJobs(ground, decider)
    claimed_cards = ClaimedCards(ground, outside.card_claims)
    card_owner = CardOwner(ground, outside.card_key, claimed_cards)
    log_in = LogIn(ground, decider, card_owner)
    perishable = Perishable(
        log_in=log_in,
        incoming=incoming,
        delete_job=delete_job,
        copy_session=copy_session,
        release_job=release_job,
        claimed_cards=claimed_cards,
    )
    ipp_services = IppServices(
        incoming=incoming, submit_job=submit_job, hold_job=hold_job, delete_job=delete_job
    )
    return Services(
        ground=ground,
        decider=decider,
        log_in=log_in,
        list_jobs=list_jobs,
        change_job=ChangeJob(ground, decider, list_jobs),
        own_balance=OwnBalance(ground, decider),
        charge_cards=ChargeCards(ground, decider, card_owner),
        device_settings=DeviceSettings(ground),
        claimed_cards=claimed_cards,
        claim_card=ClaimCard(ground, decider, card_owner, claimed_cards),
        list_accounts=ListAccounts(ground, decider),
        release_job=release_job,
        delete_job=delete_job,
        hold_job=hold_job,
        copy_session=copy_session,
        submit_job=submit_job,
        ipp_jobs=IppJobs(ground, ipp_services),
        count_pages=count_pages,
        counters=outside.counters,
        dispatcher=dispatcher,
        expire=Expire(ground, perishable, times),
        recover=Recover(ground, dispatcher),
    )
