"""What monitoring is told of the parts of a running primary."""

from dataclasses import dataclass

from primary.distribution import Distribution
from primary.ports import Check, Checks
from primary.service.grant_quotas import GrantQuotas
from primary.service.heartbeat import Heartbeat
from primary.service.set_back import SetBack
from primary.service.watch_ledger import WatchLedger
from primary.store.directory import Directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The parts that are asked."""

    directory: Directory
    distribution: Distribution
    heartbeat: Heartbeat
    set_back: SetBack
    watch_ledger: WatchLedger
    quotas: GrantQuotas


def checks_of(watched: Watched) -> Checks:
    """One check for each of them, by name."""

    def litestream() -> Check:
        is_ok = (
            watched.distribution.litestream.child.pid is not None
            and not watched.distribution.publisher.is_late
        )
        return Check(is_ok=is_ok, detail=f"TXID {watched.distribution.publisher.head().txid}")

    def directory() -> Check:
        problem = watched.heartbeat.problem or watched.set_back.problem
        return Check(is_ok=not problem, detail=problem or "written")

    def ledger() -> Check:
        problem = watched.watch_ledger.problem
        return Check(is_ok=not problem, detail=problem or "written")

    def quotas() -> Check:
        problem = watched.quotas.problem
        return Check(is_ok=not problem, detail=problem or "granted")

    def chain() -> Check:
        problem = watched.distribution.watch.problem
        return Check(is_ok=not problem, detail=problem or "leads from a snapshot to the head")

    def allowances() -> Check:
        missing = watched.directory.unheard()
        detail = f"none is granted until heard: {', '.join(missing)}" if missing else "granted"
        return Check(is_ok=True, detail=detail)

    return {
        "chain": chain,
        "litestream": litestream,
        "directory": directory,
        "ledger": ledger,
        "quotas": quotas,
        "allowances": allowances,
    }
