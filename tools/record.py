"""What was put into `.tools/`, with its checksum, so that a second run knows it again."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHELF = ROOT / ".tools"
"""Where installed programs and libraries lie; ignored by git."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Where one installed file came from."""

    version: str
    source: str
    sha256: str


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def known(path: Path, version: str) -> Record | None:
    """The record of this file, if it is the one we put there and of this version."""
    try:
        record = Record(**json.loads(_record_path(path).read_text(encoding="utf-8")))
        same = record.sha256 == sha256_of(path)
    except (OSError, ValueError, TypeError):
        return None
    return record if same and record.version == version else None


def remember(path: Path, *, version: str, source: str) -> Record:
    """Write the record of a file that has just been installed and proved."""
    record = Record(version=version, source=source, sha256=sha256_of(path))
    _record_path(path).write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
    return record


def place(content: bytes, path: Path, *, mode: int) -> None:
    """Put a file into its place whole: it is there in full or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.half")
    half.write_bytes(content)
    half.chmod(mode)
    half.replace(path)


def _record_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")
