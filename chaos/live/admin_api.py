"""Headquarters' REST API, as an administrator's script uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chaos.final_state import Watermark
from chaos.history import Operation
from replication.journal import Entry, canonical_json
from replication.ports import Micros, WallMs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from chaos.live.json_client import Answer, JsonClient
    from chaos.live.witness import Witness

PAGE_ITEMS: Final = 1_000


class AdminApi:
    """Calls to the primary. Changes go into the history."""

    def __init__(self, client: JsonClient, witness: Witness) -> None:
        self._client = client
        self._witness = witness

    async def close(self) -> None:
        """Hang up."""
        await self._client.close()

    async def get(self, path: str) -> Answer:
        """Read `path` below /api/v1."""
        return await self._client.call("GET", f"/api/v1{path}")

    async def put(self, path: str, body: Mapping[str, object]) -> Answer:
        """Create or replace `path` below /api/v1."""
        return await self._client.call("PUT", f"/api/v1{path}", body)

    async def post(self, path: str, body: Mapping[str, object]) -> Answer:
        """Ask for something at `path` below /api/v1."""
        return await self._client.call("POST", f"/api/v1{path}", body)

    async def patch(self, path: str, body: Mapping[str, object]) -> Answer:
        """Change fields of `path` below /api/v1."""
        return await self._client.call("PATCH", f"/api/v1{path}", body)

    async def health(self) -> Answer:
        """Whether the primary is well."""
        return await self._client.call("GET", "/health")

    async def txid(self) -> int:
        """The directory's newest TXID, as the sites are told it."""
        body = (await self.health()).expect("ask after headquarters' health")
        return int(str(body["litestream"]["detail"]).removeprefix("TXID "))

    async def add_user(self, user_name: str, full_name: str) -> Answer:
        """Add a user."""
        answer = await self.put(f"/users/{user_name}", {"full_name": full_name})
        return self._witness.saw(Operation.ADD_USER, answer, user_name=user_name)

    async def give_card(self, user_name: str, card_number: str) -> Answer:
        """Give a user a card."""
        return await self.put(f"/users/{user_name}/cards", {"card_number": card_number})

    async def adjust(
        self, user_name: str, amount_micros: int, *, request_id: str, comment: str = ""
    ) -> Answer:
        """Book a credit, or a debit where negative. The same `request_id` is booked once."""
        answer = await self._client.call(
            "POST",
            f"/api/v1/users/{user_name}/adjustments",
            {"amount_micros": amount_micros, "comment": comment, "request_id": request_id},
        )
        return self._witness.saw(
            Operation.ADJUST,
            answer,
            user_name=user_name,
            amount_micros=amount_micros,
            request_id=request_id,
        )

    async def balance_micros(self, user_name: str) -> Micros:
        """What the directory has for this user."""
        answer = await self.get(f"/users/{user_name}/balance")
        body = self._witness.saw(Operation.BALANCE, answer, user_name=user_name).expect(
            "read a balance"
        )
        return Micros(int(body["balance_micros"]))

    async def device_token(self, device_name: str, site_name: str, printer_name: str) -> str:
        """Register a panel and return its token, which is told only this once."""
        body = {"site_name": site_name, "printer_name": printer_name}
        answer = await self.put(f"/devices/{device_name}", body)
        return str(answer.expect("register a device")["token"])

    async def balances(self) -> dict[str, Micros]:
        """Every user's balance in the directory, by user name."""
        users = [user async for user in self._items("/users?", "list the users")]
        return {user["user_name"]: Micros(user["balance_micros"]) for user in users}

    async def account_balances(self) -> dict[str, Micros]:
        """Every shared account's balance in the directory, by its name."""
        accounts = [each async for each in self._items("/accounts?", "list the accounts")]
        return {each["account_name"]: Micros(each["balance_micros"]) for each in accounts}

    async def watermarks(self) -> tuple[Watermark, ...]:
        """How far every journal has taken effect."""
        body = (await self.get("/watermarks")).expect("read the watermarks")
        return tuple(
            Watermark(
                site_name=mark["site_name"],
                epoch=mark["epoch"],
                seq=mark["seq"],
                entry_hash=mark["entry_hash"],
            )
            for mark in body["items"]
        )

    async def ledger_balances(self) -> dict[str, Micros]:
        """The primary's own sums over its ledger, by payer."""
        body = (await self.get("/ledger/balances")).expect("sum up the ledger")
        return {row["payer"]: Micros(row["balance_micros"]) for row in body["items"]}

    async def entries(self, site_name: str = "") -> tuple[Entry, ...]:
        """Every entry that the ledger has, of a site or of all, in order of arrival."""
        path = f"/ledger/entries?site={site_name}&" if site_name else "/ledger/entries?"
        return tuple([entry_of(row) async for row in self._items(path, "read the ledger")])

    async def _items(self, path: str, what: str) -> AsyncIterator[dict[str, Any]]:
        after = ""
        while True:
            body = (await self.get(f"{path}limit={PAGE_ITEMS}{after}")).expect(what)
            for item in body["items"]:
                yield item
            if body["next"] is None:
                return
            after = f"&after={body['next']}"


def entry_of(row: Mapping[str, Any]) -> Entry:
    """A journal entry from its JSON form; a body that was shown as JSON is made canonical again."""
    body = row["body"]
    return Entry(
        site_name=row["site_name"],
        epoch=row["epoch"],
        seq=row["seq"],
        kind=row["kind"],
        version=row["version"],
        wall_ms=WallMs(row["wall_ms"]),
        body=body if isinstance(body, str) else canonical_json(body),
        prev_hash=row["prev_hash"],
        entry_hash=row["entry_hash"],
    )
