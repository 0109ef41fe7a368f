"""A panel beside a printer: the device API of a site, as a card reader's firmware would use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chaos.history import Operation
from chaos.live.witness import OWN_JOBS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaos.live.json_client import Answer, JsonClient
    from chaos.live.witness import Witness

SESSIONS = "/device/v1/sessions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """What a person asks of the copier."""

    pages: int
    colour: bool = False
    sides: str = "one-sided"


class Panel:
    """The calls of one device. Every answer goes into the history of its site."""

    def __init__(self, client: JsonClient, witness: Witness) -> None:
        self._client = client
        self._witness = witness

    async def close(self) -> None:
        """Hang up."""
        await self._client.close()

    async def log_in(self, card_number: str) -> Answer:
        """Hold a card to the reader."""
        answer = await self._client.call("POST", SESSIONS, {"card_number": card_number})
        return self._witness.saw(Operation.LOGIN, answer)

    async def session(self, card_number: str) -> str:
        """Log in and return the session's id; an error where the card is refused."""
        body = (await self.log_in(card_number)).expect("log in with a card")
        return str(body["session_id"])

    async def log_out(self, session_id: str) -> Answer:
        """End the session."""
        answer = await self._client.call("DELETE", f"{SESSIONS}/{session_id}")
        return self._witness.saw(Operation.LOGOUT, answer)

    async def list_jobs(self, session_id: str, *, of: str = OWN_JOBS) -> Answer:
        """The held jobs of whoever is logged in, or for a manager of `all`."""
        answer = await self._client.call("GET", f"{SESSIONS}/{session_id}/jobs?of={of}")
        if of == OWN_JOBS:
            return self._witness.saw_jobs(answer)
        return self._witness.saw(Operation.LIST, answer)

    async def jobs(self, session_id: str, *, of: str = OWN_JOBS) -> list[dict[str, Any]]:
        """The held jobs themselves."""
        body = (await self.list_jobs(session_id, of=of)).expect("list the held jobs")
        return list(body["jobs"])

    async def accounts(self, session_id: str) -> list[dict[str, Any]]:
        """The shared accounts that whoever is logged in may choose."""
        answer = await self._client.call("GET", f"{SESSIONS}/{session_id}/accounts")
        body = self._witness.saw(Operation.LIST, answer).expect("list the accounts")
        return list(body["accounts"])

    async def release(
        self, session_id: str, job_uuid: str, *, account_name: str | None = None
    ) -> Answer:
        """Ask for the paper, where one is named at a shared account's cost."""
        body = {} if account_name is None else {"account_name": account_name}
        answer = await self._client.call(
            "POST", f"{SESSIONS}/{session_id}/jobs/{job_uuid}/release", body
        )
        return self._witness.saw(Operation.RELEASE, answer, job_uuid=job_uuid)

    async def delete(self, session_id: str, job_uuid: str) -> Answer:
        """Throw the job away."""
        answer = await self._client.call("DELETE", f"{SESSIONS}/{session_id}/jobs/{job_uuid}")
        return self._witness.saw(Operation.DELETE, answer, job_uuid=job_uuid)

    async def change(
        self, session_id: str, job_uuid: str, settings: Mapping[str, object]
    ) -> Answer:
        """Ask for other copies, sides or colour of a held job."""
        path = f"{SESSIONS}/{session_id}/jobs/{job_uuid}"
        return await self._client.call("PATCH", path, dict(settings))

    async def claim_card(self, session_id: str, card_number: str) -> Answer:
        """Register a card of one's own."""
        path = f"{SESSIONS}/{session_id}/cards"
        return await self._client.call("POST", path, {"card_number": card_number})

    async def claims(self, session_id: str) -> list[dict[str, Any]]:
        """What became of the cards that the person registered."""
        answer = await self._client.call("GET", f"{SESSIONS}/{session_id}/cards")
        return list(answer.expect("list the claims")["claims"])

    async def settings(self) -> Answer:
        """What the panel has to know before an outage of its own server."""
        return await self._client.call("GET", "/device/v1/settings")

    async def tell_card_uses(self, uses: Sequence[Mapping[str, object]]) -> Answer:
        """Tell what was done while nobody answered."""
        body = {"uses": [dict(use) for use in uses]}
        return await self._client.call("POST", "/device/v1/card-uses", body)

    async def start_copies(self, session_id: str, copies: Copies) -> Answer:
        """Begin to copy, if there is credit for it."""
        body = {"pages": copies.pages, "colour": copies.colour, "sides": copies.sides}
        answer = await self._client.call("POST", f"{SESSIONS}/{session_id}/copies", body)
        return self._witness.saw(Operation.COPY_START, answer)

    async def finish_copies(
        self, session_id: str, copy_uuid: str, *, mono_pages: int, colour_pages: int = 0
    ) -> Answer:
        """Report what the copier counted."""
        answer = await self._client.call(
            "POST",
            f"{SESSIONS}/{session_id}/copies/{copy_uuid}/finish",
            {"mono_pages": mono_pages, "colour_pages": colour_pages},
        )
        return self._witness.saw(Operation.COPY_FINISH, answer, copy_uuid=copy_uuid)
