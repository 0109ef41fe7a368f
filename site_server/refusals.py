"""How this site says no: by a reason of `failure_modes.catalogue`, or by a cause of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from failure_modes.catalogue import CATALOGUE, render
from failure_modes.vocabulary import Reason
from site_server.causes import WORDS, Cause
from site_server.errors import RefusedError

if TYPE_CHECKING:
    from failure_modes.decision import Decision


def refusal(cause: Cause) -> RefusedError:
    """The error that says this no."""
    words = WORDS[cause]
    return RefusedError(cause, words.detail, words.advice)


def refusal_of(decision: Decision, currency: str) -> RefusedError:
    """The error that says what was decided, in the catalogue's words."""
    first = decision.reasons[0]
    return RefusedError(first, render(decision, currency), CATALOGUE[first].advice)


def refusal_for(reason: Reason) -> RefusedError:
    """The error for a reason of the catalogue whose sentence needs no numbers."""
    entry = CATALOGUE[reason]
    return RefusedError(reason, entry.message, entry.advice)


def retry_helps(reason: str) -> bool:
    """Whether the same question may be answered otherwise a little later."""
    if reason in Cause.__members__.values():
        return WORDS[Cause(reason)].retry_helps
    return reason in Reason.__members__.values() and CATALOGUE[Reason(reason)].retry_helps
