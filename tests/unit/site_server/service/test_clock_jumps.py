"""The site's own clock jumps by a day: no order and no balance changes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from replication.journal import follows
from tests.unit.site_server.a_site import a_site, units

if TYPE_CHECKING:
    from pathlib import Path

DAY_MS = 86_400_000


@pytest.mark.parametrize("jump_ms", [DAY_MS, -DAY_MS])
async def test_what_is_printed_around_a_jump_is_in_order_and_costs_the_same(
    tmp_path: Path, jump_ms: int
) -> None:
    async with a_site(tmp_path) as site:
        site.user("ada", units(5))
        costs = []
        for jump in (0, jump_ms, -jump_ms, jump_ms):
            before = site.money("ada").effective_micros
            site.clock.jump(jump)
            assert site.money("ada").effective_micros == before
            job = await site.print_pdf("ada")
            await site.release(job)
            await site.settle()
            costs.append(before - site.money("ada").effective_micros)
        assert len(set(costs)) == 1
        assert costs[0] > 0
        entries = site.store.entries(1, site.store.head().seq)
        assert all(follows(after, one) for one, after in itertools.pairwise(entries))
        walls = [entry.wall_ms for entry in entries]
        assert walls != sorted(walls), "the clock did jump"
