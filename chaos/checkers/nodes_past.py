"""A node as its clients may see it: which own position and which step explain what it showed."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chaos.checkers.track import NEVER

if TYPE_CHECKING:
    from chaos.checkers.directory_past import DirectoryPast
    from chaos.checkers.known_times import KnownTimes
    from chaos.checkers.reads import Read
    from chaos.checkers.site_past import SitePast
    from chaos.final_state import JournalKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A position in the site's own journal, and a step of the directory."""

    own: int
    step: int

    def after(self, other: Bounds) -> Bounds:
        """The higher of each."""
        return Bounds(own=max(self.own, other.own), step=max(self.step, other.step))


BELOW: Final = Bounds(own=0, step=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePast:
    """`is_primary`: what is shown there is the directory itself."""

    site: SitePast
    directory: DirectoryPast
    times: KnownTimes
    is_primary: bool

    def judges(self, read: Read) -> bool:
        """Whether it can be said what the read should have shown."""
        return read.jobs is None or read.user_name not in self.site.unjournaled_users

    def not_before_us(self, key: JournalKey, seq: int) -> float:
        """Since when that entry can be there."""
        return self.times.not_before_us(self.site.position(key, seq))

    def lowest(self, read: Read) -> Bounds:
        """What was surely done when the read began, because somebody had heard so."""
        own = self.times.surely_us(read.began_us)
        if not self.is_primary or not own:
            return Bounds(own=own, step=0)
        entry = self.site.entries[own - 1]
        step = self.directory.first_with((entry.site_name, entry.epoch), entry.seq)
        return Bounds(own=own, step=self.directory.last if step == NEVER else int(step))

    def highest(self, read: Read) -> Bounds:
        """What can have been done when the read was over."""
        steps = bisect_left(self.directory.not_before_us(), read.ended_us)
        return Bounds(own=self.times.perhaps_us(read.ended_us), step=steps - 1)

    @property
    def end(self) -> Bounds:
        """All that was ever done."""
        return Bounds(own=len(self.site.entries), step=self.directory.last)

    def explain(self, read: Read, shown: Bounds) -> Bounds | None:
        """The lowest numbers that explain the read; None where nothing does."""
        return self.explained_within(read, shown.after(self.lowest(read)), self.highest(read))

    def explained_within(self, read: Read, low: Bounds, high: Bounds) -> Bounds | None:
        """The same within any bounds."""
        if low.own > high.own or low.step > high.step:
            return None
        if read.jobs is not None:
            return self._of_jobs(read, low, high)
        if self.is_primary:
            step = self.directory.balances(read.payer).first_with(read.micros or 0, low.step)
            return Bounds(own=low.own, step=int(step)) if step <= high.step else None
        return self._of_money(read, low, high)

    def possible_micros(self, read: Read, low: Bounds, high: Bounds) -> list[int]:
        """Every balance that the read could have shown within these bounds."""
        if self.is_primary:
            track = self.directory.balances(read.payer)
            return list(dict.fromkeys(track.at(at) for at in track.within(low.step, high.step)))
        others = self.directory.others_micros(self.site, read.payer)
        steps = {others.at(step) for step in others.within(low.step, high.step)}
        places = self.site.money_changes(read.payer, low.own, high.own)
        return sorted({step + self._own_micros(read, place) for place in places for step in steps})

    def _of_jobs(self, read: Read, low: Bounds, high: Bounds) -> Bounds | None:
        for place in self.site.jobs_changes(read.user_name, low.own, high.own):
            if self.site.shows(read.user_name, read.jobs or {}, place):
                return Bounds(own=place, step=low.step)
        return None

    def _of_money(self, read: Read, low: Bounds, high: Bounds) -> Bounds | None:
        others = self.directory.others_micros(self.site, read.payer)
        found: Bounds | None = None
        for place in self.site.money_changes(read.payer, low.own, high.own):
            if read.aside_micros not in {None, self.site.aside_micros(read.payer, place)}:
                continue
            wanted = (read.micros or 0) - self._own_micros(read, place)
            step = others.first_with(wanted, low.step)
            if step <= high.step:
                lowest = found.step if found else high.step
                own = found.own if found else place
                found = Bounds(own=own, step=min(lowest, int(step)))
        return found

    def _own_micros(self, read: Read, place: int) -> int:
        moved = self.site.moved_micros(read.payer, place)
        return moved - self.site.aside_micros(read.payer, place)
