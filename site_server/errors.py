"""Errors of the site server. The docstring of a class is its default message.

SiteError
├── ConfigError         the configuration cannot be used, all problems at once
├── NotJoinedError      this data folder belongs to no site yet
├── UnsettledError      a secondary's folder is to be run as a site too early
├── NotRunningError     nobody answers for this data folder
├── RefusedError        a clear no to whoever asked, with a stable reason and what to do
├── RefusedRenewalError, NoRenewalsError, UnansweredRenewalError
│                       the certificate is not renewed: by a no, by an old version, by silence
└── SpoolError          the folder of the documents cannot be used
    └── SpoolFullError  no room for this document; nothing was accepted

An outage of the WAN or of a printer is an observation, never one of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class SiteError(Exception):
    """The site server cannot go on. The log says what happened before."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__ or "")


class ConfigError(SiteError):
    """The configuration cannot be used. Correct every problem listed."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join((str(self.__doc__), *(f"  {line}" for line in problems))))
        self.problems = tuple(problems)


class NotJoinedError(SiteError):
    """This data folder belongs to no site yet. Join one first: holdfast-site join --data DIR."""


class UnsettledError(SiteError):
    """Jobs that this folder printed as a secondary are not charged yet."""

    def __init__(self, records: int) -> None:
        super().__init__(
            f"{records} jobs that this folder printed as a secondary are not charged yet. Run it "
            "with --role secondary until its status shows offline_log_records 0."
        )
        self.records = records


class NotRunningError(SiteError):
    """No site server answers for this data folder. Start it: holdfast-site run --data DIR."""


class RefusedError(SiteError):
    """The site said no, and nothing was changed."""

    def __init__(self, reason: str, detail: str, advice: str = "") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.advice = advice


class RefusedRenewalError(SiteError):
    """Headquarters does not renew this site's certificate; the message says why."""


class NoRenewalsError(SiteError):
    """Headquarters is of an older version, which renews no certificates. Upgrade it."""


class UnansweredRenewalError(SiteError):
    """Headquarters did not answer, or not in words of this version."""


class SpoolError(SiteError):
    """The spool folder cannot be used. See the log, and check the disk under it."""


class SpoolFullError(SpoolError):
    """There is no room for this document on the spool: nothing was accepted. Free some space."""
