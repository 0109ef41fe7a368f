"""What the site thinks of itself, for people and for monitoring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from site_server.store.policies import NO_POLICIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from failure_modes.vocabulary import LinkState, MonotonicMs, WallMs
    from site_server.service.dispatch import Dispatcher
    from site_server.service.ground import Ground
    from site_server.service.keep_certificate import CertificateStanding
    from site_server.service.log_in import LogIn


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaStanding:
    """What is known of the replica's way to headquarters' head."""

    txids_behind: int = 0
    bytes_behind: int = 0
    """Of files that are known to be missing, and of page deltas that are not applied yet."""
    fetched_bytes: int = 0
    """Of the files on their way, and `wanted_bytes` of which."""
    wanted_bytes: int = 0
    rebuilds: int = 0
    resync_wanted: bool = False
    needs_reader: int | None = None
    """The replica is frozen until the site reads this version of the schema; None: it is not."""
    alarms: tuple[str, ...] = ()


class FarSide(Protocol):
    """How the site stands to headquarters. 0: nothing is known."""

    @property
    def state(self) -> LinkState:
        """The link's state."""
        ...

    @property
    def since_ms(self) -> MonotonicMs:
        """When that state began."""
        ...

    @property
    def refusal(self) -> str:
        """Why headquarters wants nothing to do with this site; '' where it does not say so."""
        ...

    @property
    def asked_to_wait(self) -> str:
        """Why the next call comes late, where headquarters asked for that; '' else."""
        ...

    @property
    def position(self) -> int:
        """The TXID of the replica."""
        ...

    @property
    def head_txid(self) -> int:
        """The newest TXID that headquarters told of."""
        ...

    @property
    def acked_seq(self) -> int:
        """The last journal entry that headquarters confirmed to this process."""
        ...

    @property
    def journal_trouble(self) -> str:
        """Why the journal cannot be uploaded until a person has acted; '' where it can."""
        ...

    @property
    def clock_offset_ms(self) -> int | None:
        """How far this machine's clock is ahead of headquarters'; None: nobody has said."""
        ...

    @property
    def standing_of_replica(self) -> ReplicaStanding:
        """How the replica stands to headquarters' head."""
        ...

    @property
    def certificate(self) -> CertificateStanding:
        """How the certificate for the link is."""
        ...

    def resync(self) -> None:
        """Make replica and mirror anew, once headquarters can be reached."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The site now. `replica_age_ms` is None where there is no replica yet.

    `price_list_version` is None before the first price list; where a list cannot be read,
    `price_list_problem` says why the simple prices apply.
    """

    site_name: str
    epoch: int
    link_state: LinkState
    link_since_ms: int
    link_refusal: str
    link_asked_to_wait: str
    """Why the next call comes late, where headquarters asked for that; '' else."""
    offline_since_ms: WallMs | None
    """When the link of the present outage was last online; None: there is no outage."""
    policy_version: int
    """The highest version among the policies that apply here; 0: there are none."""
    policy_problems: tuple[str, ...]
    """Why the built-in rules decide in place of those of headquarters; empty: they do not."""
    lineage: str
    position: int
    head_txid: int
    replica_age_ms: int | None
    txids_behind: int
    bytes_behind: int
    """Bytes that are known to be missing in the replica up to `head_txid`."""
    fetched_bytes: int
    """Of what is being fetched, and `wanted_bytes` how much that is."""
    wanted_bytes: int
    replica_rebuilds: int
    resync_wanted: bool
    needs_reader: int | None
    """The replica is frozen until the site reads this version of the schema; None: it is not."""
    alarms: tuple[str, ...]
    """What a person should look at: `word: sentence`; it goes by itself."""
    journal_seq: int
    watermark_seq: int
    acked_seq: int
    pruned_seq: int
    """The last entry that is no longer here, since headquarters holds it for good."""
    journal_trouble: str
    """Why the journal cannot be uploaded until a person has acted; '' where it can."""
    certificate_until_wall_ms: int
    certificate_days_left: int
    """Below 0: it has expired, and is renewed once headquarters can be reached."""
    certificate_trouble: str
    """Why it cannot be renewed until a person has acted; '' where it can."""
    price_list_version: int | None
    price_list_problem: str
    jobs: dict[str, int]
    held_jobs: int
    deliveries: int
    sessions: int
    wall_ms: WallMs
    clock_offset_ms: int | None
    """How far this machine's clock is ahead of headquarters'; None: nobody has said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """How one part is."""

    is_ok: bool
    detail: str


class SiteStatus:
    """Looks at every part; changes nothing."""

    def __init__(
        self,
        ground: Ground,
        far_side: FarSide,
        dispatcher: Dispatcher,
        log_in: LogIn,
        free_bytes: Callable[[], int],
    ) -> None:
        self._ground = ground
        self._far_side = far_side
        self._dispatcher = dispatcher
        self._log_in = log_in
        self._free_bytes = free_bytes

    def status(self) -> Status:
        """Everything, as it is now."""
        ground, far = self._ground, self._far_side
        head, replica, certificate = ground.store.head(), far.standing_of_replica, far.certificate
        wall_ms, offset_ms = ground.clock.wall_ms(), far.clock_offset_ms
        with ground.directory.read() as snapshot:
            heartbeat = snapshot.heartbeat() if snapshot else None
            watermarks = snapshot.watermarks() if snapshot else {}
            prices = snapshot.price_list_at(wall_ms) if snapshot else None
            policies = snapshot.policy_standing() if snapshot else NO_POLICIES
        jobs = self._jobs_by_state()
        return Status(
            site_name=head.site_name,
            epoch=head.epoch,
            link_state=far.state,
            link_since_ms=ground.clock.monotonic_ms() - far.since_ms,
            link_refusal=far.refusal,
            link_asked_to_wait=far.asked_to_wait,
            offline_since_ms=ground.link.offline_since_ms,
            policy_version=policies.version,
            policy_problems=policies.problems,
            lineage=heartbeat.lineage if heartbeat else "",
            position=far.position,
            head_txid=far.head_txid,
            replica_age_ms=wall_ms - (offset_ms or 0) - heartbeat.wall_ms if heartbeat else None,
            txids_behind=replica.txids_behind,
            bytes_behind=replica.bytes_behind,
            fetched_bytes=replica.fetched_bytes,
            wanted_bytes=replica.wanted_bytes,
            replica_rebuilds=replica.rebuilds,
            resync_wanted=replica.resync_wanted,
            needs_reader=replica.needs_reader,
            alarms=replica.alarms,
            journal_seq=head.seq,
            watermark_seq=watermarks.get((head.site_name, head.epoch), 0),
            acked_seq=far.acked_seq,
            pruned_seq=ground.store.pruned_seq(),
            journal_trouble=far.journal_trouble,
            certificate_until_wall_ms=certificate.until_wall_ms,
            certificate_days_left=certificate.days_left,
            certificate_trouble=certificate.trouble,
            price_list_version=prices.version if prices else None,
            price_list_problem=prices.problem if prices else "",
            jobs=jobs,
            held_jobs=jobs.get("held", 0),
            deliveries=self._dispatcher.under_way,
            sessions=self._log_in.open_sessions,
            wall_ms=wall_ms,
            clock_offset_ms=offset_ms,
        )

    def _jobs_by_state(self) -> dict[str, int]:
        with self._ground.store.read() as site:
            return site.jobs.count_by_state()

    def resync(self) -> None:
        """Have replica and mirror made anew; asking twice is asking once."""
        self._far_side.resync()

    def checks(self) -> dict[str, Check]:
        """The parts that monitoring asks for. A link that is down is no fault of this site."""
        free_bytes = self._free_bytes()
        has_replica = self._far_side.position > 0
        alarms = self._far_side.standing_of_replica.alarms
        refusal = self._far_side.refusal
        trouble = self._far_side.journal_trouble
        certificate = self._far_side.certificate
        return {
            "disk": Check(
                is_ok=free_bytes >= self._ground.limits.free_bytes_min,
                detail=f"{free_bytes} bytes free",
            ),
            "store": Check(
                is_ok=self._ground.store.is_there,
                detail="site.db is written"
                if self._ground.store.is_there
                else "site.db vanished under this server: nothing is accepted. Stop the server, "
                "put the file back, start it again",
            ),
            "replica": Check(
                is_ok=has_replica and not alarms,
                detail="; ".join(alarms)
                or (f"TXID {self._far_side.position}" if has_replica else "none yet"),
            ),
            "link": Check(
                is_ok=not refusal,
                detail=refusal or self._far_side.asked_to_wait or self._far_side.state,
            ),
            "journal": Check(is_ok=not trouble, detail=trouble or "every entry is kept or merged"),
            "certificate": Check(
                is_ok=not certificate.trouble,
                detail=certificate.trouble or f"{certificate.days_left} days left",
            ),
        }
