"""The registers: small tables with many writers and no arithmetic, kept equal by cr-sqlite.

Theory of operation
-------------------
Each change carries its writer (`origin`) and the writer's own version number, also after it was
passed on. So "what do you have" is not one number but one per writer, and any node may pass on
what it has from another: a site's jobs reach the other sites by way of headquarters, or directly.
Changes of one writer travel in the order of its versions and a version is never split, so having
version n means having all before it. Merging a change twice changes nothing.

A newer change of the same cell replaces the older one, also in the list of changes: numbers are
missing where nothing is lost. Therefore each batch says up to which versions it is complete.

Rejected: one cursor per peer over cr-sqlite's local version. A merged change keeps the (often
lower) number of its writer, so such a cursor passes over changes that come late from a third node.

Never money, identity or uniqueness: the last writer wins, cell by cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from replication.messages import RegisterChange
    from replication.ports import Micros, WallMs

BATCH_CHANGES_MAX: Final = 4_000
"""Changes in one batch: about 1 MB on the link, and 0.2 s of the receiver's time."""

Versions = Mapping[str, int]
"""Per writer (32 hex digits), the newest version of which everything is here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldJob:
    """Who holds which job where. The site that has the bytes writes it, nobody else."""

    job_uuid: str
    site_name: str
    user_name: str
    queue_name: str
    job_name: str
    pages: int
    cost_micros: Micros
    state: str
    updated_wall_ms: WallMs


class ClaimState(StrEnum):
    """What became of a claim. The site of the claim writes the first, headquarters the others."""

    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardClaim:
    """Somebody at a site says that a card is theirs; `reason` is why headquarters said no.

    Known by card *and* site: two sites that cannot talk may claim one card for two people. Cell by
    cell, two such claims would merge into one that nobody made, and one of the two people would
    never hear an answer. So each stands alone, and headquarters answers each.
    """

    card_hash: str
    site_name: str
    user_name: str
    claimed_wall_ms: WallMs
    state: ClaimState = ClaimState.CLAIMED
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Changes to merge; after them everything up to `versions` is there."""

    changes: tuple[RegisterChange, ...]
    versions: Versions


class CardClaims(Protocol):
    """The register of provisional cards."""

    @property
    def versions(self) -> Versions:
        """What is here, of each writer."""
        ...

    async def wait_beyond(self, versions: Versions) -> None:
        """Return once something is here that `versions` lacks."""
        ...

    async def card_claims(self) -> tuple[CardClaim, ...]:
        """Every claim of any site, as far as this node has heard."""
        ...

    async def put_card_claim(self, claim: CardClaim) -> None:
        """Make the register say this of the card at that site; durable on return."""
        ...

    async def settle_card_claims(self, verdicts: Sequence[CardClaim]) -> None:
        """Write state and reason of these claims; one that is gone meanwhile stays so."""
        ...

    async def drop_card_claim(self, card_hash: str, site_name: str) -> None:
        """Take the claim out of the register; one that is not there changes nothing."""
        ...


class RegistersPort(Protocol):
    """The registers of this node, as the exchange with a peer needs them."""

    @property
    def versions(self) -> Versions:
        """What is here, of each writer."""
        ...

    async def newer_than(self, versions: Versions) -> Batch | None:
        """Some of what `versions` lacks; None: nothing."""
        ...

    async def merge(self, batch: Batch) -> None:
        """Take the changes over, and remember how far they go. Repeats change nothing."""
        ...

    async def wait_beyond(self, versions: Versions) -> None:
        """Return once something is here that `versions` lacks."""
        ...


def lacking(have: Versions, wanted_by: Versions) -> tuple[str, ...]:
    """The writers of whom `have` is newer than `wanted_by`, in order."""
    return tuple(
        sorted(origin for origin, version in have.items() if version > wanted_by.get(origin, 0))
    )


def newest(*known: Versions) -> dict[str, int]:
    """Per writer, the newest version in any of `known`."""
    merged: dict[str, int] = {}
    for versions in known:
        for origin, version in versions.items():
            merged[origin] = max(version, merged.get(origin, 0))
    return merged


def whole_versions(
    changes: Iterable[RegisterChange], limit: int
) -> tuple[tuple[RegisterChange, ...], bool]:
    """The first changes of one writer, cut between versions at about `limit`; and if that is all.

    The first version comes whole whatever its size: half of one would be taken for all of it.
    """
    taken: list[RegisterChange] = []
    for _, same_version in groupby(changes, key=lambda change: change.db_version):
        if len(taken) >= limit:
            return tuple(taken), False
        taken.extend(same_version)
    return tuple(taken), True
