"""What following the directory needs: the mirror, the applier and the primary's store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from replication.adapters.applier_process import Applied
    from replication.manifest import LtxName, Manifest
    from replication.position import Position


class DeltaApplying(Protocol):
    """The applier."""

    async def apply_deltas(self, lineage: str, deltas: Sequence[bytes]) -> Applied:
        """Apply them as one step, or raise `BadDeltaError`."""
        ...


class DeltaSource(Protocol):
    """The primary."""

    async def deltas(self, lineage: str, base_txid: int, txid: int) -> Sequence[bytes]:
        """The deltas that lead from the one TXID to the other."""
        ...


class Mirroring(Protocol):
    """`replication.adapters.ltx_mirror.Mirror`, as far as it is used here."""

    @property
    def overweight(self) -> bool:
        """Whether a newer snapshot is due."""
        ...

    async def pull(self, manifest: Manifest) -> Sequence[LtxName]:
        """Fetch what is needed of `manifest`."""
        ...

    async def applied(self, position: Position) -> None:
        """Note what was applied."""
        ...

    async def drop(self, names: Sequence[str]) -> None:
        """Delete damaged files."""
        ...

    def forget_applied(self) -> None:
        """The replica is lost."""
        ...

    async def renew(self, manifest: Manifest) -> None:
        """Have no file that is not the one that headquarters has."""
        ...

    async def reload(self) -> None:
        """Look again at what is there."""
        ...

    async def adopt(self, lineage: str, name: LtxName) -> None:
        """Take in a file that the applier wrote."""
        ...


class Wish(Protocol):
    """An administrator's wish that replica and mirror be made anew. It outlives a restart."""

    @property
    def wanted(self) -> bool:
        """Whether it is still to be granted."""
        ...

    def granted(self) -> None:
        """It is done."""
        ...


class Applying(DeltaApplying, Protocol):
    """`replication.adapters.applier_process.ApplierProcess`, as far as it is used here."""

    async def apply(self, lineage: str, head_txid: int | None = None) -> Applied:
        """Apply what the mirror has."""
        ...

    async def rebuild(self, lineage: str) -> Applied:
        """Make the replica anew from what the mirror has; the old one answers until then."""
        ...


class Listing(DeltaSource, Protocol):
    """The primary's store."""

    async def manifest(self, after_txid: int) -> Manifest:
        """Its files after that TXID; 0: all."""
        ...
