"""A site's own administration API: what it thinks of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chaos.final_state import JobFound, SiteBalance
from chaos.history import Operation
from chaos.live.admin_api import entry_of
from replication.ports import Micros

if TYPE_CHECKING:
    from chaos.live.json_client import Answer, JsonClient
    from chaos.live.witness import Witness
    from replication.journal import Entry

PAGE_ENTRIES: Final = 1_000
BALANCE_FIELDS: Final = {
    "balance_micros": "effective_micros",
    "reserved_micros": "reserved_micros",
}
"""What the history calls it, and what the answer does."""


class SiteAdmin:
    """Calls to one site's admin API."""

    def __init__(self, client: JsonClient, witness: Witness) -> None:
        self._client = client
        self._witness = witness

    async def close(self) -> None:
        """Hang up."""
        await self._client.close()

    async def health(self) -> Answer:
        """Whether the site is well."""
        return await self._client.call("GET", "/health")

    async def status(self) -> dict[str, Any]:
        """Everything the site says of itself."""
        body = (await self._client.call("GET", "/admin/v1/status")).expect("read the status")
        return dict(body)

    async def unmerged_entries(self) -> int:
        """Entries of the site's journal that its replica does not contain yet."""
        status = await self.status()
        return int(status["journal_seq"]) - int(status["watermark_seq"])

    async def allowance_micros(self, user_name: str) -> Micros:
        """What the site alone may spend of this user's credit."""
        answer = await self._client.call("GET", f"/admin/v1/balances/{user_name}")
        body = answer.expect(f"read the allowance of {user_name}")
        return Micros(body["allowance"]["left_micros"])

    async def balance(self, user_name: str) -> SiteBalance:
        """What the site lets this user spend."""
        answer = await self._client.call("GET", f"/admin/v1/balances/{user_name}")
        facts = {
            told: int(answer.field(name))
            for told, name in BALANCE_FIELDS.items()
            if answer.field(name) is not None
        }
        self._witness.saw(Operation.BALANCE, answer, user_name=user_name, **facts)
        body = answer.expect(f"read the balance of {user_name}")
        return SiteBalance(
            effective_micros=Micros(body["effective_micros"]),
            reserved_micros=Micros(body["reserved_micros"]),
        )

    async def jobs(self) -> tuple[JobFound, ...]:
        """Every job that the site shows."""
        body = (await self._client.call("GET", "/admin/v1/jobs")).expect("list the jobs")
        return tuple(
            JobFound(job_uuid=job["job_uuid"], job_name=job["job_name"], state=job["state"])
            for job in body["jobs"]
        )

    async def journal(self) -> tuple[Entry, ...]:
        """The journal of the present epoch."""
        entries: list[Entry] = []
        while True:
            after = entries[-1].seq if entries else 0
            path = f"/admin/v1/journal?after={after}&limit={PAGE_ENTRIES}"
            body = (await self._client.call("GET", path)).expect("read the journal")
            entries += [entry_of(row) for row in body["entries"]]
            if len(body["entries"]) < PAGE_ENTRIES:
                return tuple(entries)
