"""`holdfast-site resync`: replica and mirror anew, and nothing else touched."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from site_server.adapters import identity as identities
from site_server.adapters.resync_wish import ResyncWish
from site_server.admin_client import ask_site
from site_server.data_folder import DataFolder
from site_server.errors import NotRunningError

if TYPE_CHECKING:
    from pathlib import Path

AS_SOON_AS: Final = (
    "Replica and mirror are made anew as soon as headquarters can be reached{}. "
    "The replica that is here answers until then; journal, jobs and spool are not touched."
)


def resync(data_dir: Path) -> str:
    """Have it done by the running site, or by the next one that runs; what to print.

    Errors: `NotJoinedError`, and `RefusedError` from a node that has no replica.
    """
    try:
        asyncio.run(ask_site(data_dir, "/admin/v1/resync", {}))
    except NotRunningError:
        folder = DataFolder(data_dir)
        identities.load(folder.identity)
        ResyncWish(folder.resync_wish).make()
        return AS_SOON_AS.format(" by the site, which does not run now")
    return AS_SOON_AS.format("")
