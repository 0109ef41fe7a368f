"""What somebody wants explained: a login, a copy or a job that might be, in any link state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from failure_modes.facts import CopyFacts, LoginFacts, ReleaseFacts, SubmitFacts
from failure_modes.pricing import PageCount
from failure_modes.vocabulary import HoldMode, Sides
from site_server.service.charged_to import Charge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from failure_modes.facts import Facts
    from failure_modes.policy import Policy
    from failure_modes.vocabulary import LinkState


class Asked(StrEnum):
    """What is asked about."""

    RELEASE = "release"
    COPY = "copy"
    LOGIN = "login"
    HOLD = "hold"
    """A job that enters a queue which holds it."""
    MANAGER = "manager"
    """A job that enters a queue which holds it until a manager lets it go."""
    DIRECT = "direct"
    """A job that enters a queue which prints at once."""


ABOUT_PAPER: Final = frozenset({"pages", "colour", "sides", "paper_size", "account_name"})
ABOUT_JOBS: Final = ABOUT_PAPER | {
    "mono_pages",
    "copies",
    "document_name",
    "document_type",
    "spool_bytes",
}
MAY_SAY: Final[Mapping[Asked, frozenset[str]]] = {
    Asked.RELEASE: ABOUT_JOBS,
    Asked.HOLD: ABOUT_JOBS,
    Asked.MANAGER: ABOUT_JOBS,
    Asked.DIRECT: ABOUT_JOBS,
    Asked.COPY: ABOUT_PAPER,
    Asked.LOGIN: frozenset(),
}
"""What a question may say besides who, where and in which link state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """One question; what it does not say about a job is as it is in most jobs.

    `pages` are those of one copy, all black, or all in colour save `mono_pages` of them. `link` is
    None for the present state.
    """

    user_name: str
    printer_name: str
    asked: Asked = Asked.RELEASE
    pages: int = 0
    colour: bool = False
    mono_pages: int = 0
    copies: int = 1
    sides: Sides = Sides.ONE_SIDED
    paper_size: str = ""
    document_name: str = ""
    document_type: str = ""
    spool_bytes: int = 0
    account_name: str | None = None
    link: LinkState | None = None

    @property
    def charge(self) -> Charge:
        """Who is to pay."""
        return Charge(account_name=self.account_name)

    def facts(self, policy: Policy) -> Facts:
        """The question as `decide` takes it; the policy says whether an account is asked for."""
        choose = self.charge.is_to_choose(policy)
        match self.asked:
            case Asked.LOGIN:
                return LoginFacts(card_known=True)
            case Asked.COPY:
                return CopyFacts(
                    pages=self.pages,
                    colour=self.colour,
                    sides=self.sides,
                    paper_size=self.paper_size,
                    choose_account=choose,
                    account_name=self.account_name,
                )
            case Asked.HOLD:
                return SubmitFacts(hold_mode=HoldMode.USER, job=self._job)
            case Asked.MANAGER:
                return SubmitFacts(hold_mode=HoldMode.MANAGER, job=self._job)
            case Asked.DIRECT:
                job = replace(self._job, choose_account=choose)
                return SubmitFacts(hold_mode=HoldMode.NONE, job=job)
            case Asked.RELEASE:
                return replace(self._job, choose_account=choose)

    @property
    def _job(self) -> ReleaseFacts:
        mono = self.mono_pages if self.colour else self.pages
        return ReleaseFacts(
            pages=PageCount(mono=mono, colour=self.pages - mono),
            copies=self.copies,
            sides=self.sides,
            document_name=self.document_name,
            document_format=self.document_type,
            spool_bytes=self.spool_bytes,
            paper_size=self.paper_size,
            account_name=self.account_name,
        )
