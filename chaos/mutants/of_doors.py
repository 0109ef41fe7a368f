"""Variants that let in who may not come in, or more than there is room for."""

from __future__ import annotations

from typing import Final

from chaos.mutants.mutant import Mutant, Patch

CERTIFICATE: Final = "nothing_without_certificate"
BOUNDED_SEED: Final = 4
"""Its sites have narrow bounds."""

OF_DOORS: Final = (
    Mutant(
        name="revoked-and-served",
        mistake="Whether a site is revoked is looked at when it joins, and not when it calls.",
        promise=10,
        caught_by=CERTIFICATE,
        plan="a_revoked_site",
        patches=(
            Patch(
                module="primary.service.standing",
                right="    if site.state != APPROVED:\n",
                wrong="    if not site.state:\n",
            ),
        ),
    ),
    Mutant(
        name="logins-without-a-bound",
        mistake="Nobody counts the people who are logged in.",
        promise=8,
        caught_by="bounded",
        plan="visits",
        seed=BOUNDED_SEED,
        patches=(
            Patch(
                module="site_server.service.log_in",
                right="""\
            if unit.sessions.count_open() >= self._ground.limits.sessions_max:
                raise refusal(Cause.TOO_MANY_SESSIONS)
""",
                wrong="",
            ),
        ),
    ),
)
