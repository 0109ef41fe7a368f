from pathlib import Path

import pytest

from primary.errors import AlreadyRunningError
from primary.folder_lock import only_primary_of


def test_a_folder_has_one_primary_at_a_time(tmp_path: Path) -> None:
    with (
        only_primary_of(tmp_path),
        pytest.raises(AlreadyRunningError, match="Stop it first"),
        only_primary_of(tmp_path),
    ):
        pass

    with only_primary_of(tmp_path):
        pass
