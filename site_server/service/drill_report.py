"""What a drill showed: in numbers for programs, in lines for people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

from failure_modes.catalogue import CATALOGUE, money_text
from failure_modes.vocabulary import Micros, Reason
from site_server.store.drills import Count, RefusalSum

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from failure_modes.vocabulary import WallMs
    from site_server.store.drills import OpenDrill
    from site_server.store.unit_of_work import SiteView

SECOND_MS: Final = 1_000
UNITS: Final = (("h", 3_600_000), ("min", 60_000), ("s", SECOND_MS))


class DrillReport(BaseModel):
    """A drill so far, or as it was. What another version counted besides is left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int
    started_wall_ms: int
    ended_wall_ms: int | None
    """None: it is still on."""
    lasted_ms: int
    counts: Mapping[str, int]
    """By the names of `Count`."""
    refusals: tuple[RefusalSum, ...]
    """Why people were refused; `because_of_drill`: online they would not have been."""

    def lines(self, currency: str) -> tuple[str, ...]:
        """The report in words."""
        is_on = self.ended_wall_ms is None
        ended = "has been on for" if is_on else "ended after"
        lasted = f"{ended} {_lasted(self.lasted_ms)}"
        return (
            f"Drill {self.number} began {_at(self.started_wall_ms)} and {lasted}.",
            *self._sums(currency),
            *self._refused("Refused because of the drill", because_of_drill=True),
            *self._refused("Refused, and online as well", because_of_drill=False),
            *self._changed(),
        )

    def _sums(self, currency: str) -> Iterator[str]:
        counts = self.counts

        def money(name: Count) -> str:
            return money_text(Micros(counts[name]), currency)

        yield (
            f"Logins: {counts[Count.LOGINS_ACCEPTED]} accepted, "
            f"{counts[Count.LOGINS_REFUSED]} refused."
        )
        yield (
            f"Jobs taken in: {counts[Count.JOBS_TAKEN]}, turned away: "
            f"{counts[Count.JOBS_TURNED_AWAY]}."
        )
        yield (
            f"Jobs released: {counts[Count.JOBS_RELEASED]} with "
            f"{counts[Count.PAGES_RELEASED]} pages for {money(Count.RELEASED_MICROS)}, refused: "
            f"{counts[Count.RELEASES_REFUSED]}."
        )
        yield (
            f"Copy sessions: {counts[Count.COPIES_STARTED]} for at most "
            f"{counts[Count.COPY_PAGES_MAX]} pages and {money(Count.COPY_MICROS_MAX)}, refused: "
            f"{counts[Count.COPIES_REFUSED]}."
        )

    def _refused(self, title: str, *, because_of_drill: bool) -> Iterator[str]:
        found = [each for each in self.refusals if each.because_of_drill is because_of_drill]
        yield f"{title}: {sum(each.times for each in found)}."
        for each in found:
            times = f"{each.times} {'time' if each.times == 1 else 'times'}"
            people = f"{each.people} {'person' if each.people == 1 else 'people'}"
            yield f"  {each.reason}: {times}, {people}. {_title(each)}"

    def _changed(self) -> Iterator[str]:
        yield (
            "Accepted, at another price or for another payer than online: "
            f"{self.counts[Count.OTHERWISE_THAN_ONLINE]}."
        )
        yield f"Accepted, and online refused: {self.counts[Count.REFUSED_ONLINE_ONLY]}."
        yield (
            "Decided by the rules from before, for people who were logged in already: "
            f"{self.counts[Count.BY_EARLIER_RULES]}."
        )


def report_of(site: SiteView, drill: OpenDrill, now_ms: WallMs, *, ended: bool) -> DrillReport:
    """The report of the drill that is on; `ended`: it ends now."""
    counts = site.drills.counts(drill.number)
    return DrillReport(
        number=drill.number,
        started_wall_ms=drill.started_wall_ms,
        ended_wall_ms=now_ms if ended else None,
        lasted_ms=max(now_ms - drill.started_wall_ms, 0),
        counts={name.value: counts.get(name, 0) for name in Count},
        refusals=site.drills.refusals(drill.number),
    )


def read_reports(texts: Iterable[str]) -> list[DrillReport]:
    """The reports that `texts` hold; counters that an older version did not have are 0."""
    read = [DrillReport.model_validate_json(text) for text in texts]
    nothing = {name.value: 0 for name in Count}
    return [each.model_copy(update={"counts": nothing | dict(each.counts)}) for each in read]


def _at(wall_ms: int) -> str:
    moment = datetime.fromtimestamp(wall_ms / SECOND_MS, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _lasted(lasted_ms: int) -> str:
    parts: list[str] = []
    for unit, unit_ms in UNITS:
        amount, lasted_ms = divmod(lasted_ms, unit_ms)
        if amount or (unit_ms == SECOND_MS and not parts):
            parts.append(f"{amount} {unit}")
    return " ".join(parts)


def _title(refusal: RefusalSum) -> str:
    known = refusal.reason in Reason.__members__.values()
    return CATALOGUE[Reason(refusal.reason)].title if known else ""
