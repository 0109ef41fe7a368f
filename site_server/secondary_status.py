"""What a secondary thinks of itself: a site's status, who decides, and the offline log."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from failure_modes.offline_log import LogAlarm
from site_server.service.site_status import Check, SiteStatus, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from failure_modes.vocabulary import Authority
    from site_server.service.asking import Asking
    from site_server.service.release_asking import Asks
    from site_server.service.site_status import FarSide
    from site_server.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondaryState(Status):
    """The secondary now. `decides`: who is asked first, or that the printer's mode decides."""

    role: str
    decides: Authority
    offline_log_records: int
    offline_log_percent: int
    offline_log_alarm: LogAlarm


class SecondaryStatus(SiteStatus):
    """Looks at every part; changes nothing."""

    def __init__(
        self,
        services: Services,
        far_side: FarSide,
        free_bytes: Callable[[], int],
        *,
        asks: Asks,
        asking: Asking,
    ) -> None:
        super().__init__(
            services.ground, far_side, services.dispatcher, services.log_in, free_bytes
        )
        self._asks = asks
        self._asking = asking

    def status(self) -> SecondaryState:
        """Everything, as it is now."""
        status, log = super().status(), self._asks.offline_log.look()
        return SecondaryState(
            **{each.name: getattr(status, each.name) for each in fields(status)},
            role="secondary",
            decides=self._asking.decides,
            offline_log_records=log.records,
            offline_log_percent=log.fill_percent,
            offline_log_alarm=log.alarm,
        )

    def checks(self) -> dict[str, Check]:
        """The parts that monitoring asks for. That nobody answers is no fault of this node."""
        log = self._asks.offline_log.look()
        knows_itself = self._asks.hearsay.knows_itself
        told = "its queues and printers are known" if knows_itself else "nobody answered yet"
        said = f"{log.alarm}: {log.records} records, {log.fill_percent} % full"
        site_checks = {name: check for name, check in super().checks().items() if name != "replica"}
        return {
            **site_checks,
            "told": Check(is_ok=knows_itself, detail=told),
            "offline_log": Check(is_ok=log.alarm is not LogAlarm.FULL, detail=said),
        }
