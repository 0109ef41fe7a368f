"""Looks at everything at a node that may grow, for the gauges."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from primary.service.publish import WAITING_BYTES_MAX
from replication.adapters.writer_thread import QUEUE_WORKS_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaos.sim.gauges import Gauges
    from chaos.sim.headquarters import PrimaryRun
    from chaos.sim.site import SiteRun
    from site_server.store.jobs import Job


def look_at_site(gauges: Gauges, node: str, site: SiteRun) -> None:
    """At everything of a site that may grow."""
    services = site.services
    if services is None:
        return
    limits = services.ground.limits
    with site.store.read() as view:
        jobs, sessions = view.jobs.count_open(), view.sessions.count_open()
    gauges.see(node, "jobs", jobs, limits.jobs_max)
    gauges.see(node, "logins", sessions, limits.sessions_max)
    gauges.see(node, "uploads", services.submit_job.uploads, limits.uploads_max)
    gauges.see(node, "deliveries", services.dispatcher.under_way, limits.deliveries_max)
    gauges.see(node, "work for the site's disk", site.store.waiting, QUEUE_WORKS_MAX)


def look_at_primary(gauges: Gauges, node: str, primary: PrimaryRun) -> None:
    """At everything of headquarters that may grow."""
    gauges.see(node, "work for the directory", primary.directory.waiting, QUEUE_WORKS_MAX)
    gauges.see(
        node, "bytes of deltas on a link", primary.publisher.waiting_bytes, WAITING_BYTES_MAX
    )


async def look_at_spool(gauges: Gauges, node: str, site: SiteRun) -> None:
    """At the end, when nothing is under way: no document without a job, no job without its own."""
    with site.store.read() as view:
        jobs: Sequence[Job] = view.jobs.listing(ended=False, limit=1_000_000)
    spooled = await site.spooled()
    known = {job.job_uuid for job in jobs}
    gauges.see(node, "documents without a job", len(spooled - known), 0)
    gauges.see(node, "jobs without a document", len(known - spooled), 0)
    torn = [
        job
        for job in jobs
        if job.job_uuid in spooled
        and hashlib.sha256(site.document(job.job_uuid)).hexdigest() != job.document_sha256
    ]
    gauges.see(node, "documents that are not what was sent", len(torn), 0)
