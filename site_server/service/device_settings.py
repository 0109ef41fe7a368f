"""What a panel has to know before an outage, so that it can go on by itself in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from failure_modes.catalogue import CATALOGUE
from failure_modes.vocabulary import HoldMode, Reason
from site_server.refusals import refusal_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failure_modes.device_offline import DeviceOffline
    from site_server.service.ground import Ground
    from site_server.store.directory_rows import Device

WORDS: Final[Mapping[str, str]] = {
    reason.value: CATALOGUE[reason].message
    for reason in (
        Reason.NO_REPLICA,
        Reason.DEVICE_WAITING,
        Reason.DEVICE_LOCKED,
        Reason.DEVICE_CARD_ONLY,
        Reason.DEVICE_CARD_LOGGED,
    )
}
"""What a panel says while nobody answers it; it has no catalogue of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSettings:
    """The rules of one panel, and whether the queues of its printer hold jobs."""

    device_offline: DeviceOffline
    policy_version: int
    hold_modes: Mapping[str, HoldMode]
    """By queue."""


class DeviceSettings:
    """Tells panels their rules. Nothing is written."""

    def __init__(self, ground: Ground) -> None:
        self._directory = ground.directory

    def of(self, device: Device) -> PanelSettings:
        """The settings now; raises `RefusedError` where this site knows nobody yet."""
        with self._directory.read() as snapshot:
            if snapshot is None:
                raise refusal_for(Reason.NO_REPLICA)
            policy = snapshot.policy(device.printer_name)
            return PanelSettings(
                device_offline=policy.device_offline,
                policy_version=policy.version,
                hold_modes={
                    queue.queue_name: queue.hold_mode
                    for queue in snapshot.queues()
                    if queue.printer_name == device.printer_name
                },
            )
