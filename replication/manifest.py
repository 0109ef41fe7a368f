"""What the primary's store holds: names, sizes and digests of LTX files, under one lineage."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic import Field, ValidationError

from replication.errors import BadMessageError
from replication.messages import Lineage, ManifestFile, Message
from replication.position import TXID_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping

LEVEL_SNAPSHOT: Final = 9
FILES_MAX: Final = 1_000_000
"""In one manifest: 24 h of level 0 at 11 commits a second."""
_NAME: Final = re.compile(r"ltx/([0-9])/([0-9a-f]{16})-([0-9a-f]{16})\.ltx")


class BadNameError(BadMessageError):
    """This is not the name of an LTX file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LtxName:
    """`ltx/<level>/<min>-<max>.ltx`: the changes of the transactions min..max in one file."""

    level: int
    min_txid: int
    max_txid: int

    def __post_init__(self) -> None:
        fits = 0 <= self.level <= LEVEL_SNAPSHOT
        if not fits or not 1 <= self.min_txid <= self.max_txid <= TXID_MAX:
            raise BadNameError(
                f"No LTX file has level {self.level}, TXID {self.min_txid} to {self.max_txid}."
            )

    @classmethod
    def parse(cls, text: str) -> LtxName:
        """The name that printed as `text`; `BadNameError` where it is none."""
        found = _NAME.fullmatch(text)
        if found is None:
            raise BadNameError(f"{text[:80]!r} is not the name of an LTX file.")
        return cls(level=int(found[1]), min_txid=int(found[2], 16), max_txid=int(found[3], 16))

    def __str__(self) -> str:
        return f"ltx/{self.level}/{self.min_txid:016x}-{self.max_txid:016x}.ltx"

    @property
    def is_snapshot(self) -> bool:
        """True where the file lies at the snapshots' level."""
        return self.level == LEVEL_SNAPSHOT


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestEntry:
    """One file of the store. `sha256` is lower-case hex, of the bytes on disk."""

    name: LtxName
    size_bytes: int
    sha256: str

    @classmethod
    def of_wire(cls, file: ManifestFile) -> ManifestEntry:
        """The entry that a message carried."""
        return cls(name=LtxName.parse(file.name), size_bytes=file.size_bytes, sha256=file.sha256)

    def wire(self) -> ManifestFile:
        """The form in which messages carry it."""
        return ManifestFile(name=str(self.name), size_bytes=self.size_bytes, sha256=self.sha256)


class _ManifestBody(Message):
    lineage: Lineage
    files: Annotated[list[ManifestFile], Field(max_length=FILES_MAX)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The files of one lineage that lead to its head; perhaps only a part of the store."""

    lineage: str
    entries: tuple[ManifestEntry, ...]

    @property
    def head_txid(self) -> int:
        """The newest TXID in it; 0 when there is none."""
        return max((entry.name.max_txid for entry in self.entries), default=0)

    def as_json(self) -> dict[str, object]:
        """A value for `json.dumps`."""
        body = _ManifestBody(lineage=self.lineage, files=[entry.wire() for entry in self.entries])
        return body.model_dump()

    @classmethod
    def from_json(cls, value: Mapping[str, object]) -> Self:
        """The manifest that `as_json` gave; `BadMessageError` where it is none."""
        try:
            body = _ManifestBody.model_validate(value)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise BadMessageError(f"Not a manifest: {where}: {first['msg']}") from error
        return cls(
            lineage=body.lineage,
            entries=tuple(ManifestEntry.of_wire(file) for file in body.files),
        )
