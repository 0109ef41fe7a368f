"""The steps of the main job: the story that `main_job` tells.

Two branches print. The WAN of one is cut, and nobody there notices; it heals, and every number is
right again. Each method is one step of that story; `closing` judges it.
"""

from __future__ import annotations

import asyncio
import tomllib
from typing import TYPE_CHECKING, Any, Final

from chaos.errors import ChaosError, UnexpectedAnswerError
from chaos.history import Outcome
from chaos.live.branch import Branch, Person
from chaos.live.lab import ORGANISATION, Lab
from chaos.live.observe import observe, observe_opening, until_settled
from chaos.live.panel import Copies
from chaos.live.waiting import until
from chaos.pdf_writer import PageInk, write_document
from chaos.scenarios.closing import close_the_books, latency_table
from chaos.scenarios.narration import Narrator, milliseconds, money

if TYPE_CHECKING:
    from chaos.final_state import Opening
    from chaos.pdf_writer import Document

SITES: Final = ("oslo", "lima")
SAMPLES: Final = 5
"""Visits before the cut and during it whose latencies are compared."""
REPORT_PAGES: Final = (PageInk.MONO, PageInk.COLOUR, PageInk.MONO, PageInk.MONO, PageInk.COLOUR)
SHORT_PAGES: Final = (PageInk.MONO,)
CREDIT_MICROS: Final = 5_000_000
COPIED: Final = Copies(pages=4)
LINK_TIMEOUT_MS: Final = 40_000
CATCH_UP_TIMEOUT_MS: Final = 40_000


class MainJob:
    """The story, step by step, in one lab."""

    def __init__(self, lab: Lab, narrator: Narrator, *, samples: int = SAMPLES) -> None:
        self._lab = lab
        self._samples = samples
        self._tell = narrator
        self._people = people()
        self._branches: dict[str, Branch] = {}
        self._opening: Opening | None = None
        self._refused_job = ""

    async def tell(self) -> bool:
        """The whole story; whether every promise was kept."""
        await self._start_headquarters()
        await self._bootstrap_both_sites()
        report = write_document("annual-report", REPORT_PAGES)
        job = await self._print_a_report(report)
        await self._release_it(report, job)
        await self._sample_before_the_cut()
        await self._cut_oslo()
        await self._go_on_while_cut()
        await self._heal_oslo()
        return await self._close_the_books()

    async def _start_headquarters(self) -> None:
        tell = self._tell
        with tell.waiting("headquarters starts"):
            await self._lab.start_primary()
        with tell.waiting("printers start"):
            for name in SITES:
                await self._lab.start_printer(name)
        tell.say("the WAN is cut by", self._lab.wan_kind)
        self._opening = await observe_opening(self._lab.primary.api)

    async def _bootstrap_both_sites(self) -> None:
        tell, lab = self._tell, self._lab
        with tell.step("Both sites bootstrap their replica from the primary"):
            with tell.waiting("both sites join and start"):
                async with asyncio.TaskGroup() as starts:
                    for name in SITES:
                        starts.create_task(lab.start_site(name))
            for name in SITES:
                self._branches[name] = await lab.open_branch(name)
            txids = await until(
                self._same_txid, "one directory TXID everywhere", within_ms=CATCH_UP_TIMEOUT_MS
            )
            for node, txid in txids.items():
                tell.say(f"directory at {node}", f"TXID {txid}")

    async def _same_txid(self) -> dict[str, int] | None:
        txids = {"primary": await self._lab.primary.api.txid()}
        for name in SITES:
            txids[name] = (await self._lab.sites[name].admin.status())["position"]
        return txids if len(set(txids.values())) == 1 else None

    async def _print_a_report(self, report: Document) -> dict[str, Any]:
        tell, oslo, ada = self._tell, self._branches["oslo"], self._people["ada"]
        with tell.step("Ada prints a PDF to oslo's queue with ipptool"):
            sent = await oslo.send(report, ada)
            if sent.outcome is not Outcome.OK:
                raise UnexpectedAnswerError(f"oslo did not take the report: {sent.reason}")
            tell.say("taken by oslo in", milliseconds(sent.latency_us))
            job = await oslo.until_held(ada, report)
            tell.say("document", f"{report.name}, {len(report.content)} bytes")
            tell.say("state", job["state"])
            tell.say("pages counted", f"{job['mono_pages']} mono, {job['colour_pages']} colour")
            tell.say("cost", money(job["cost_micros"]))
        return job

    async def _release_it(self, report: Document, job: dict[str, Any]) -> None:
        tell, oslo, ada = self._tell, self._branches["oslo"], self._people["ada"]
        with tell.step("Ada holds her card to oslo's panel and releases it"):
            await oslo.release(ada, str(job["job_uuid"]))
            found = await oslo.until_printed(report)
            tell.say("SHA-256 sent", report.sha256)
            tell.say(f"SHA-256 at {found.printer_name}", found.sha256)
            before = self._opening_micros("ada")
            expected = before - int(job["cost_micros"])
            with tell.waiting("her balance falls everywhere"):
                await self._until_balance("ada", expected)
            tell.say("ada's balance was", money(before))
            tell.say("now, at all three nodes", money(expected))

    def _opening_micros(self, user_name: str) -> int:
        if self._opening is None:
            raise ChaosError("The opening was not observed.")
        return self._opening.balances[f"user:{user_name}"]

    async def _until_balance(self, user_name: str, expected_micros: int) -> None:
        async def look() -> bool:
            if await self._lab.primary.api.balance_micros(user_name) != expected_micros:
                return False
            shown = [await self._lab.sites[name].admin.balance(user_name) for name in SITES]
            return all(balance.effective_micros == expected_micros for balance in shown)

        await until(look, f"{user_name}'s balance everywhere", within_ms=CATCH_UP_TIMEOUT_MS)

    async def _sample_before_the_cut(self) -> None:
        tell, oslo, alan = self._tell, self._branches["oslo"], self._people["alan"]
        tell.line()
        with tell.waiting(f"{self._samples} ordinary visits at oslo"):
            await self._visits("before")
        too_dear = write_document("too-dear", REPORT_PAGES)
        await oslo.send(too_dear, alan)
        self._refused_job = str((await oslo.until_held(alan, too_dear))["job_uuid"])
        tell.say("a job beyond alan's credit", await self._refusals())

    async def _visits(self, when: str) -> None:
        oslo, ada = self._branches["oslo"], self._people["ada"]
        costs = []
        for number in range(self._samples):
            await oslo.print_now(write_document(f"letter-{when}-{number}", SHORT_PAGES), ada)
            copied = (await oslo.copy(ada, COPIED)).expect("copy")
            costs.append(money(copied["cost_micros"]))
        self._tell.say("documents printed", self._samples)
        self._tell.say(
            "copy sessions", f"{self._samples} x {COPIED.pages} pages, cost {costs[-1]} each"
        )

    async def _cut_oslo(self) -> None:
        tell, lab, ada = self._tell, self._lab, self._people["ada"]
        oslo, api = self._branches["oslo"], lab.primary.api
        with tell.step(f"The WAN of oslo is cut ({lab.wan_kind})"):
            with tell.waiting("oslo is online before"):
                await self._until_link("online")
            await lab.cut("oslo")
            answer = await oslo.panel.log_in(ada.card_number)
            tell.say("a login right after the cut", milliseconds(answer.latency_us))
            (await api.adjust("grace", CREDIT_MICROS, request_id="demo-credit")).expect("credit")
            (await api.add_user("nina", "Nina Simone")).expect("add a user")
            (await api.give_card("nina", self._people["nina"].card_number)).expect("give a card")
            tell.say(
                "headquarters meanwhile", f"grace {money(CREDIT_MICROS)} credit, new user nina"
            )
            with tell.waiting("oslo goes offline by itself"):
                await self._until_link("offline")
            lima, there = lab.sites["lima"].admin, lab.sites["oslo"].admin
            tell.say("grace at lima", money((await lima.balance("grace")).effective_micros))
            tell.say("grace at oslo", money((await there.balance("grace")).effective_micros))

    async def _until_link(self, state: str) -> None:
        async def look() -> bool:
            status = await self._lab.sites["oslo"].admin.status()
            return bool(status["link_state"] == state)

        await until(look, f"oslo {state}", within_ms=LINK_TIMEOUT_MS)

    async def _go_on_while_cut(self) -> None:
        tell, lab = self._tell, self._lab
        with tell.step("While cut: login, list, release, copy, and a refusal"):
            with tell.waiting(f"{self._samples} ordinary visits at oslo"):
                await self._visits("cut")
            tell.say("alan's job is refused", await self._refusals())
            copied = await self._branches["lima"].copy(self._people["grace"], COPIED)
            copied.expect("copy at lima")
            tell.say("grace copies at lima", f"{COPIED.pages} pages, as on any day")
            there = lab.sites["oslo"].admin
            tell.say("ada at oslo", money((await there.balance("ada")).effective_micros))
            tell.say("ada at headquarters", money(await lab.primary.api.balance_micros("ada")))
            latency_table(tell, lab.history.history())

    async def _refusals(self) -> str:
        """Alan tries, as often as there are samples; the sentence that he reads."""
        oslo, alan = self._branches["oslo"], self._people["alan"]
        sentence = ""
        for _ in range(self._samples):
            refused = await oslo.release(alan, self._refused_job)
            if refused.outcome is not Outcome.REFUSED:
                raise UnexpectedAnswerError(f"alan's job was not refused: {refused.body}")
            sentence = refused.sentence
        return sentence

    async def _heal_oslo(self) -> None:
        tell, lab = self._tell, self._lab
        with tell.step("The WAN of oslo heals"):
            waiting = await lab.sites["oslo"].admin.unmerged_entries()
            await lab.heal("oslo")
            with tell.waiting(f"{waiting} entries drained, all merged"):
                await until(self._drained, "an empty journal", within_ms=CATCH_UP_TIMEOUT_MS)
            with tell.waiting("oslo knows nina's card"):
                await until(self._knows_nina, "nina at oslo", within_ms=CATCH_UP_TIMEOUT_MS)
            with tell.waiting("oslo back online by itself"):
                await self._until_link("online")

    async def _drained(self) -> bool:
        return await self._lab.sites["oslo"].admin.unmerged_entries() == 0

    async def _knows_nina(self) -> bool:
        answer = await self._branches["oslo"].panel.log_in(self._people["nina"].card_number)
        return answer.outcome is Outcome.OK

    async def _close_the_books(self) -> bool:
        if self._opening is None:
            raise ChaosError("The opening was not observed.")
        with self._tell.step("The books"):
            with self._tell.waiting("everything settles"):
                await until_settled(self._lab)
            state = await observe(self._lab, self._opening)
            return close_the_books(self._tell, self._lab.history.history(), state)


def people() -> dict[str, Person]:
    """Everybody in the example organisation who has a card, and nina, who is new."""
    organisation = tomllib.loads(ORGANISATION.read_text(encoding="utf-8"))
    cards = {user["name"]: user["cards"][0] for user in organisation["users"]} | {
        "nina": "04AA55AA55"
    }
    return {name: Person(user_name=name, card_number=card) for name, card in cards.items()}
