"""Every error that `primary` raises. The docstring of a class is its default message."""

from collections.abc import Sequence

from replication.wait import Wait


class PrimaryError(Exception):
    """The primary failed."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__ or "")


class ConfigError(PrimaryError):
    """The configuration cannot be used. `problems` holds every one of them, each with its place."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class AlreadyInitialisedError(PrimaryError):
    """This data folder already holds a directory. Nothing was changed; choose another folder."""


class LedgerNotEmptyError(PrimaryError):
    """The ledger's database holds entries already. Nothing was changed; name an empty one."""


class NotInitialisedError(PrimaryError):
    """This data folder holds no directory. Make one: holdfast-primary init --from FILE."""


class RefusedError(PrimaryError):
    """The running primary refused."""


class NotRunningError(PrimaryError):
    """No primary answers for this data folder. Start it: holdfast-primary run --data DIR."""


class NotFoundError(PrimaryError):
    """There is nothing of this name in the directory."""


class ConflictError(PrimaryError):
    """This contradicts what the directory holds. Nothing was changed."""


class BelowMinimumError(PrimaryError):
    """The balance would fall below `remaining_min_micros`. Nothing was changed."""

    def __init__(self, *, balance_micros: int, remaining_min_micros: int) -> None:
        self.balance_micros = balance_micros
        self.remaining_min_micros = remaining_min_micros
        super().__init__(
            f"The balance is {balance_micros} micros and must not fall below "
            f"{remaining_min_micros}. Nothing was changed; ask for less."
        )


class SiteRevokedError(PrimaryError):
    """This site is revoked. To let it join anew: holdfast-primary revoke --site NAME --lift."""


class ProjectionError(PrimaryError):
    """The directory does not fit the ledger, so no money was moved. Run holdfast-primary doctor."""


class BadRequestError(PrimaryError):
    """This request does not say what it should. Nothing was changed; correct it."""


class TooBusyError(PrimaryError):
    """Headquarters has too much to do. `wait` says when to come again."""

    def __init__(self, wait: Wait) -> None:
        self.wait = wait
        super().__init__(f"Come again in {wait.seconds} s: {wait.reason}.")


class JoinRefusedError(PrimaryError):
    """This join token was used before, or is too old. Make a new one: holdfast-primary token."""


class CertificateTooOldError(PrimaryError):
    """This certificate expired too long ago to be renewed. Join the site anew with a new token."""


class DamagedKeyError(PrimaryError):
    """The CA's key or certificate cannot be read. Restore the pki folder from a backup."""
