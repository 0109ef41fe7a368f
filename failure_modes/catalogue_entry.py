"""One line of the catalogue of reasons."""

from dataclasses import dataclass

from failure_modes.vocabulary import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One reason. `message` speaks to the person who prints, `advice` to the operator."""

    code: Reason
    title: str
    message: str
    advice: str
    retry_helps: bool = False
    """Whether the same question, asked again a little later, may be answered otherwise."""
