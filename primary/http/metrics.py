"""`GET /metrics`: headquarters' figures and those of each site, as Prometheus reads them.

See `site_server.http.metrics` for why a library writes the text and keeps no figures.
"""

from collections.abc import Iterator
from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from primary.http.api_sites import days_left
from primary.http.exchange import SERVICES, Services
from primary.service.admission import Load

routes: Final = web.RouteTableDef()


@routes.get("/metrics")
async def get_metrics(request: web.Request) -> web.Response:
    """The figures of this moment."""
    registry = CollectorRegistry()
    registry.register(_Figures(request.app[SERVICES]))
    return web.Response(
        body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
    )


class _Figures(Collector):
    """Turns what headquarters knows into metrics."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def describe(self) -> list[Metric]:
        """Nothing: the registry must not ask for figures when it is made."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every figure."""
        services = self._services
        well = GaugeMetricFamily("holdfast_part_ok", "1 while the part is well.", labels=["part"])
        for name, check in services.checks.items():
            well.add_metric([name], float(check().is_ok))
        yield well
        head_txid = services.head_txid()
        yield GaugeMetricFamily(
            "holdfast_head_txid", "The newest transaction that sites can have.", value=head_txid
        )
        yield from _of_link(services.link_load())
        yield _certificates(services)
        yield from _of_sites(services, head_txid)


def _of_link(load: Load) -> Iterator[Metric]:
    """What the link carries, and what it refused."""
    for name, text, value in (
        ("sites_connected", "Sites whose link stands.", load.connected),
        ("sites_max", "How many may be connected.", load.sites_max),
        ("sites_arriving", "Sites that called and are not welcomed yet.", load.arriving),
        ("handshakes", "TLS handshakes under way.", load.handshakes),
        ("downloads", "Whole files on their way to sites.", load.downloads),
    ):
        yield GaugeMetricFamily(f"holdfast_{name}", text, value=value)
    waits = CounterMetricFamily(
        "holdfast_asked_to_wait", "Times that a site was asked to come later.", labels=["reason"]
    )
    for reason, count in load.asked_to_wait.items():
        waits.add_metric([reason], count)
    yield waits
    yield CounterMetricFamily(
        "holdfast_fell_behind",
        "Times that a site did not read fast enough and was told the head instead.",
        value=load.fell_behind,
    )


def _certificates(services: Services) -> Metric:
    metric = GaugeMetricFamily(
        "holdfast_certificate_days_left",
        "Until headquarters' own certificate ends.",
        labels=["certificate"],
    )
    for name, days in services.certificate_days().items():
        metric.add_metric([name], days)
    return metric


def _of_sites(services: Services, head_txid: int) -> Iterator[Metric]:
    position, behind, age, heard, certificate, frozen = (
        GaugeMetricFamily(f"holdfast_site_{name}", text, labels=["site"])
        for name, text in (
            ("position_txid", "Where the site's replica stands."),
            ("txids_behind", "Transactions that its replica lacks."),
            ("replica_age_seconds", "Since it saw a new heartbeat row, when it was heard last."),
            ("heard_seconds_ago", "Since its newest beat."),
            ("certificate_days_left", "Until its newest certificate ends; below 0: it has."),
            ("replica_frozen", "1 while its replica waits for an upgrade of the site."),
        )
    )
    now_ms = services.clock.wall_ms()
    for site in services.directory.sites():
        label, days = [site.site_name], days_left(site, now_ms)
        if days is not None:
            certificate.add_metric(label, days)
        said = services.site_says.of(site.site_name)
        if said is None:
            continue
        heard.add_metric(label, (now_ms - said.heard_wall_ms) / 1000)
        frozen.add_metric(label, float(said.needs_reader is not None))
        if said.position_txid is not None:
            position.add_metric(label, said.position_txid)
            behind.add_metric(label, max(head_txid - said.position_txid, 0))
        if said.replica_age_ms is not None:
            age.add_metric(label, said.replica_age_ms / 1000)
    yield from (position, behind, age, heard, certificate, frozen)
