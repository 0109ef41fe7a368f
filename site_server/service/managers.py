"""Managers: who may let other people's jobs go, and take them away.

A manager of a printer is a member of the group that its policy names. The group stands in the
replica, so a branch that is cut off has its managers all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from failure_modes.policy import Policy
    from site_server.store.directory import Directory
    from site_server.store.directory_rows import Person


def manages(person: Person | None, policy: Policy) -> bool:
    """Whether that person is a manager under these rules."""
    return person is not None and person.enabled and policy.manager_group in person.groups


def is_manager(directory: Directory, user_name: str, printer_name: str) -> bool:
    """Whether that user is a manager at that printer; nobody is where there is no replica."""
    with directory.read() as snapshot:
        if snapshot is None:
            return False
        return manages(snapshot.person(user_name), snapshot.policy(printer_name))
