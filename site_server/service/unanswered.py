"""What a node does by itself while nobody answers it: the decision, and the room it needs.

The failure modes are in `failure_modes.routing` and `failure_modes.offline_log`; here a node
without a replica finds the view that belongs to them. An answer that was just heard is decided like
a replica's word, in the state of the link that the answering node has; without one the view says
`has_replica=False`, and the printer's mode decides.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

from failure_modes.offline_log import RECORD_BYTES_MAX, LogAlarm, OfflineLog
from failure_modes.vocabulary import WallMs
from site_server.service.charged_to import THE_USER
from site_server.service.known import Known
from site_server.service.view import Decider

if TYPE_CHECKING:
    from failure_modes.decision import Decision
    from failure_modes.facts import Facts, UserView, View
    from failure_modes.offline_log import LogLimits
    from failure_modes.vocabulary import LinkState
    from replication.told import Told
    from site_server.service.charged_to import Charge
    from site_server.service.ground import Ground
    from site_server.service.hearsay import Hearsay
    from site_server.service.record_drill import RecordDrill
    from site_server.store.jobs import Job
    from site_server.store.site_store import SiteStore
    from site_server.store.unit_of_work import SiteView

RECORD_BYTES_FIXED: Final = 512
"""Of a job's row: its numbers, states and names of ours. The texts come on top."""

_log: Final = logging.getLogger(__name__)


def record_bytes(job: Job) -> int:
    """The room that the record of this job takes, which is its row of the jobs."""
    texts = (job.user_name, job.queue_name, job.printer_name, job.job_name, job.document_name)
    said = sum(len(text.encode("utf-8", "replace")) for text in (*texts, job.media or ""))
    return min(RECORD_BYTES_FIXED + said, RECORD_BYTES_MAX)


class WatchOfflineLog:
    """How full the offline log is, and its alarm: told on change only."""

    def __init__(self, store: SiteStore, limits: LogLimits) -> None:
        self._store = store
        self._seen = OfflineLog(limits=limits)

    def fill(self, site: SiteView) -> OfflineLog:
        """The log as this transaction sees it."""
        return self._seen.seen(*site.offline_log.fill())

    def look(self) -> OfflineLog:
        """The log now."""
        with self._store.read() as site:
            now = self.fill(site)
        if now.alarm is not self._seen.alarm:
            level = logging.INFO if now.alarm is LogAlarm.QUIET else logging.ERROR
            limit = now.limits.records_max
            said = "the offline log is %s: %d of %d records, %d %% full"
            _log.log(level, said, now.alarm, now.records, limit, now.fill_percent)
        self._seen = now
        return now


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard(Known):
    """What is known, and who said so: None is what is only remembered."""

    told: Told | None


class HearsayDecider(Decider):
    """Decides by what was told, or by the printer's failure mode."""

    def __init__(
        self, ground: Ground, drill: RecordDrill, hearsay: Hearsay, offline_log: WatchOfflineLog
    ) -> None:
        super().__init__(ground.directory, ground.link, ground.clock, drill, ground.zone)
        self._hearsay = hearsay
        self._offline_log = offline_log

    def known(self, user_name: str, printer_name: str, charge: Charge = THE_USER) -> Heard:
        """What was told; an answer that was just heard is used up by this."""
        told = self._hearsay.put_in_place(user_name)
        known = super().known(user_name, printer_name, charge)
        return Heard(told=told, **{each.name: getattr(known, each.name) for each in fields(known)})

    def view(self, site: SiteView, known: Known) -> View:
        """Everything that a decision looks at."""
        view = super().view(site, known)
        told = known.told if isinstance(known, Heard) else None
        if told is None:
            room = self._offline_log.fill(site).has_room
            user = _careful(view.user)
            return replace(view, user=user, has_replica=False, log_has_room=room)
        since_ms = told.offline_since_ms
        return replace(view, offline_since_ms=None if since_ms is None else WallMs(since_ms))

    def decide(
        self, view: View, known: Known, facts: Facts, link: LinkState | None = None
    ) -> Decision:
        """The decision, in the state of the link that the answering node has."""
        told = known.told if isinstance(known, Heard) else None
        return super().decide(view, known, facts, told.link_state if told else link)


def _careful(user: UserView | None) -> UserView | None:
    """A user who was shut out when last heard of counts as restricted: `auto` then holds."""
    if user is None or user.enabled:
        return user
    return replace(user, restricted=True)
