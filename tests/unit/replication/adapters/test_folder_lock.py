from pathlib import Path

import pytest

from replication.adapters.folder_lock import only_server_of
from replication.errors import AlreadyRunningError


def test_a_folder_has_one_primary_at_a_time(tmp_path: Path) -> None:
    with (
        only_server_of(tmp_path),
        pytest.raises(AlreadyRunningError, match="Stop it first"),
        only_server_of(tmp_path),
    ):
        pass

    with only_server_of(tmp_path):
        pass
