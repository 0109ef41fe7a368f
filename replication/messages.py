"""What the two ends of the site link say to each other: JSON text frames of one WebSocket.

Two things are no JSON: a page delta, which the primary sends as a binary frame, and packed entries
(`replication.packed`), which a site sends as one. The site opens the link, says `Hello`, hears
`Welcome`, and from then on both speak when they have something to say. Every message may be
repeated or lost with the connection; none needs an answer to be safe. An unknown message ends the
connection, so the two ends agree on a version before the first one (`replication.versions`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from failure_modes.vocabulary import LinkState
from replication.entry_bodies import Money, Payer
from replication.entry_bounds import SmallInt
from replication.errors import BadMessageError
from replication.exchange import BATCH_ENTRIES_MAX
from replication.starts import Former, Instance, StartNumber
from replication.wire_entry import WireEntry

T = TypeVar("T")

PROTOCOL: Final = 2
"""2: a beat says how the site stands; allowances and page deltas. All of it: `versions.SINCE`."""
ALLOWANCES_SINCE: Final = 2
UPLINK: Final = 3
"""The version of the way up, beside the protocol: 2: entries may come packed, in binary frames
(`replication.packed`), and beats say the time. 3: a site can say how it stands. Both ends speak the
lower one of theirs; 1 is not written, so that an older end does not meet a field that it refuses.
"""
STANDING_SINCE: Final = 3
HELD_MAX: Final = 5_000
"""Allowances in one message: about 500 kB."""
NEEDS_MAX: Final = 100
"""Of one ask: one short transaction of the directory."""
MESSAGE_BYTES_MAX: Final = 4 * 1024 * 1024
"""Of one WebSocket message."""
SITE_NAME_PATTERN: Final = r"^[a-z0-9][a-z0-9-]{0,62}$"
SiteName = Annotated[str, Field(pattern=SITE_NAME_PATTERN)]
Seq = Annotated[int, Field(ge=0, le=2**53)]
Epoch = Annotated[int, Field(ge=1, le=2**31)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Lineage = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Uplink = Annotated[int, Field(ge=1, le=1000, exclude_if=lambda version: version == 1)]
Origin = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
"""The identity of one registers database: cr-sqlite's site id, 16 bytes in hex."""
Versions = Annotated[dict[Origin, Seq], Field(max_length=10_000)]
"""Per writer, the newest version of its registers that someone has."""


class Message(BaseModel):
    """The base of every message: frozen, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RegisterChange(Message):
    """One row of cr-sqlite's change table, bytes as hex; `origin` is what it calls `site_id`."""

    table: Annotated[str, Field(max_length=64)]
    pk_hex: Annotated[str, Field(max_length=2048, pattern=r"^([0-9a-f]{2})+$")]
    cid: Annotated[str, Field(max_length=64)]
    val: Annotated[str, Field(max_length=4096)] | SmallInt | float | None
    col_version: SmallInt
    db_version: Seq
    origin: Origin
    cl: SmallInt
    seq: SmallInt


class ManifestFile(Message):
    """One LTX file of the primary's store (`replication.manifest.ManifestEntry` on the wire)."""

    name: Annotated[str, Field(pattern=r"^ltx/[0-9]/[0-9a-f]{16}-[0-9a-f]{16}\.ltx$")]
    size_bytes: Annotated[int, Field(ge=0)]
    sha256: Hash


class Hello(Message):
    """Site: who I am and where I stand."""

    type: Literal["hello"] = "hello"
    protocol: int = PROTOCOL
    site_name: SiteName
    epoch: Epoch
    journal_seq: Seq
    wall_ms: SmallInt
    takes_deltas: bool = False
    """Send me page deltas where there is one, instead of the head that it leads to."""
    uplink: Uplink = 1
    kept_from_seq: Annotated[Seq, Field(exclude_if=lambda seq: seq == 1)] = 1
    """The first entry that the site still has; not written where it has them all."""
    start: StartNumber = None
    instance: Instance = None
    former: Former = []
    """Which start of the site this is, its nonce, and those before it (`replication.starts`)."""


class Beat(Message):
    """Site: a no-op of the write path. Answered only once the primary's writer has answered.

    It also says how the site stands; None: it does not say.
    """

    type: Literal["beat"] = "beat"
    number: Seq
    policy_version: Seq | None = None
    """The highest version among the policies that apply there."""
    link_state: LinkState | None = None
    order_number: Seq | None = None
    """The newest order of headquarters that was obeyed or refused there."""
    position_txid: Seq | None = None
    """Where its replica stands; 0: it has none."""
    replica_age_ms: Seq | None = None
    """Since it saw the newest heartbeat row first, by its own clock."""
    wall_ms: Annotated[SmallInt | None, Field(exclude_if=lambda wall_ms: wall_ms is None)] = None
    """The site's clock."""
    reader: Annotated[Seq | None, Field(exclude_if=lambda reader: reader is None)] = None
    needs_reader: Annotated[Seq | None, Field(exclude_if=lambda reader: reader is None)] = None
    """The directory's schema that the site reads, and the one without which it is frozen."""


class Entries(Message):
    """Site: journal entries in order, without holes."""

    type: Literal["entries"] = "entries"
    entries: Annotated[list[WireEntry], Field(min_length=1, max_length=BATCH_ENTRIES_MAX)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedEntries:
    """Site: `Entries` in a binary frame that holds nothing else (`replication.packed`)."""

    data: bytes


class AllowanceNeed(Message):
    """How high the site's grant for a payer must stand; see `failure_modes.allowance.GrantFacts`.

    A level and no addition: whoever asks twice gets no more.
    """

    payer: Payer
    want_micros: Money
    usual_micros: Money


class AllowanceAsk(Message):
    """Site: this is needed here. The answer is the directory itself, as replication brings it."""

    type: Literal["allowance_ask"] = "allowance_ask"
    needs: Annotated[list[AllowanceNeed], Field(min_length=1, max_length=NEEDS_MAX)]


class HeldAllowance(Message):
    """What a site may still spend of a payer's credit beyond its journal so far."""

    payer: Payer
    left_micros: Money


class Standing(Message):
    """Site: where my replica stands, and what I may spend alone beyond entry `journal_seq`.

    Said where headquarters asks for it (it was restored), and where this replica is newer than
    headquarters' directory. In several messages where one does not hold it.
    """

    type: Literal["standing"] = "standing"
    lineage: Lineage
    txid: Seq
    journal_seq: Seq
    held: Annotated[list[HeldAllowance], Field(max_length=HELD_MAX)] = []
    is_last: bool = True


class Welcome(Message):
    """Primary: the link stands. `watermark_seq` is how far this epoch has taken effect."""

    type: Literal["welcome"] = "welcome"
    protocol: int = PROTOCOL
    lineage: Lineage
    txid: Seq
    watermark_seq: Seq
    wall_ms: int
    uplink: Uplink = 1
    wants_standing: Annotated[bool, Field(exclude_if=lambda wants: not wants)] = False
    """Say how you stand. Only to a site of `uplink` 3 or newer."""


class BeatAck(Message):
    """Primary: the write path works."""

    type: Literal["beat_ack"] = "beat_ack"
    number: Seq


class Ack(Message):
    """Primary: everything up to `seq` has taken effect."""

    type: Literal["ack"] = "ack"
    seq: Seq


class Gap(Message):
    """Primary: send again from `want_seq`."""

    type: Literal["gap"] = "gap"
    want_seq: Annotated[int, Field(ge=1, le=2**53)]


class Fence(Message):
    """Primary: this site takes no further part until a person has looked; `reason` says why."""

    type: Literal["fence"] = "fence"
    reason: Annotated[str, Field(max_length=1023)]


class Head(Message):
    """Primary: the directory is at `txid` now; `files` lead there from the last head."""

    type: Literal["head"] = "head"
    lineage: Lineage
    txid: Seq
    files: Annotated[list[ManifestFile], Field(max_length=1000)] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedDelta:
    """Primary: the page delta from the head told last to the new one (`replication.page_delta`).

    Only to a site that takes deltas, in a binary frame that holds nothing else.
    """

    data: bytes


class AllowanceRecall(Message):
    """Primary: another site needs so much of this payer's credit; give back what you do not."""

    type: Literal["allowance_recall"] = "allowance_recall"
    payer: Payer
    amount_micros: Money


class RegistersHave(Message):
    """Both, once per connection: of each writer's registers I have everything up to this version.

    The other end then sends what is newer, and goes on doing so.
    """

    type: Literal["registers_have"] = "registers_have"
    versions: Versions


class Registers(Message):
    """Both: changes of the registers. After them you have each writer's up to `versions`."""

    type: Literal["registers"] = "registers"
    changes: Annotated[list[RegisterChange], Field(max_length=20_000)]
    versions: Versions


JsonFromSite = Hello | Beat | Entries | AllowanceAsk | Standing | Registers | RegistersHave
JsonFromPrimary = (
    Welcome | BeatAck | Ack | Gap | Fence | Head | AllowanceRecall | Registers | RegistersHave
)
FromSite = Annotated[JsonFromSite, Field(discriminator="type")]
FromPrimary = Annotated[JsonFromPrimary, Field(discriminator="type")]
AnyFromSite = JsonFromSite | PackedEntries
AnyFromPrimary = JsonFromPrimary | PushedDelta

_FROM_SITE: Final[TypeAdapter[JsonFromSite]] = TypeAdapter(FromSite)
_FROM_PRIMARY: Final[TypeAdapter[JsonFromPrimary]] = TypeAdapter(FromPrimary)


def parse_from_site(text: str | bytes) -> JsonFromSite:
    """The message a site sent; `BadMessageError` where it is none."""
    return _parse(_FROM_SITE, text)


def parse_from_primary(text: str | bytes) -> JsonFromPrimary:
    """The message the primary sent; `BadMessageError` where it is none."""
    return _parse(_FROM_PRIMARY, text)


def _parse(adapter: TypeAdapter[T], text: str | bytes) -> T:
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadMessageError(
            f"Not a message of protocol {PROTOCOL}: {where}: {first['msg']}"
        ) from error
