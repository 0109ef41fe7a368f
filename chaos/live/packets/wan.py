"""A WAN of packets between two namespaces, in one of two ways; `kind` says which.

* `tc netem` on both ends of a veth pair, where the kernel has it: nothing of ours is in the way.
* our own forwarder between two TUN devices, where it has not.

Headquarters has one address, on its loopback, and a route to each site; so a site dials the same
address whatever leads there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from chaos.errors import MissingToolError, WanError
from chaos.live.packets.netem import probe, set_weather
from chaos.live.packets.tunnel import Tunnel, open_tun
from chaos.live.packets.weather import BLACK_HOLE, FAIR, Weather
from chaos.live.place import NetNamespace
from chaos.live.processes import run

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADQUARTERS: Final = "10.77.0.1"
SITES_MAX: Final = 250
MTU: Final = "1500"
WITHIN_MS: Final = 10_000
NETEM: Final = "tc netem on a veth pair"
FORWARDER: Final = "our packet forwarder between TUN devices (this kernel has no netem)"


class PacketLine(Protocol):
    """One line between two namespaces."""

    async def set_weather(self, up: Weather, down: Weather) -> None:
        """Up is from the site to headquarters."""
        ...

    def told(self) -> str:
        """What it did to packets in this weather, as far as it knows."""
        ...

    def close(self) -> None:
        """Take it away."""
        ...


class PacketWan:
    """The WAN of one site as the lab knows it: it is cut, heals, and may have any weather."""

    def __init__(self, line: PacketLine, listen_port: int) -> None:
        self._line = line
        self._healed = (FAIR, FAIR)
        self.listen_port = listen_port
        """The port that the site dials, at headquarters' own address."""

    async def set_weather(self, *, up: Weather = FAIR, down: Weather = FAIR) -> None:
        """Let it be so until further notice. Up is from the site to headquarters."""
        self._healed = (up, down)
        await self._line.set_weather(up, down)

    async def cut(self) -> None:
        """Lose every packet of both directions."""
        await self._line.set_weather(BLACK_HOLE, BLACK_HOLE)

    async def heal(self) -> None:
        """Have the weather again that was before."""
        await self._line.set_weather(*self._healed)

    def told(self) -> str:
        """What it did to packets in this weather, as far as it knows."""
        return self._line.told()

    def close(self) -> None:
        """Take the line away."""
        self._line.close()


class NetemLine:
    """A veth pair with netem at both ends."""

    def __init__(self, near: tuple[NetNamespace, str], far: tuple[NetNamespace, str]) -> None:
        self._site, self._headquarters = near, far

    async def set_weather(self, up: Weather, down: Weather) -> None:
        """What leaves the site's end is up."""
        for (place, device), weather in ((self._site, up), (self._headquarters, down)):
            await command(place, *set_weather(device, weather))

    def told(self) -> str:
        """The kernel keeps count, for `tc -s qdisc`, and not for us."""
        return ""

    def close(self) -> None:
        """A veth pair goes with its namespaces."""


class TunnelLine:
    """Our forwarder."""

    def __init__(self, tunnel: Tunnel) -> None:
        self._tunnel = tunnel

    async def set_weather(self, up: Weather, down: Weather) -> None:
        """From the next packet on."""
        self._tunnel.set_weather(up, down)

    def told(self) -> str:
        """Both directions."""
        ways = (("up", self._tunnel.up), ("down", self._tunnel.down))
        return "; ".join(
            f"{name}: {way.seen} packets, {way.lost} lost, {way.doubled} twice, "
            f"{way.overtook} overtook others"
            for name, way in ways
        )

    def close(self) -> None:
        """End the forwarding."""
        self._tunnel.close()


class PacketWans:
    """Makes headquarters' namespace, and a namespace and a line for each site."""

    def __init__(self, kind: str, seed: int) -> None:
        self.kind = kind
        self.headquarters = NetNamespace()
        self._seed = seed
        self._sites: dict[str, NetNamespace] = {}
        self._wans: list[PacketWan] = []

    @classmethod
    async def start(cls, seed: int) -> PacketWans:
        """Choose the way. Errors: `NoNamespaceError`, `MissingToolError`."""
        wans = cls(FORWARDER, seed)
        await command(wans.headquarters, "ip", "link", "set", "lo", "up")
        address = ("ip", "address", "add", f"{HEADQUARTERS}/32", "dev", "lo")
        await command(wans.headquarters, *address)
        if await _has_netem(wans.headquarters):
            wans.kind = NETEM
        return wans

    async def site(self, name: str) -> NetNamespace:
        """The namespace of this site, made when it is first asked for; it has no line yet."""
        if name in self._sites:
            return self._sites[name]
        if len(self._sites) >= SITES_MAX:
            raise WanError(f"No more than {SITES_MAX} sites have addresses.")
        place = self._sites[name] = NetNamespace()
        await command(place, "ip", "link", "set", "lo", "up")
        return place

    async def open(self, name: str, upstream_port: int) -> PacketWan:
        """A line from this site to headquarters, in fair weather."""
        site = await self.site(name)
        number = [*self._sites].index(name) + 1
        near, far = (site, "wan"), (self.headquarters, f"wan{number}")
        line = await (self._netem(near, far) if self.kind == NETEM else self._tunnel(near, far))
        address = f"10.77.{number}.1"
        await command(site, "ip", "address", "add", f"{address}/32", "dev", "wan")
        for (place, device), to, source in (
            (near, HEADQUARTERS, address),
            (far, address, HEADQUARTERS),
        ):
            await command(place, "ip", "link", "set", device, "mtu", MTU, "up")
            await command(place, "ip", "route", "add", to, "dev", device, "src", source)
        wan = PacketWan(line, upstream_port)
        self._wans.append(wan)
        return wan

    async def close(self) -> None:
        """End all lines, and let go of the namespaces."""
        for wan in self._wans:
            wan.close()
        for place in (*self._sites.values(), self.headquarters):
            place.close()

    async def _netem(
        self, near: tuple[NetNamespace, str], far: tuple[NetNamespace, str]
    ) -> PacketLine:
        site, device = near
        headquarters, other = far
        peer = ("peer", "name", other, "netns", headquarters.path)
        await command(site, "ip", "link", "add", device, "type", "veth", *peer)
        return NetemLine(near, far)

    async def _tunnel(
        self, near: tuple[NetNamespace, str], far: tuple[NetNamespace, str]
    ) -> PacketLine:
        tunnel = Tunnel(open_tun(*near), open_tun(*far), seed=f"{self._seed} {far[1]}")
        tunnel.open()
        return TunnelLine(tunnel)


async def command(place: NetNamespace, *argv: str) -> None:
    """Run it there. Errors: `WanError` with what it said, `MissingToolError`."""
    said = await _said(place, argv)
    if said is not None:
        raise WanError(f"{' '.join(argv)}: {said}")


async def _said(place: NetNamespace, argv: Iterable[str]) -> str | None:
    """What a command complained of; None where it did its work."""
    try:
        finished = await run((*place.prefix, *argv), within_ms=WITHIN_MS)
    except FileNotFoundError as error:
        raise MissingToolError("ip and tc are missing: apt-get install iproute2") from error
    if finished.exit_status == 0:
        return None
    return finished.errors.strip() or f"status {finished.exit_status}"


async def _has_netem(place: NetNamespace) -> bool:
    return await _said(place, probe("lo")) is None
