"""How long ago the same person let the same document out at this site.

Asked inside the writer's transaction, so that of two equal jobs released at once the second sees
the first. Nothing is looked up where no rule wants to know. A job is no duplicate of itself: one
that did not come out may be released again at once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from failure_modes.rule_vocabulary import FilterKind

if TYPE_CHECKING:
    from failure_modes.facts import ReleaseFacts
    from failure_modes.policy import Policy
    from failure_modes.vocabulary import WallMs
    from site_server.store.jobs import Job
    from site_server.store.unit_of_work import SiteView


def with_duplicate_age(
    facts: ReleaseFacts, job: Job, site: SiteView, policy: Policy, now_ms: WallMs
) -> ReleaseFacts:
    """The question of releasing `job`, with the age of the newest other release if there is one.

    A release that lies in the future is none: a clock that was set back delays nobody.
    """
    released_ms = site.jobs.last_let_out(job) if _asks(policy) else None
    if released_ms is None or released_ms > now_ms:
        return facts
    return replace(facts, duplicate_age_ms=now_ms - released_ms)


def _asks(policy: Policy) -> bool:
    """Whether a filter looks for duplicates, now or after some hours of an outage."""
    policies = (policy, *(stage.policy for stage in policy.escalation))
    return any(
        rule.kind is FilterKind.DUPLICATE for each in policies for rule in each.filters.rules
    )
