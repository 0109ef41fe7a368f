"""A secondary's services: those of a site, deciding by what was told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from site_server.service.hearsay import Hearsay
from site_server.service.record_drill import RecordDrill
from site_server.service.release_asking import AskingRelease, Asks, Refresh
from site_server.service.settle_late import SettleLate
from site_server.service.unanswered import HearsayDecider, WatchOfflineLog
from site_server.services import Own, make_services

if TYPE_CHECKING:
    from collections.abc import Callable

    from failure_modes.offline_log import LogLimits
    from site_server.config import Secondary, Times
    from site_server.service.dispatch import Dispatcher
    from site_server.service.ground import Ground
    from site_server.service.hearsay import Asker, Place
    from site_server.service.release_job import ReleaseJob
    from site_server.service.view import Decider
    from site_server.services import Outside, Services


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingGround:
    """What a secondary has beside the ground of a site."""

    asker: Asker
    place: Place
    wanted: Secondary
    log_limits: LogLimits
    on_told: Callable[[], None]
    """Called when this node was told of itself anew."""


def make_asking_services(
    ground: Ground, outside: Outside, times: Times, asking: AskingGround
) -> tuple[Services, Asks]:
    """All services of one secondary, and what is its own among them."""
    hearsay = Hearsay(
        asking.asker, asking.place, ground.store, ground.clock, users_max=asking.wanted.users_max
    )
    offline_log = WatchOfflineLog(ground.store, asking.log_limits)
    drill = RecordDrill(ground.store)
    decider = HearsayDecider(ground, drill, hearsay, offline_log)
    asks = Asks(
        hearsay=hearsay,
        offline_log=offline_log,
        refresh=Refresh(hearsay, ground.clock, asking.wanted.refresh_ms, asking.on_told),
        settle_late=SettleLate(ground, hearsay, decider),
    )

    def make_release(ground: Ground, decider: Decider, dispatcher: Dispatcher) -> ReleaseJob:
        return AskingRelease(ground, decider, dispatcher, asks)

    own = Own(drill=drill, decider=decider, make_release=make_release)
    return make_services(ground, outside, times, own), asks
