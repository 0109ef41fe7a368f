"""Headquarters and the sites of a lab: a real server each, with the clients that talk to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from chaos.live.admin_api import AdminApi
from chaos.live.json_client import JsonClient
from chaos.live.panel import Panel
from chaos.live.server import Server
from chaos.live.site_admin import SiteAdmin
from chaos.live.waiting import until
from chaos.live.wan import LOOPBACK
from chaos.live.witness import Witness

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.history import HistoryFile
    from chaos.live.processes import Children

PRIMARY: Final = "primary"
HEALTH_TIMEOUT_MS: Final = 30_000

Settings = Mapping[str, Mapping[str, object]]
"""A configuration: settings by section, '' for those above all sections."""


class PrimaryNode:
    """Headquarters."""

    def __init__(
        self, children: Children, folder: Path, history: HistoryFile, settings: Settings
    ) -> None:
        self.server = Server(
            children,
            "primary",
            folder,
            lambda data, ports: _primary_config(data, ports, settings),
        )
        self._witness = Witness(history, PRIMARY)
        self._api: AdminApi | None = None

    @property
    def ca_path(self) -> Path:
        """The certificate authority of the installation."""
        return self.server.data_folder / "pki" / "ca.cert.pem"

    @property
    def api(self) -> AdminApi:
        """The administration API, with the key that only this machine's root can read."""
        if self._api is None:
            key = (self.server.data_folder / "admin.key").read_text(encoding="ascii").strip()
            url = f"https://localhost:{self.server.ports['api']}"
            self._api = AdminApi(JsonClient(url, self.ca_path, key), self._witness)
        return self._api

    async def init(self, organisation: Path) -> str:
        """Make the data folder from an organisation file; returns what the command said."""
        data = str(self.server.data_folder)
        return await self.server.command("init", "--from", str(organisation), "--data", data)

    async def start(self) -> None:
        """Start the server and wait until it is well."""
        await self.server.start()
        await until(self._well, "headquarters to be well", within_ms=HEALTH_TIMEOUT_MS)

    async def join_token(self, site_name: str, dial_port: int) -> str:
        """A token for this site, that makes it dial `dial_port`: the near end of its WAN."""
        return await self.server.command(
            *("token", "--site", site_name, "--port", str(dial_port)),
            *("--config", str(self.server.config_path)),
        )

    async def close(self) -> None:
        """Hang up; the next call is made with the key that is there then."""
        if self._api is not None:
            await self._api.close()
        self._api = None

    async def _well(self) -> bool:
        self.server.child.check_alive()
        return (await self.api.health()).status == 200  # noqa: PLR2004 - HTTP


class SiteNode:
    """One branch: its server, its panels, its queues."""

    def __init__(
        self,
        children: Children,
        folder: Path,
        history: HistoryFile,
        settings: Settings,
    ) -> None:
        self.name = folder.name
        self.server = Server(
            children,
            "site_server",
            folder,
            lambda data, ports: _site_config(data, ports, settings),
        )
        self.witness = Witness(history, self.name)
        self._admin: SiteAdmin | None = None
        self._panels: list[Panel] = []

    @property
    def ca_path(self) -> Path:
        """The certificate authority that the site trusts since it joined."""
        return self.server.data_folder / "identity" / "ca.pem"

    @property
    def admin(self) -> SiteAdmin:
        """The site's administration API."""
        if self._admin is None:
            key = (self.server.data_folder / "admin.key").read_text(encoding="ascii").strip()
            self._admin = SiteAdmin(JsonClient(self._url, self.ca_path, key), self.witness)
        return self._admin

    @property
    def ipp_port(self) -> int:
        """Where the queues are."""
        return self.server.ports["ipp"]

    @property
    def ipps_port(self) -> int:
        """Where the queues are over TLS."""
        return self.server.ports["ipps"]

    @property
    def _url(self) -> str:
        return f"https://localhost:{self.server.ports['device']}"

    def panel(self, device_token: str) -> Panel:
        """A panel with this token; it hangs up with the lab."""
        panel = Panel(JsonClient(self._url, self.ca_path, device_token), self.witness)
        self._panels.append(panel)
        return panel

    async def join(self, token: str) -> None:
        """Become a member with a join token, which goes in on standard input."""
        data = str(self.server.data_folder)
        await self.server.command("join", "--data", data, given=token)

    async def start(self) -> None:
        """Start the server and wait until it serves its clients."""
        await self.server.start()

    async def has_directory(self, txid: int) -> bool:
        """Whether the site's replica is at this TXID or beyond it."""
        self.server.child.check_alive()
        return int((await self.admin.status())["position"]) >= txid

    async def close(self) -> None:
        """Hang up."""
        for panel in self._panels:
            await panel.close()
        if self._admin is not None:
            await self._admin.close()


def _primary_config(data: Path, ports: Mapping[str, int], settings: Settings) -> str:
    return _toml(
        {
            "": {"data_dir": str(data), **settings.get("", {})},
            **{name: values for name, values in settings.items() if name},
            "link": {"listen_host": LOOPBACK, "port": ports.get("link", 0)},
            "api": {"listen_host": LOOPBACK, "port": ports.get("api", 0)},
        }
    )


def _site_config(data: Path, ports: Mapping[str, int], settings: Settings) -> str:
    listen: dict[str, object] = {
        "host": LOOPBACK,
        "device_port": ports.get("device", 0),
        "ipp_port": ports.get("ipp", 0),
        "ipps_port": ports.get("ipps", 0),
    }
    if "node" in ports:
        listen["node_port"] = ports["node"]
    known: Settings = {"": {"data_dir": str(data)}, "listen": listen}
    sections = dict.fromkeys([*known, *settings])
    return _toml({name: {**settings.get(name, {}), **known.get(name, {})} for name in sections})


def _toml(sections: Settings) -> str:
    # A JSON string, number or list of them is the same in TOML.
    lines: list[str] = []
    for section, values in sections.items():
        if section and values:
            lines.append(f"[{section}]")
        lines += [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    return "\n".join(lines) + "\n"
