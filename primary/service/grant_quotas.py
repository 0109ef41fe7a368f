"""Quotas: what each member of a group gets at the beginning of each day, week or month.

Theory of operation
-------------------
A grant is an adjustment like any other, an entry of headquarters' own journal, so it reaches every
site as a balance and the ledger explains it. Members get theirs in batches, by name; how far a
group has come is written in the same ledger transaction as the batch. So a crash, a restart or a
second scheduler finds exactly what is left, and between two batches everybody else has their turn.
The name of each request holds group, period and user, which is a second lock on the same door.

Only the newest period is granted. Where headquarters was down for some of them, those in between
are over: a quota is what somebody may use in a period, not a wage. Granting every missed one was
rejected because a clock that jumps, or a backup of last year, would then make money.

A quota begins with the first period after it was made. A member gets it for the first time when the
next run passes their name; whoever is added behind that point while one is under way, still in it.
"""

import asyncio
import logging
from typing import Final, NoReturn

from primary.names import QuotaPeriod
from primary.service.adjust import Adjust, Adjustment, Batch
from primary.service.quota_periods import Period, period_at
from primary.store import quotas
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from primary.store.quotas import Quota, Run
from replication.adapters.sqlite_file import Work
from replication.entry_bodies import user_payer
from replication.errors import ReplicationError, StoreClosedError
from replication.ports import Clock

MEMBERS_AT_ONCE: Final = 100
"""Members in one transaction: some 10 ms of work, and everybody else has their turn in between."""

logger: Final = logging.getLogger(__name__)


class GrantQuotas:
    """Grants what is due at start and whenever `due()` was called. The scheduler calls it."""

    def __init__(self, directory: Directory, ledger: Ledger, adjust: Adjust, clock: Clock) -> None:
        self._directory = directory
        self._ledger = ledger
        self._adjust = adjust
        self._clock = clock
        self._due = asyncio.Event()
        self.problem = ""

    def due(self) -> None:
        """A period may have begun."""
        self._due.set()

    async def run(self) -> NoReturn:
        """Grant quotas until cancelled. A full disk stops them, and nothing else."""
        while True:
            try:
                await self.grant()
            except StoreClosedError:
                raise
            except ReplicationError as error:
                self._tell(f"quotas are not granted: {error}")
            await self._due.wait()
            self._due.clear()

    async def grant(self) -> None:
        """Grant everything that is due now, batch after batch."""
        with self._directory.read() as connection:
            names = [each.group_name for each in quotas.all_quotas(connection)]
        ahead = [name for name in names if not await self._grant(name)]
        problem = f"the clock was ahead when {', '.join(ahead)} got their quota; put it again"
        self._tell(problem if ahead else "")

    async def put(self, value: Quota) -> None:
        """Make or change a quota. Errors: `ConflictError` where there is no such group."""
        with self._directory.read() as connection:
            quotas.check_group(connection, value.group_name)
        await self._adjust.apply_batch(lambda: self._mark(value))
        await self._directory.write(lambda connection: quotas.put_quota(connection, value))

    async def _grant(self, group_name: str) -> bool:
        """Grant what this group is due; false where its last grant lies in the future."""
        is_ahead, given = False, 0

        async def make() -> Batch | None:
            nonlocal is_ahead, given
            value, period, run = await self._standing(group_name)
            is_ahead = run is not None and period is not None and run.begin_ms > period.begin_ms
            if value is None or period is None or is_ahead:
                return None
            batch = self._next(value, period, run)
            given += len(batch.adjustments) if batch else 0
            return batch

        is_left = True
        while is_left:
            is_left = await self._adjust.apply_batch(make)
        if given:
            logger.info("%d members of group %s have their quota", given, group_name)
        return not is_ahead

    async def _standing(self, group_name: str) -> tuple[Quota | None, Period | None, Run | None]:
        with self._directory.read() as connection:
            value = quotas.quota(connection, group_name)
        if value is None:
            return None, None, None
        run = await self._run_of(group_name, value.period)
        return value, period_at(value.period, self._clock.wall_ms()), run

    def _next(self, value: Quota, period: Period, run: Run | None) -> Batch | None:
        """The next batch of this quota; None where everybody has theirs."""
        if run is None:
            return Batch(adjustments=(), also=_set(_done(value, period)))
        is_new = run.begin_ms < period.begin_ms
        if run.is_done and not is_new:
            return None
        with self._directory.read() as connection:
            found = quotas.members(
                connection,
                value.group_name,
                after="" if is_new else run.after_user,
                count=MEMBERS_AT_ONCE,
            )
        progress = Run(
            group_name=value.group_name,
            period=value.period,
            begin_ms=period.begin_ms,
            after_user=found[-1].user_name if found else "",
            is_done=len(found) < MEMBERS_AT_ONCE,
        )
        grants = ((each.user_name, value.grant_micros(each.balance_micros)) for each in found)
        adjustments = [_adjustment(value, period, *grant) for grant in grants if grant[1]]
        return Batch(adjustments=adjustments, also=_set(progress))

    async def _run_of(self, group_name: str, period: QuotaPeriod) -> Run | None:
        def lookup() -> Run | None:
            with self._ledger.read() as connection:
                return quotas.run_of(connection, group_name, period)

        return await self._ledger.ask(lookup)

    async def _mark(self, value: Quota) -> Batch | None:
        """A quota that is new, or of another kind, counts as granted for the present period."""
        present, _, _ = await self._standing(value.group_name)
        period = period_at(value.period, self._clock.wall_ms())
        run = await self._run_of(value.group_name, value.period)
        is_ahead = run is not None and run.begin_ms > period.begin_ms
        if present is not None and present.period is value.period and not is_ahead:
            return None
        return Batch(adjustments=(), also=_set(_done(value, period)))

    def _tell(self, problem: str) -> None:
        if problem and problem != self.problem:
            logger.error("%s", problem)
        if self.problem and not problem:
            logger.info("quotas are granted again")
        self.problem = problem


def _adjustment(value: Quota, period: Period, user_name: str, amount_micros: int) -> Adjustment:
    return Adjustment(
        payer=user_payer(user_name),
        amount_micros=amount_micros,
        request_id=f"quota:{value.group_name}:{period.name}:{user_name}",
        comment=f"quota of {value.group_name} for {period.name}",
    )


def _done(value: Quota, period: Period) -> Run:
    return Run(
        group_name=value.group_name,
        period=value.period,
        begin_ms=period.begin_ms,
        after_user="",
        is_done=True,
    )


def _set(run: Run) -> Work[None]:
    return lambda ledger: quotas.put_run(ledger, run)
