"""What a running site has on record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from replication.entry_bodies import Body
    from site_server.service.money import Balance
    from site_server.services import Services
    from site_server.store.jobs import Job
    from site_server.store.site_store import SiteStore


@dataclass(slots=True)
class SiteRecords:
    """The jobs, the journal and the balances of a site, as its own services see them."""

    services: Services
    store: SiteStore

    def job(self, job_uuid: str) -> Job:
        with self.store.read() as site:
            job = site.jobs.get(job_uuid)
        assert job is not None
        return job

    def facts(self) -> list[Body]:
        head = self.store.head()
        return [entry.parsed() for entry in self.store.entries(1, head.seq)]

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.store.entries(1, self.store.head().seq)]

    def money(self, user_name: str) -> Balance:
        return self.payer_money(f"user:{user_name}")

    def payer_money(self, payer: str) -> Balance:
        return self.services.decider.balance(self.store, payer)
