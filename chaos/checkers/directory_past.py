"""What the directory was at each step, and what a site with that replica adds its own part to."""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate
from typing import TYPE_CHECKING

from chaos.checkers.known_times import ALWAYS
from chaos.checkers.track import NEVER, Track
from replication.entry_bodies import movement

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from chaos.checkers.site_past import SitePast
    from chaos.directory_log import DirectoryStep
    from chaos.final_state import JournalKey


class DirectoryPast:
    """The steps of the directory; `pasts` are those of all journals, headquarters' own too."""

    def __init__(self, steps: Sequence[DirectoryStep], pasts: Mapping[str, SitePast]) -> None:
        self._steps = steps
        self._pasts = pasts
        self._balances: dict[str, Track[int]] = defaultdict(lambda: Track(0))
        self._marks: dict[JournalKey, Track[int]] = defaultdict(lambda: Track(0))
        self._reached: dict[JournalKey, list[tuple[int, int]]] = defaultdict(list)
        for number, step in enumerate(steps):
            for payer, micros in step.balances.items():
                self._balances[payer].put(number, micros)
            for key, seq in step.watermarks.items():
                self._marks[key].put(number, seq)
                if not self._reached[key] or seq > self._reached[key][-1][1]:
                    self._reached[key].append((number, seq))
        self._parts: dict[tuple[str, str], Track[int]] = {}
        self._not_before_us: list[float] = [ALWAYS] * len(steps)

    @property
    def last(self) -> int:
        """The number of the newest step."""
        return len(self._steps) - 1

    def balance_micros(self, payer: str, step: int) -> int:
        """What the directory had for this payer then."""
        return self._balances[payer].at(step) if payer in self._balances else 0

    def balances(self, payer: str) -> Track[int]:
        """The same over all steps."""
        return self._balances[payer]

    def first_with(self, key: JournalKey, seq: int) -> float:
        """The step in which that entry took effect; `NEVER` where it did not."""
        places = self._reached.get(key, [])
        low, high = 0, len(places)
        while low < high:
            middle = (low + high) // 2
            if places[middle][1] >= seq:
                high = middle
            else:
                low = middle + 1
        return places[low][0] if low < len(places) else NEVER

    def others_micros(self, site: SitePast, payer: str) -> Track[int]:
        """The payer's balance at each step without what that site's own entries did to it."""
        found = self._parts.get((site.site_name, payer))
        if found is None:
            found = self._parts[site.site_name, payer] = self._others(site, payer)
        return found

    def date(self, not_before_us: Callable[[JournalKey, int], float]) -> None:
        """Say since when each entry can be there; so it is known since when each step can."""
        times = [
            max((not_before_us(key, seq) for key, seq in step.watermarks.items()), default=ALWAYS)
            for step in self._steps
        ]
        self._not_before_us = list(accumulate(times, max))

    def not_before_us(self) -> Sequence[float]:
        """Since when each step can be there, rising."""
        return self._not_before_us

    def unexplained(self, forgetful: Collection[str] = ()) -> list[str]:
        """Every step in which money moved otherwise than its entries say.

        Steps with entries of a site that is `forgetful` are passed over.
        """
        found: list[str] = []
        marks: dict[JournalKey, int] = dict(self._steps[0].watermarks) if self._steps else {}
        balances: dict[str, int] = dict(self._steps[0].balances) if self._steps else {}
        for number, step in enumerate(self._steps[1:], 1):
            expected: defaultdict[str, int] = defaultdict(int)
            for key, seq in step.watermarks.items():
                for payer, micros in self._moves(key, marks.get(key, 0), seq):
                    expected[payer] += micros
                marks[key] = seq
            is_known = not any(site_name in forgetful for site_name, _ in step.watermarks)
            for payer in {*step.balances, *expected}:
                before = balances.get(payer, 0)
                now = step.balances.get(payer, before)
                if is_known and now - before != expected[payer]:
                    found.append(
                        f"step {number} of the directory moved {now - before} of {payer}, but "
                        f"the entries that took effect in it move {expected[payer]}"
                    )
                balances[payer] = now
        return found

    def _moves(self, key: JournalKey, before: int, now: int) -> list[tuple[str, int]]:
        past = self._pasts.get(key[0])
        if past is None:
            return []
        first, last = past.position(key, min(before, now)), past.position(key, max(before, now))
        sign = 1 if now >= before else -1
        moves = (movement(body) for body in past.bodies[first:last] if body is not None)
        return [(each.payer, sign * each.amount_micros) for each in moves if each is not None]

    def _others(self, site: SitePast, payer: str) -> Track[int]:
        points = set(self._balances[payer].positions if payer in self._balances else ())
        for position in site.merging(payer):
            entry = site.entries[position - 1]
            step = self.first_with((entry.site_name, entry.epoch), entry.seq)
            if step != NEVER:
                points.add(int(step))
        track = Track(0)
        for point in sorted({0, *points}):
            marks = {key: self._marks[key].at(point) for key in site.keys if key in self._marks}
            track.put(point, self.balance_micros(payer, point) - site.merged_micros(payer, marks))
        return track
