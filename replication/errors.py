"""Every error that `replication` raises. The docstring of a class is its default message."""

from __future__ import annotations


class ReplicationError(Exception):
    """Replication failed."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__ or "")


class StorageFullError(ReplicationError):
    """The disk is full: nothing was written. Free some space; the same call then works."""


class StorageError(ReplicationError):
    """The database file refused the transaction: nothing was written."""


class NotInEffectError(StorageError):
    """It is accepted and safe in the ledger, and takes effect once the directory can be written.

    Free some space. The same call then answers with what came of it, and does nothing twice.
    """


class FileGoneError(StorageError):
    """The database file was deleted or replaced under this server: nothing is accepted any more."""


class StoreClosedError(ReplicationError):
    """The database file is closed: the server is stopping."""


class HashingBusyError(ReplicationError):
    """Too many PINs and passwords are being looked at. Nothing was changed; try again shortly."""


class AlreadyRunningError(ReplicationError):
    """Another server runs on this data folder. Stop it first, or choose another folder."""


class CannotListenError(ReplicationError):
    """A port cannot be listened on. Stop what listens there, or configure another port."""


class BadEntryError(ReplicationError):
    """This journal entry does not say what its kind promises."""


class BadMessageError(ReplicationError):
    """The other end of the link sent something that is not a message of this protocol."""


class BadJoinTokenError(ReplicationError):
    """This is no join token. Make one at headquarters: holdfast-primary token --site NAME."""
