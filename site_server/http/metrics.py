"""`GET /metrics`: the site's figures as Prometheus reads them.

The text is written by prometheus_client: escaping, types and the content type are its business, and
it follows the format where that changes. Its global registry and its counters are not used. All
figures are read from the site's status at the moment of asking, so none can lag behind or be
forgotten. It is opened by the content of metrics.key, which opens nothing else, or of admin.key.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from failure_modes.vocabulary import Action, LinkState
from site_server.http.keys import METRICS_KEY, SERVICES, STATUS, brought_by, check_admin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client.core import Metric

    from site_server.service.site_status import SiteStatus, Status

routes: Final = web.RouteTableDef()


@routes.get("/metrics")
async def get_metrics(request: web.Request) -> web.Response:
    """The figures of this moment."""
    if not hmac.compare_digest(brought_by(request), request.app[METRICS_KEY]):
        check_admin(request)
    registry = CollectorRegistry()
    decisions = request.app[SERVICES].decider.decisions
    registry.register(_Figures(request.app[STATUS], decisions))
    return web.Response(
        body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
    )


class _Figures(Collector):
    """Turns one status into metrics."""

    def __init__(self, status: SiteStatus, decisions: Mapping[Action, int]) -> None:
        self._status = status
        self._decisions = decisions

    def describe(self) -> list[Metric]:
        """Nothing: the registry must not ask for figures when it is made."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every figure."""
        status = self._status.status()
        for name, text, value in _gauges(status):
            if value is not None:
                yield GaugeMetricFamily(f"holdfast_{name}", text, value=value)
        yield _link_states(status)
        yield _jobs(status)
        yield _alarms(status)
        yield _decisions_made(self._decisions)
        yield CounterMetricFamily(
            "holdfast_replica_rebuilds", "Replicas made anew.", value=status.replica_rebuilds
        )


def _gauges(status: Status) -> tuple[tuple[str, str, float | None], ...]:
    age_ms = status.replica_age_ms
    unacknowledged = max(status.journal_seq - max(status.acked_seq, status.watermark_seq), 0)
    return (
        (
            "replica_age_seconds",
            "Since headquarters wrote the newest heartbeat that is applied here.",
            None if age_ms is None else age_ms / 1000,
        ),
        ("replica_position_txid", "The newest transaction applied.", status.position),
        (
            "replica_txids_behind",
            "Transactions that headquarters told of and that are not applied.",
            status.txids_behind,
        ),
        (
            "replica_bytes_behind",
            "Bytes that are known to be missing for them.",
            status.bytes_behind,
        ),
        (
            "clock_offset_seconds",
            "How far this machine's clock is ahead of headquarters'.",
            None if status.clock_offset_ms is None else status.clock_offset_ms / 1000,
        ),
        ("journal_unacknowledged_entries", "Own facts not confirmed yet.", unacknowledged),
        ("held_jobs", "Jobs that wait for their owner.", status.held_jobs),
        ("deliveries", "Jobs on their way to a printer.", status.deliveries),
        ("sessions", "People logged in at panels.", status.sessions),
        (
            "certificate_days_left",
            "Until the certificate for the link ends; below 0: it has.",
            status.certificate_days_left,
        ),
        ("link_state_seconds", "How long the link has been so.", status.link_since_ms / 1000),
    )


def _link_states(status: Status) -> Metric:
    metric = GaugeMetricFamily("holdfast_link_state", "1 for the link's state.", labels=["state"])
    for state in LinkState:
        metric.add_metric([state.value], float(state is status.link_state))
    return metric


def _jobs(status: Status) -> Metric:
    metric = GaugeMetricFamily("holdfast_jobs", "Jobs remembered, by state.", labels=["state"])
    for state, count in status.jobs.items():
        metric.add_metric([state], count)
    return metric


def _decisions_made(decisions: Mapping[Action, int]) -> Metric:
    metric = CounterMetricFamily(
        "holdfast_decisions", "Decisions that were acted on, by action.", labels=["action"]
    )
    for action in Action:
        metric.add_metric([action.value], decisions.get(action, 0))
    return metric


def _alarms(status: Status) -> Metric:
    metric = GaugeMetricFamily("holdfast_alarm", "1 while the alarm stands.", labels=["alarm"])
    standing = {text.partition(":")[0] for text in status.alarms}
    for alarm in ("stalled", "silent", "damaged", "frozen"):
        metric.add_metric([alarm], float(alarm in standing))
    return metric
