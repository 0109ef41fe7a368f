"""The site's services, put together over whatever stands below them: real parts or doubles."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from site_server.panel_services import CardRegister, PanelServices, make_panel_services
from site_server.service.check_secret import Checkers, CheckSecret
from site_server.service.claimed_cards import NoClaims
from site_server.service.copy_session import CopySession
from site_server.service.count_pages import CountPages
from site_server.service.delete_job import DeleteJob
from site_server.service.dispatch import Dispatcher
from site_server.service.expire import Expire, Perishable
from site_server.service.hold_job import HoldJob
from site_server.service.incoming_jobs import IncomingJobs
from site_server.service.ipp_jobs import IppJobs, IppServices
from site_server.service.link_orders import LinkOrders
from site_server.service.prove_user import ProveUser
from site_server.service.record_drill import RecordDrill
from site_server.service.recover import Recover
from site_server.service.release_job import ReleaseJob
from site_server.service.submit_job import SubmitJob
from site_server.service.view import Decider

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from replication.registers import CardClaims
    from site_server.config import Times
    from site_server.ports import Counter, Delivery
    from site_server.service.ground import Ground
    from site_server.service.list_jobs import ListJobs
    from site_server.service.log_in import LogIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the services ask of the world beyond their common ground."""

    delivery: Delivery
    counters: Sequence[Counter]
    card_key: bytes
    checkers: Checkers = field(default_factory=Checkers)
    card_claims: CardClaims = field(default_factory=NoClaims)

    @property
    def cards(self) -> CardRegister:
        """How cards are known."""
        return CardRegister(card_key=self.card_key, card_claims=self.card_claims)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that a site does."""

    ground: Ground
    decider: Decider
    drill: RecordDrill
    link_orders: LinkOrders
    panels: PanelServices
    release_job: ReleaseJob
    delete_job: DeleteJob
    hold_job: HoldJob
    copy_session: CopySession
    submit_job: SubmitJob
    ipp_jobs: IppJobs
    prove_user: ProveUser
    count_pages: CountPages
    counters: Sequence[Counter]
    dispatcher: Dispatcher
    expire: Expire
    recover: Recover

    @property
    def log_in(self) -> LogIn:
        """Who is logged in at the panels."""
        return self.panels.log_in

    @property
    def list_jobs(self) -> ListJobs:
        """What the panels show."""
        return self.panels.list_jobs

    async def start(self) -> None:
        """Take over from the last run, then keep counters and clock going."""
        self.link_orders.start()
        self.log_in.start()
        await self.panels.claimed_cards.refresh()
        await self.recover.run()
        supervisor = self.ground.supervisor
        for number, counter in enumerate(self.counters, 1):
            supervisor.keep(f"page counter {number}", partial(self.count_pages.run, counter))
        supervisor.keep("card claims", self.panels.claimed_cards.run)
        supervisor.keep("expiry", self.expire.run)
        supervisor.keep("memory of the link", self.link_orders.run_memory)
        supervisor.keep("orders of headquarters", self.link_orders.run_orders)
        supervisor.keep("drill counters", self.drill.run)
        self.expire.tick()


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """How a node decides and releases that does so in its own way."""

    drill: RecordDrill
    decider: Decider
    make_release: Callable[[Ground, Decider, Dispatcher], ReleaseJob]


def make_services(
    ground: Ground, outside: Outside, times: Times, own: Own | None = None
) -> Services:
    """All services of one site, or of a node with its `own` way to decide."""
    own = own or _as_a_site(ground)
    drill, decider = own.drill, own.decider
    dispatcher = Dispatcher(ground, outside.delivery)
    release_job = own.make_release(ground, decider, dispatcher)
    count_pages = CountPages(ground, release_job)
    submit_job = SubmitJob(ground, decider, count_pages)
    delete_job = DeleteJob(ground)
    hold_job = HoldJob(ground, release_job)
    incoming = IncomingJobs(ground.clock, ground.limits.incoming_max)
    copy_session = CopySession(ground, decider)
    check_secret = CheckSecret(ground, decider, outside.checkers)
    panels = make_panel_services(ground, decider, check_secret, outside.cards)
    perishable = Perishable(
        log_in=panels.log_in,
        incoming=incoming,
        delete_job=delete_job,
        copy_session=copy_session,
        release_job=release_job,
        claimed_cards=panels.claimed_cards,
    )
    ipp_services = IppServices(
        incoming=incoming,
        submit_job=submit_job,
        hold_job=hold_job,
        delete_job=delete_job,
        prove_user=ProveUser(ground, decider, check_secret),
    )
    return Services(
        ground=ground,
        decider=decider,
        drill=drill,
        link_orders=LinkOrders(ground, drill),
        panels=panels,
        release_job=release_job,
        delete_job=delete_job,
        hold_job=hold_job,
        copy_session=copy_session,
        submit_job=submit_job,
        ipp_jobs=IppJobs(ground, ipp_services),
        prove_user=ipp_services.prove_user,
        count_pages=count_pages,
        counters=outside.counters,
        dispatcher=dispatcher,
        expire=Expire(ground, perishable, times),
        recover=Recover(ground, dispatcher),
    )


def _as_a_site(ground: Ground) -> Own:
    drill = RecordDrill(ground.store)
    decider = Decider(ground.directory, ground.link, ground.clock, drill, ground.zone)
    return Own(drill=drill, decider=decider, make_release=ReleaseJob)
