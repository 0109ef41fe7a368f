"""What a job will cost, as far as anybody can know before it is printed."""

from dataclasses import dataclass

from failure_modes.decision import TraceStep
from failure_modes.facts import ReleaseFacts
from failure_modes.policy import Policy
from failure_modes.pricing import CostLine, PageCount, Price, cost_lines, total_micros
from failure_modes.vocabulary import Micros, Reason, UncountedDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A bill in advance. `doubt` says why it is a guess, or no bill at all."""

    lines: tuple[CostLine, ...]
    doubt: Reason | None
    step: TraceStep

    @property
    def cost_micros(self) -> Micros:
        """What the lines add up to."""
        return total_micros(self.lines)

    @property
    def impressions(self) -> int:
        """Printed sides of the whole job."""
        return sum(line.impressions for line in self.lines)

    @property
    def doubts(self) -> tuple[Reason, ...]:
        """The doubt as a list of reasons, empty when the pages were counted."""
        return (self.doubt,) if self.doubt else ()


def estimate(job: ReleaseFacts, price: Price, policy: Policy) -> Estimate:
    """Return the bill of `job`; the policy speaks where its pages could not be counted."""
    pages, doubt = _pages(job, policy)
    lines = cost_lines(pages, job.copies, job.sides, price) if pages else ()
    step = TraceStep(
        rule="uncounted_document",
        layer=policy.layer_of("uncounted_document"),
        outcome=doubt or "pages_counted",
        detail=f"{pages.total} impressions x {job.copies} copies" if pages else "no page count",
    )
    return Estimate(lines=lines, doubt=doubt, step=step)


def _pages(job: ReleaseFacts, policy: Policy) -> tuple[PageCount | None, Reason | None]:
    if job.pages is not None:
        return (job.pages.in_mono() if job.force_mono else job.pages), None
    if policy.uncounted_document is UncountedDocument.CHARGE_FIXED:
        return PageCount(mono=policy.uncounted_pages, colour=0), Reason.PAGES_ASSUMED
    return None, Reason.PAGES_UNKNOWN
