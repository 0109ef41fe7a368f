from __future__ import annotations

import json

import pytest

from replication.errors import BadMessageError
from replication.manifest import BadNameError, LtxName, Manifest, ManifestEntry

NAME = LtxName(level=1, min_txid=2, max_txid=0x1F)
ENTRY = ManifestEntry(name=NAME, size_bytes=123, sha256="ab" * 32)
MANIFEST = Manifest(lineage="a" * 32, entries=(ENTRY,))


def test_a_name_reads_what_it_printed() -> None:
    assert str(NAME) == "ltx/1/0000000000000002-000000000000001f.ltx"
    assert LtxName.parse(str(NAME)) == NAME


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ltx/1/2-1f.ltx",
        "ltx/1/0000000000000002-000000000000001f.ltx.tmp",
        "ltx/10/0000000000000002-000000000000001f.ltx",
        "ltx/1/000000000000001f-0000000000000002.ltx",
        "ltx/1/0000000000000000-0000000000000002.ltx",
        "../ltx/1/0000000000000002-000000000000001f.ltx",
        "ltx/1/0000000000000002-000000000000001F.ltx",
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(BadNameError):
        LtxName.parse(text)


def test_a_manifest_survives_json() -> None:
    assert Manifest.from_json(json.loads(json.dumps(MANIFEST.as_json()))) == MANIFEST
    assert MANIFEST.head_txid == 0x1F
    assert Manifest(lineage="a" * 32, entries=()).head_txid == 0


@pytest.mark.parametrize(
    "change",
    [
        {"lineage": "../.."},
        {"files": None},
        {"more": 1},
        {"files": [{"name": "ltx/1/x.ltx", "size_bytes": 1, "sha256": "ab" * 32}]},
        {"files": [{"name": str(NAME), "size_bytes": -1, "sha256": "ab" * 32}]},
        {"files": [{"name": str(NAME), "size_bytes": 1, "sha256": "short"}]},
    ],
)
def test_what_is_no_manifest_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadMessageError):
        Manifest.from_json(MANIFEST.as_json() | change)
