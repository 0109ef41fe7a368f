"""What the primary's API needs from the other parts, as small protocols."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from replication.registers import HeldJob


class JoinTokens(Protocol):
    """Makes the tokens with which sites join."""

    async def issue(self, site_name: str, host: str | None, port: int | None) -> str:
        """A new token; the site dials `host` and `port`, or what is configured where they are None.

        Errors: `NotFoundError`, `SiteRevokedError`.
        """
        ...


class HeldJobs(Protocol):
    """The register of held jobs."""

    async def held_jobs(self) -> tuple[HeldJob, ...]:
        """Every job that any site holds, as far as headquarters has heard."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """How one part of the primary is."""

    is_ok: bool
    detail: str


Checks: TypeAlias = Mapping[str, Callable[[], Check]]
"""The parts that `GET /health` asks, by name."""
