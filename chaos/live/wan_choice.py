"""Which adapter makes the WANs of a lab."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from chaos.live.relay import RelayMaker
from chaos.live.toxiproxy import ToxiproxyMaker, find_program, require_program

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.live.processes import Children
    from chaos.live.wan import WanMaker


class WanChoice(StrEnum):
    """AUTO is toxiproxy where it is installed, else the relay."""

    AUTO = "auto"
    TOXIPROXY = "toxiproxy"
    RELAY = "relay"


async def make_wans(
    choice: WanChoice, *, children: Children, tools_folder: Path, folder: Path
) -> WanMaker:
    """The maker of this lab's WANs; its `kind` says what was chosen."""
    if choice is WanChoice.RELAY:
        return RelayMaker()
    if choice is WanChoice.AUTO and find_program(tools_folder) is None:
        return RelayMaker("relay, for want of toxiproxy-server (to install it: make tools)")
    return await ToxiproxyMaker.start(children, require_program(tools_folder), folder)
