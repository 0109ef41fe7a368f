"""The key that opens `GET /metrics` and nothing else: `metrics.key` in the data folder."""

import secrets
from pathlib import Path
from typing import Final

from replication.adapters.private_file import write_private

METRICS_KEY_FILE: Final = "metrics.key"
KEY_BYTES: Final = 32


def metrics_key(data_dir: Path) -> str:
    """The key; made when it is first asked for."""
    path = data_dir / METRICS_KEY_FILE
    if not path.exists():
        write_private(path, f"{secrets.token_urlsafe(KEY_BYTES)}\n".encode())
    return path.read_text("ascii").strip()
