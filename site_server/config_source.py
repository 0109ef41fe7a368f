"""Where a site fetches the files of the directory, if not from headquarters itself."""

from __future__ import annotations

from typing import Literal

from replication.adapters.store_place import StoreSection


class SourceSection(StoreSection):
    """The store that headquarters writes to, as this site may read it.

    Its key should be one that may read and nothing else.
    """

    type: Literal["primary", "s3", "nats"] = "primary"
