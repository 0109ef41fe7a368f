"""Become another program, one that cannot outlive its parent and runs only once.

    python -I -S tether.py <parent pid> <signal> <lock file or -> <program> <arguments...>

The kernel sends `signal` when the parent dies, however it dies (PR_SET_PDEATHSIG; kept across
exec). The lock is a flock on a descriptor that the program inherits: it is free again exactly when
the program and all its children are gone, so a restarted server never runs a second applier beside
one that still dies.

A program of its own, because the alternative (`preexec_fn`) runs Python between fork and exec of a
process with threads. It needs nothing but the standard library and takes 15 ms.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import sys
from typing import Final

PR_SET_PDEATHSIG: Final = 1
STATUS_ORPHAN: Final = 74
STATUS_LOCKED: Final = 75
STATUS_NO_PROGRAM: Final = 127


def die_with_parent(parent_pid: int, signal_number: int) -> None:
    """Have the kernel send `signal_number` when the parent dies; leave at once where it is dead."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent_pid:
        sys.exit(STATUS_ORPHAN)


def run_only_once(lock_path: str) -> None:
    """Take the lock for as long as the program runs; leave where another holds it."""
    descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.stderr.write(f"another one still runs (it holds {lock_path})\n")
        sys.exit(STATUS_LOCKED)
    os.set_inheritable(descriptor, True)  # noqa: FBT003 - positional only


def main(arguments: list[str]) -> None:
    """Tie this process to its parent and become the program."""
    parent_pid, signal_number, lock_path, *command = arguments
    die_with_parent(int(parent_pid), int(signal_number))
    if lock_path != "-":
        run_only_once(lock_path)
    try:
        os.execvp(command[0], command)  # noqa: S606 - no shell is wanted
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]}: {error.strerror}\n")
        sys.exit(STATUS_NO_PROGRAM)


if __name__ == "__main__":
    main(sys.argv[1:])
