"""One primary per data folder: two would both believe to be the only writer."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from primary.errors import AlreadyRunningError

LOCK_FILE: Final = "primary.lock"


@contextmanager
def only_primary_of(data_dir: Path) -> Iterator[None]:
    """Hold the folder; the kernel lets go of it when this process ends, however it ends.

    Errors: `AlreadyRunningError`.
    """
    handle = os.open(data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise AlreadyRunningError from error
    finally:
        os.close(handle)
