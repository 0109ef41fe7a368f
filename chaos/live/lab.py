"""A whole installation in one folder: headquarters, sites, their WANs and their printers.

Everything is real and runs as a process of its own (only the relay, where it stands in for
toxiproxy, lives in this one). All of it ends with the lab, also on an exception and on Ctrl-C.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chaos.errors import ChaosError
from chaos.history import FaultKind, HistoryFile
from chaos.live.branch import Branch
from chaos.live.nodes import PrimaryNode, SiteNode
from chaos.live.place import HERE
from chaos.live.printer import PrinterPlan, VirtualPrinter
from chaos.live.processes import Children
from chaos.live.stock_client import StockClient
from chaos.live.waiting import until
from chaos.live.wan_choice import WanChoice, make_wans
from replication.adapters.system_clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from chaos.final_state import DocumentFound
    from chaos.live.nodes import Settings
    from chaos.live.packets.wan import PacketWans
    from chaos.live.place import Place
    from chaos.live.wan import Wan, WanMaker

PROJECT: Final = Path(__file__).parents[2]
TOOLS_FOLDER: Final = PROJECT / ".tools"
REPLICA_TIMEOUT_MS: Final = 30_000
ORGANISATION: Final = PROJECT / "primary" / "example" / "organisation.toml"

FAST_LINK: Final[Mapping[str, int]] = {
    "beat_ms": 200,
    "lost_beats": 3,
    "offline_ms": 1_000,
    "good_beats": 3,
    "good_window_ms": 2_000,
}
"""Link timing for tests: ten times as fast as in the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabPlan:
    """What to build. An empty `link_timing` is the product's own timing."""

    folder: Path
    site_names: tuple[str, ...] = ("oslo", "lima")
    organisation: Path = ORGANISATION
    wan: WanChoice = WanChoice.AUTO
    link_timing: Mapping[str, int] = field(default_factory=dict)
    primary_settings: Settings = field(default_factory=dict)
    """Sections of `primary.toml`, beside those that say where it listens."""


class Lab:
    """The parts, and the steps in which they come to life. Open it with `open_lab`."""

    def __init__(self, plan: LabPlan, children: Children, stack: AsyncExitStack) -> None:
        self.plan = plan
        self._children = children
        self._stack = stack
        self._maker: WanMaker | None = None
        self._apart: PacketWans | None = None
        self.site_environ: dict[str, Mapping[str, str]] = {}
        """What is added to the environment of a site's server from its joining on."""
        self.history = stack.enter_context(
            HistoryFile(plan.folder / "history.jsonl", SystemClock())
        )
        self.primary = PrimaryNode(
            children, self._subfolder("primary"), self.history, plan.primary_settings
        )
        self.sites: dict[str, SiteNode] = {}
        self.wans: dict[str, Wan] = {}
        self.printers: dict[str, VirtualPrinter] = {}

    @property
    def wan_kind(self) -> str:
        """What cuts the WANs."""
        if self._maker is None:
            raise ChaosError("No WAN was opened yet.")
        return self._maker.kind

    def move_apart(self, wans: PacketWans) -> None:
        """Let headquarters and each site run in a network namespace of their own, from now on."""
        self._apart = wans
        self.primary.server.place = wans.headquarters

    async def start_primary(self) -> None:
        """Make headquarters from the organisation file and start it."""
        await self.primary.init(self.plan.organisation)
        await self.primary.start()
        self._stack.push_async_callback(self.primary.close)
        self._maker = self._apart or await make_wans(
            self.plan.wan,
            children=self._children,
            tools_folder=TOOLS_FOLDER,
            folder=self.plan.folder,
        )
        self._stack.push_async_callback(self._maker.close)

    async def start_printer(self, site_name: str, *, printing_ms: int = 0) -> VirtualPrinter:
        """Start the printer of this site and tell headquarters where it is."""
        name = f"{site_name}-laser"
        plan = PrinterPlan(
            name=name,
            folder=self._subfolder(name),
            printing_ms=printing_ms,
            place=await self._place(site_name),
        )
        printer = VirtualPrinter(plan, self._children)
        await printer.start()
        self.printers[name] = printer
        answer = await self.primary.api.patch(f"/printers/{name}", {"printer_uri": printer.uri})
        answer.expect("tell headquarters where a printer is")
        return printer

    async def start_site(self, name: str, more: Settings | None = None) -> SiteNode:
        """Open the WAN of this site, let it join over it, and start it with `more` settings."""
        site = await self.join_site(name, more)
        await site.start()
        return site

    async def join_site(
        self, name: str, more: Settings | None = None, *, dial_port: int | None = None
    ) -> SiteNode:
        """The same, but it is not started yet; with a `dial_port` of its own it needs no WAN."""
        if self._maker is None:
            raise ChaosError("Headquarters must run before a site can join.")
        if dial_port is None:
            wan = await self._maker.open(name, self.primary.server.ports["link"])
            self.wans[name], dial_port = wan, wan.listen_port
        settings = {"link": self.plan.link_timing, **(more or {})}
        site = SiteNode(self._children, self._subfolder(name), self.history, settings)
        site.server.place = await self._place(name)
        site.server.environ = self.site_environ.get(name, {})
        self._stack.push_async_callback(site.close)
        await site.join(await self.primary.join_token(name, dial_port))
        self.sites[name] = site
        return site

    async def open_branch(self, site_name: str) -> Branch:
        """The branch of this site, with a new panel, once the site's replica knows the panel."""
        api, site = self.primary.api, self.sites[site_name]
        token = await api.device_token(f"{site_name}-panel", site_name, f"{site_name}-laser")
        txid = await api.txid()
        await until(
            lambda: site.has_directory(txid),
            f"{site_name} to have the directory",
            within_ms=REPLICA_TIMEOUT_MS,
        )
        desk = self._subfolder(f"{site_name}-desk")
        return Branch(
            site=site,
            printer=self.printers[f"{site_name}-laser"],
            panel=site.panel(token),
            desktop=StockClient(desk, site.witness, site.server.place),
        )

    def documents(self) -> tuple[DocumentFound, ...]:
        """What every printer got, and what of it came out on paper."""
        return tuple(found for printer in self.printers.values() for found in printer.documents())

    async def cut(self, site_name: str) -> None:
        """Cut the WAN of this site."""
        await self.wans[site_name].cut()
        self.history.fault(FaultKind.WAN_CUT, site_name, self.wan_kind)

    async def heal(self, site_name: str) -> None:
        """Heal the WAN of this site."""
        self.history.fault(FaultKind.WAN_HEALED, site_name, self.wan_kind)
        await self.wans[site_name].heal()

    async def _place(self, site_name: str) -> Place:
        return HERE if self._apart is None else await self._apart.site(site_name)

    def _subfolder(self, name: str) -> Path:
        folder = self.plan.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


@asynccontextmanager
async def open_lab(plan: LabPlan) -> AsyncIterator[Lab]:
    """An empty lab in `plan.folder`; leaving it ends everything that was started in it."""
    async with AsyncExitStack() as stack:
        children = await stack.enter_async_context(Children())
        yield Lab(plan, children, stack)
