"""What a checker says: valid, invalid, or unknown where it had too little to judge from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Validity(StrEnum):
    """Whether a promise was kept."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The judgement on one promise of architecture.md. `findings` name every violation."""

    promise: int
    checker: str
    validity: Validity
    findings: tuple[str, ...] = ()
    measured: str = ""
    judged: int = 0
    """How many things were looked at."""

    @property
    def kept(self) -> bool:
        """Whether the promise was surely kept."""
        return self.validity is Validity.VALID


def verdict(
    promise: int, checker: str, findings: list[str], *, judged: int, measured: str = ""
) -> Verdict:
    """Invalid with findings; unknown where nothing was `judged`; else valid."""
    without_findings = Validity.VALID if judged else Validity.UNKNOWN
    return Verdict(
        promise=promise,
        checker=checker,
        validity=Validity.INVALID if findings else without_findings,
        findings=tuple(findings),
        measured=measured,
        judged=judged,
    )
