"""The link to headquarters, put together: journal up, directory down, registers both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replication.adapters.ltx_mirror import Mirror
from replication.position import NOWHERE
from site_server.adapters.mirror_folder import newest_lineage
from site_server.adapters.resync_wish import ResyncWish
from site_server.service.applied_policy import AppliedPolicy
from site_server.service.backlog import Backlog
from site_server.service.carry_over import CarryOver
from site_server.service.exchange_registers import ExchangeRegisters
from site_server.service.exchange_with_primary import ExchangeWithPrimary
from site_server.service.follow_directory import FollowDirectory
from site_server.service.keep_allowances import KeepAllowances
from site_server.service.keep_certificate import CertificateStanding
from site_server.service.replica_age import ReplicaAge
from site_server.service.site_status import ReplicaStanding
from site_server.service.sound_replica import SoundReplica
from site_server.service.stall import Progress, StallAlarm
from site_server.service.tell_bootstrap import TellBootstrap
from site_server.service.tell_standing import TellStanding
from site_server.service.true_time import TrueTime
from site_server.service.watch_files import WatchFiles
from site_server.service.watch_link import ReplicaSigns, WatchLink
from site_server.store.directory import Directory

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from failure_modes.vocabulary import LinkState, MonotonicMs, WallMs
    from replication.messages import Hello
    from replication.ports import Clock
    from site_server.config import Config
    from site_server.data_folder import DataFolder
    from site_server.near_side import NearSide
    from site_server.ports import LinkOrder, LinkStanding
    from site_server.service.supervise import Supervisor
    from site_server.store.site_store import SiteStore
    from site_server.ways import Ways


class FarSide:
    """Everything that concerns headquarters. Nothing in it is waited for by a decision."""

    def __init__(
        self,
        config: Config,
        near: NearSide,
        clock: Clock,
        ways: Callable[[Callable[[], Hello]], Ways],
    ) -> None:
        """`ways`: made once it is known how this site says hello."""
        identity, folder = near.identity, near.folder
        folder.mirror.mkdir(exist_ok=True)
        out = ways(lambda: self._exchange.hello())  # noqa: PLW0108 - made two lines further down
        self._client, self._applier, self._certificate = out.caller, out.applier, out.certificate
        self._exchange = ExchangeWithPrimary(
            journal=near.store, link=self._client, clock=clock, start=near.store.start()
        )
        position = None if near.replica.position == NOWHERE else near.replica.position
        self._mirror = Mirror(folder.mirror, out.fetch, position)
        self._sound = SoundReplica(self._applier, near.replica, clock)
        self._wish = ResyncWish(folder.resync_wish)
        self._follow = FollowDirectory(
            mirror=self._mirror,
            applier=self._sound,
            listing=self._client,
            position=position,
            mirror_lineage=newest_lineage(folder.mirror),
        )
        self._follow.wish = self._wish
        self._sound.on_suspicion = self._follow.look_again
        self._files = self._watch_files(folder)
        self._carry_over = CarryOver(near.store, self._client)
        self._sideways = ExchangeRegisters(registers=near.registers, link=self._client)
        directory = Directory(near.replica, identity.site_name)
        self.allowances = KeepAllowances(
            store=near.store, directory=directory, link=self._client, clock=clock
        )
        self._standing = self._tell_standing(near.store, directory)
        self._age = ReplicaAge(directory, clock, near.applied)
        self._stall = StallAlarm(self, clock)
        self.true_time = TrueTime(clock)
        self._watch = self._watch_link(config, clock, AppliedPolicy(directory, near.applied))
        _go_on(self._watch, near.store)

    def _watch_files(self, folder: DataFolder) -> WatchFiles:
        return WatchFiles(
            replica=folder.replica,
            position=lambda: self._follow.position,
            base=lambda: self._mirror.base_path,
            lost_replica=self._sound.lost,
            lost_mirror=self._follow.refill,
        )

    def _watch_link(self, config: Config, clock: Clock, policy: AppliedPolicy) -> WatchLink:
        return WatchLink(
            link=self._client,
            clock=clock,
            backlog=Backlog((self._exchange, self._follow)),
            timing=config.link.timing(),
            replica=ReplicaSigns(
                age_ms=self._age.age_ms,
                position=lambda: self.position,
                policy_version=policy.version,
                needs_reader=lambda: self._follow.frozen.needs_reader,
            ),
        )

    def _tell_standing(self, store: SiteStore, directory: Directory) -> TellStanding:
        return TellStanding(
            store=store,
            directory=directory,
            link=self._client,
            position=lambda: self._follow.position,
        )

    def start(self, supervisor: Supervisor) -> None:
        """Keep everything going."""
        listeners = (
            self.true_time,
            self._watch,
            self._standing,
            self._exchange,
            self._follow,
            self._sideways,
            self.allowances,
            *((self._certificate,) if self._certificate else ()),
            self._carry_over,
        )

        async def keep_linked() -> None:
            await self._client.run(listeners)

        supervisor.keep("applier", self._applier.run)
        supervisor.keep("link", keep_linked)
        supervisor.keep("link watcher", self._watch.run)
        supervisor.keep("journal upload", self._exchange.run)
        supervisor.keep("directory", self._follow.run)
        supervisor.keep("watch over files", self._files.run)
        telling = TellBootstrap(lambda: self.standing_of_replica, lambda: self.position)
        supervisor.keep("news of the first copy", telling.run)
        supervisor.keep("stall alarm", self._stall.run)
        supervisor.keep("registers", self._sideways.run)
        supervisor.keep("allowances", self.allowances.run)
        if self._certificate is not None:
            supervisor.keep("certificate", self._certificate.run)
        supervisor.keep("journal of former epochs", self._carry_over.run)

    @property
    def state(self) -> LinkState:
        """The link's state."""
        return self._watch.state

    @property
    def since_ms(self) -> MonotonicMs:
        """When that state began."""
        return self._watch.since_ms

    @property
    def offline_since_ms(self) -> WallMs | None:
        """When the link of the present outage was last online; None where there is no outage."""
        return self._watch.offline_since_ms

    @property
    def standing(self) -> LinkStanding:
        """What is to be remembered of the link."""
        return self._watch.standing

    @property
    def changed(self) -> asyncio.Event:
        """Set once, at the next change of the link's state."""
        return self._watch.changed

    @property
    def applied(self) -> asyncio.Event:
        """Set once, when the replica is newer than now."""
        return self._follow.applied

    def foresee(self, order: LinkOrder) -> LinkStanding:
        """What would stand after the order; raises `IllegalTransitionError` where it is refused."""
        return self._watch.foresee(order)

    def obey(self, order: LinkOrder) -> bool:
        """Do as ordered; whether that changed the state. Errors as `foresee`."""
        return self._watch.obey(order)

    def pass_over(self, order: LinkOrder) -> None:
        """Remember only that this order was seen."""
        self._watch.pass_over(order)

    def progress(self) -> Progress:
        """How far the replica is, as `StallAlarm` asks."""
        follow = self._follow
        return Progress(
            is_up=follow.is_up and not follow.frozen,
            lost_beats=self._watch.lost_beats,
            is_behind=follow.done < follow.head_txid,
            moved=(
                follow.done,
                self._mirror.fetched_bytes,
                self._client.arrived_bytes,
                self._applier.written_bytes(),
            ),
            replica_age_ms=self._age.age_ms(),
        )

    @property
    def standing_of_replica(self) -> ReplicaStanding:
        """How the replica stands to headquarters' head."""
        mirror, done = self._mirror, self._follow.done
        behind = max(self.head_txid - done, 0)
        missing_bytes = max(mirror.wanted_bytes - mirror.fetched_bytes, 0)
        missing_bytes += self._follow.deltas.waiting_bytes(done)
        damage, stall = self._sound.damage, self._stall.alarm
        frozen, set_back = self._follow.frozen.alarm, self._follow.set_back
        return ReplicaStanding(
            txids_behind=behind,
            bytes_behind=missing_bytes if behind else 0,
            fetched_bytes=mirror.fetched_bytes,
            wanted_bytes=mirror.wanted_bytes,
            rebuilds=self._sound.rebuilt,
            resync_wanted=self._wish.wanted,
            needs_reader=self._follow.frozen.needs_reader,
            alarms=tuple(filter(None, (damage and f"damaged: {damage}", stall, frozen, set_back))),
        )

    @property
    def certificate(self) -> CertificateStanding:
        """How this site's certificate is."""
        return CertificateStanding() if self._certificate is None else self._certificate.standing

    def resync(self) -> None:
        """Make replica and mirror anew, as soon as headquarters can be reached."""
        self._wish.make()
        self._follow.look_again()

    @property
    def clock_offset_ms(self) -> int | None:
        """How far this machine's clock is ahead of headquarters'; None: nobody has said."""
        return self.true_time.offset_ms

    @property
    def refusal(self) -> str:
        """Why headquarters wants nothing to do with this site; '' where it does not say so."""
        return self._client.refusal

    @property
    def asked_to_wait(self) -> str:
        """Why the next call comes late, where headquarters asked for that; '' else."""
        return self._client.asked_to_wait

    @property
    def position(self) -> int:
        """The TXID of the replica; 0: there is none yet."""
        position = self._follow.position
        return 0 if position is None else position.txid

    @property
    def head_txid(self) -> int:
        """The newest TXID that headquarters told of."""
        return max(self._follow.head_txid, self._follow.done)

    @property
    def acked_seq(self) -> int:
        """The last journal entry that headquarters confirmed to this process."""
        return self._exchange.done

    @property
    def journal_trouble(self) -> str:
        """Why the journal cannot be uploaded until a person has acted; '' where it can."""
        return self._exchange.trouble


def _go_on(watch: WatchLink, store: SiteStore) -> None:
    """Let the link be as it was when this site ended."""
    with store.read() as site:
        remembered = site.link_memory.get()
    if remembered is not None:
        watch.go_on(remembered)
