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
    cost_micros: Micros
    impressions: int
    """Printed sides of the whole job,"""
    colour_impressions: int
    """and those of them in colour."""
    doubt: Reason | None
    step: TraceStep

    @property
    def doubts(self) -> tuple[Reason, ...]:
        """The doubt as a list of reasons, empty when the pages were counted."""
        return (self.doubt,) if self.doubt else ()


def estimate(job: ReleaseFacts, price: Price, policy: Policy) -> Estimate:
    """Return the bill of `job`; the policy speaks where its pages could not be counted."""
    pages, doubt = _pages(job, policy)
    layer = policy.layer_of("uncounted_document")
    if pages is None:
        step = TraceStep("uncounted_document", layer, Reason.PAGES_UNKNOWN, "no page count")
        return Estimate(
            lines=(),
            cost_micros=Micros(0),
            impressions=0,
            colour_impressions=0,
            doubt=doubt,
            step=step,
        )
    lines = cost_lines(pages, job.copies, job.sides, price)
    return Estimate(
        lines=lines,
        cost_micros=total_micros(lines),
        impressions=pages.total * job.copies,
        colour_impressions=pages.colour * job.copies,
        doubt=doubt,
        step=TraceStep(
            "uncounted_document",
            layer,
            doubt or "pages_counted",
            "{} impressions x {} copies",
            (pages.total, job.copies),
        ),
    )


def _pages(job: ReleaseFacts, policy: Policy) -> tuple[PageCount | None, Reason | None]:
    if job.pages is not None:
        return (job.pages.in_mono() if job.force_mono else job.pages), None
    if policy.uncounted_document is UncountedDocument.CHARGE_FIXED:
        return PageCount(mono=policy.uncounted_pages, colour=0), Reason.PAGES_ASSUMED
    return None, Reason.PAGES_UNKNOWN
