"""The demo says which adapter cuts the WAN, and runs without toxiproxy too."""

from __future__ import annotations

from pathlib import Path

from chaos.live.processes import Children
from chaos.live.wan_choice import WanChoice, make_wans

TOOLS = Path(__file__).parents[4] / ".tools"


async def test_the_relay_is_used_where_it_is_asked_for(tmp_path: Path) -> None:
    async with Children() as children:
        maker = await make_wans(
            WanChoice.RELAY, children=children, tools_folder=TOOLS, folder=tmp_path
        )
        assert maker.kind == "relay"


async def test_toxiproxy_is_the_first_choice_where_it_is_installed(tmp_path: Path) -> None:
    async with Children() as children:
        maker = await make_wans(
            WanChoice.AUTO, children=children, tools_folder=TOOLS, folder=tmp_path
        )
        assert maker.kind.startswith("toxiproxy")
