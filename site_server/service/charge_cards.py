"""Charges what devices did by themselves while nobody answered them, each use once and for ever.

Theory of operation
-------------------
A device that reached nobody noted uses under card numbers and tells them later, as often as it
takes to hear an answer. A use is known by the uuid that the device gave it. Its row, its journal
entry and so its charge are one transaction, and the row is never deleted: a use that is told again
is answered as the first time and moves nothing. The same uuid with other content is refused for
that use alone, for one of the two stories would have to be thrown away. So is one that is not as
this site expects it. A bad use never holds up good ones.

Who pays: the owner of the card now, also one who is disabled or has no credit, for the paper is
out. A card without an owner is charged to the policy's user for unknown cards, if the directory has
that user. If not, the use is recorded with nobody to pay: an administrator wants to see in the
print log how much was done under a card that nobody knows, and can register the card and charge by
hand. Refusing instead would leave the only record in a device that has not the room for it, and
charging a user whom the directory does not know would be disputed at the primary and tell nobody.

The number of the card is hashed before anything else happens and stands nowhere.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from failure_modes.device_offline import CardUse, Upload, match_card_use
from failure_modes.vocabulary import Micros
from replication.entry_bodies import CardUsed, user_payer
from replication.journal import canonical_json
from site_server.causes import Cause
from site_server.store.card_uses import TakenUse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from failure_modes.decision import Decision
    from failure_modes.facts import PrinterView, UserView
    from failure_modes.pricing import PageCount, Price
    from failure_modes.vocabulary import Sides, WallMs
    from site_server.service.card_owner import CardOwner
    from site_server.service.ground import Ground
    from site_server.service.known import Known
    from site_server.service.view import Decider
    from site_server.store.directory_rows import Device
    from site_server.store.unit_of_work import UnitOfWork

NOTHING: Final = Micros(0)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldUse:
    """One use as a device tells it; `pages` are what its copier counted."""

    use_uuid: str
    card_hash: str
    used_wall_ms: WallMs
    pages: PageCount
    sides: Sides
    paper_size: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UseAnswer:
    """What became of one use: what is on record, or `refused` says why nothing is."""

    use_uuid: str
    taken: TakenUse | None = None
    repeated: bool = False
    refused: Cause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payers:
    """Whom a use may be charged to, as headquarters said, read before the transaction."""

    owners: Mapping[str, Known]
    """Card hash to what is known of the card's owner."""
    unknown: Known
    """What is known of the user for unknown cards, who may not exist."""
    printers: Mapping[WallMs, PrinterView]
    """The printer with the prices that were in force when something was used."""


class ChargeCards:
    """Takes the uses of cards in."""

    def __init__(self, ground: Ground, decider: Decider, card_owner: CardOwner) -> None:
        self._ground = ground
        self._decider = decider
        self._card_owner = card_owner

    def hashed(self, card_number: str) -> str:
        """The only form in which a card number goes any further."""
        return self._card_owner.hashed(card_number)

    async def take(self, device: Device, uses: Sequence[ToldUse]) -> list[UseAnswer]:
        """Charge these uses, in order; after this they are on record.

        Raises `RefusedError` where nothing can be decided at all, and the errors of the store; then
        nothing is on record and the device tells it again.
        """
        if not uses:
            return []
        payers = self._payers(device, uses)

        def work(unit: UnitOfWork) -> list[UseAnswer]:
            return [self._taken(unit, device, use, payers) for use in uses]

        answers = await self._ground.store.write(work)
        new = [each.taken for each in answers if each.taken and not each.repeated]
        if new:
            unmatched = sum(not use.matched for use in new)
            _log.info("%s told %d card uses, %d unmatched", device.device_name, len(new), unmatched)
        return answers

    def _payers(self, device: Device, uses: Sequence[ToldUse]) -> Payers:
        """Everything that headquarters says about these uses; one reading per card."""
        nobody = self._decider.known("", device.printer_name)
        unknown = nobody.policy.device_offline.unknown_user
        owners: dict[str, Known] = {}
        for hashed in dict.fromkeys(use.card_hash for use in uses):
            owner = self._card_owner.of(hashed, device.printer_name)
            if owner is not None:
                owners[hashed] = self._decider.known(owner, device.printer_name)
        return Payers(
            owners=owners,
            unknown=self._decider.known(unknown, device.printer_name),
            printers=self._printers(nobody, uses),
        )

    def _printers(self, known: Known, uses: Sequence[ToldUse]) -> dict[WallMs, PrinterView]:
        """By when it was used. A device whose clock goes ahead pays what is in force now."""
        now_ms = self._ground.clock.wall_ms()
        with self._ground.directory.read() as snapshot:
            return {
                used_ms: (snapshot and snapshot.view_of(known.printer, min(used_ms, now_ms)))
                or known.printer_view
                for used_ms in {use.used_wall_ms for use in uses}
            }

    def _taken(self, unit: UnitOfWork, device: Device, use: ToldUse, payers: Payers) -> UseAnswer:
        content_hash = _content_hash(device, use)
        before = unit.card_uses.get(use.use_uuid)
        if before is not None:
            if before.content_hash != content_hash:
                return UseAnswer(use_uuid=use.use_uuid, refused=Cause.OTHER_CARD_USE)
            return UseAnswer(use_uuid=use.use_uuid, taken=before, repeated=True)
        decision = self._matched(unit, use, payers)
        payer = None if decision.charge_to is None else user_payer(decision.charge_to)
        taken = TakenUse(
            use_uuid=use.use_uuid,
            content_hash=content_hash,
            payer=payer,
            cost_micros=decision.cost_micros if payer else NOTHING,
            matched=self._owner(unit, use, payers) is not None,
            reason=decision.reasons[0],
            taken_wall_ms=unit.wall_ms(),
        )
        unit.card_uses.add(taken)
        unit.journal.append(_entry(device, use, taken))
        return UseAnswer(use_uuid=use.use_uuid, taken=taken)

    def _matched(self, unit: UnitOfWork, use: ToldUse, payers: Payers) -> Decision:
        known = payers.unknown
        return match_card_use(
            CardUse(
                card_hash=use.card_hash, used_ms=use.used_wall_ms, pages=use.pages, sides=use.sides
            ),
            self._owner(unit, use, payers),
            self._decider.view(unit, known).user,
            price_of(use, payers),
            Upload(now_ms=unit.wall_ms(), age_ms_max=known.policy.late_upload_max_ms),
        )

    def _owner(self, unit: UnitOfWork, use: ToldUse, payers: Payers) -> UserView | None:
        known = payers.owners.get(use.card_hash)
        return None if known is None else self._decider.view(unit, known).user


def price_of(use: ToldUse, payers: Payers) -> Price:
    """The price of an impression at the time when it was made."""
    paper_size = use.paper_size or payers.unknown.policy.default_paper_size
    return payers.printers[use.used_wall_ms].price_on(paper_size)


def _content_hash(device: Device, use: ToldUse) -> str:
    """What tells one use from another. It is stored for ever, so this list must never change."""
    told = [
        device.device_name,
        use.card_hash,
        use.used_wall_ms,
        use.pages.mono,
        use.pages.colour,
        use.sides.value,
        use.paper_size,
    ]
    return hashlib.sha256(canonical_json(told).encode()).hexdigest()


def _entry(device: Device, use: ToldUse, taken: TakenUse) -> CardUsed:
    return CardUsed(
        use_uuid=use.use_uuid,
        device_name=device.device_name,
        printer_name=device.printer_name,
        card_hash=use.card_hash,
        used_wall_ms=use.used_wall_ms,
        payer=taken.payer,
        cost_micros=taken.cost_micros,
        mono_pages=use.pages.mono,
        colour_pages=use.pages.colour,
        matched=taken.matched,
    )
