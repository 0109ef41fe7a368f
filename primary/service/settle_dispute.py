"""A person looks at a disputed entry and says what it comes to.

The entry stays as it came and moves no money, now or later. What is booked instead are entries of
headquarters' own journal, in the same transaction as the word that settles the dispute, so one is
never without the other. To settle it again with the same words changes nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from primary.errors import ConflictError, NotFoundError
from primary.service.adjust import Adjust, Adjustment, Batch
from primary.store.directory import Directory
from primary.store.disputes import Dispute, Settlement, dispute, disputes, put_settlement
from primary.store.ledger import Ledger
from replication.ports import Clock

ADJUSTMENTS_MAX: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a payer gains; a debit is negative."""

    payer: str
    amount_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A person's word on one disputed entry."""

    site_name: str
    epoch: int
    seq: int
    comment: str
    corrections: tuple[Correction, ...] = ()

    @property
    def named(self) -> str:
        """The entry, for people and for the requests of its corrections."""
        return f"{self.site_name}/{self.epoch}/{self.seq}"


class SettleDispute:
    """The administrator's list of disputed entries."""

    def __init__(self, adjust: Adjust, directory: Directory, ledger: Ledger, clock: Clock) -> None:
        self._adjust = adjust
        self._directory = directory
        self._ledger = ledger
        self._clock = clock

    async def page(self, *, after: int, limit: int, with_settled: bool) -> Sequence[Dispute]:
        """A page of the list."""

        def lookup() -> Sequence[Dispute]:
            with self._ledger.read() as connection:
                return disputes(connection, after=after, limit=limit, with_settled=with_settled)

        return await self._ledger.ask(lookup)

    async def settle(self, verdict: Verdict) -> tuple[Dispute, bool]:
        """The dispute, settled, and whether that is new.

        Errors, after which nothing has changed: `NotFoundError` for the entry or a payer,
        `ConflictError` where it was settled with other words.
        """
        is_new = await self._adjust.apply_batch(lambda: self._batch(verdict))
        return await self._found(verdict), is_new

    async def _batch(self, verdict: Verdict) -> Batch | None:
        found = await self._found(verdict)
        corrections = json.dumps([asdict(each) for each in verdict.corrections], sort_keys=True)
        if found.settlement is not None:
            if (found.settlement.comment, found.settlement.adjustments) != (
                verdict.comment,
                corrections,
            ):
                raise ConflictError(
                    f"Entry {verdict.named} is settled already, with another comment or other "
                    "adjustments. Nothing was changed; correct a balance by an adjustment."
                )
            return None
        self._check_payers(verdict)
        settlement = Settlement(
            settled_wall_ms=self._clock.wall_ms(),
            comment=verdict.comment,
            adjustments=corrections,
        )
        return Batch(
            adjustments=await self._adjustments(verdict),
            also=lambda connection: put_settlement(connection, found, settlement),
        )

    async def _adjustments(self, verdict: Verdict) -> list[Adjustment]:
        made = [
            Adjustment(
                payer=each.payer,
                amount_micros=each.amount_micros,
                request_id=f"dispute:{verdict.named}/{number}",
                comment=verdict.comment,
            )
            for number, each in enumerate(verdict.corrections, 1)
        ]
        asked = [each.request_id for each in made]
        taken = await self._ledger.ask(lambda: self._ledger.requested_of(asked))
        if taken:
            raise ConflictError(
                f"Somebody made an adjustment named {min(taken)!r} before, by hand. Nothing was "
                "changed; settle the dispute without adjustments and make them by hand, too."
            )
        return made

    def _check_payers(self, verdict: Verdict) -> None:
        payers = {each.payer for each in verdict.corrections}
        unknown = payers - self._directory.known_payers(payers)
        if unknown:
            raise NotFoundError(f"The directory knows no {min(unknown).replace(':', ' ', 1)!r}.")

    async def _found(self, verdict: Verdict) -> Dispute:
        def lookup() -> Dispute | None:
            with self._ledger.read() as connection:
                return dispute(connection, verdict.site_name, verdict.epoch, verdict.seq)

        found = await self._ledger.ask(lookup)
        if found is None:
            raise NotFoundError(
                f"Entry {verdict.named} is not disputed, or headquarters does not have it."
            )
        return found
