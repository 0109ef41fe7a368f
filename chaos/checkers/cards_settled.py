"""Promise 9, for cards that people register themselves: nodes agree, every claim is settled.

Judged after healing. A claim that a site took is answered by headquarters: the card is somebody's
in the directory, or the claim was refused and says so. With a claimed card nobody ever comes in but
who claimed it at that very site, or whom the directory gives it to.

Weaker after disasters: a claim that a disk had forgotten when it was put back may be lost, and a
restored headquarters has forgotten cards that it had confirmed, as everything that was changed at
headquarters alone (docs/operations/restore.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.checkers.disasters import disasters_of
from chaos.checkers.verdict import Verdict, verdict
from chaos.history import Fault, FaultKind, Operation, Outcome
from replication.registers import ClaimState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chaos.history import Event, History
    from replication.registers import CardClaim

CHECKER: Final = "cards_settled"


def cards_settled(
    history: History, claims: Mapping[str, Sequence[CardClaim]], owners: Mapping[str, str]
) -> Verdict:
    """Invalid where nodes disagree of a claim, or one is not settled, or a card opened for others.

    `claims`: what each node's register holds. `owners`: whose each card is, by its hash.
    """
    taken = [each for each in history.events(Operation.CLAIM) if each.outcome is Outcome.OK]
    findings = [*_different(claims), *_open(claims, owners)]
    findings += [text for event in taken for text in _vanished(event, history, claims, owners)]
    findings += _wrong_person(history, owners)
    return verdict(
        9,
        CHECKER,
        findings,
        judged=len(taken),
        measured=f"{len(taken)} cards claimed, {len(owners)} cards in the directory",
    )


def _different(claims: Mapping[str, Sequence[CardClaim]]) -> Iterator[str]:
    rows = {node: {(c.card_hash, c.site_name): c for c in own} for node, own in claims.items()}
    first = next(iter(rows), "")
    for key in sorted({key for own in rows.values() for key in own}):
        for node, own in rows.items():
            if own.get(key) != rows[first].get(key):
                yield f"claim {key}: {node} says {own.get(key)}, {first} {rows[first].get(key)}"


def _open(claims: Mapping[str, Sequence[CardClaim]], owners: Mapping[str, str]) -> Iterator[str]:
    for claim in next(iter(claims.values()), ()):
        named = f"the claim of {claim.user_name} at {claim.site_name}"
        if claim.state is ClaimState.CLAIMED:
            yield f"{named} was never answered"
        if claim.state is ClaimState.CONFIRMED and claim.card_hash not in owners:
            yield f"{named} was confirmed, but the directory does not know the card"


def _vanished(
    event: Event,
    history: History,
    claims: Mapping[str, Sequence[CardClaim]],
    owners: Mapping[str, str],
) -> Iterator[str]:
    card = event.text("card_hash")
    known = any(claim.card_hash == card for own in claims.values() for claim in own)
    if known or card in owners or disasters_of(history).may_be_lost(event):
        return
    restored = any(
        isinstance(record, Fault)
        and record.kind is FaultKind.RESTORED
        and record.monotonic_ms >= event.monotonic_ms
        for record in history.records
    )
    if not restored:
        yield f"{event.node} took a card of {event.text('user_name')}, and nobody knows of it"


def _wrong_person(history: History, owners: Mapping[str, str]) -> Iterator[str]:
    claimed: dict[tuple[str, str], set[str]] = {}
    for event in history.events(Operation.CLAIM):
        key = (event.node, event.text("card_hash"))
        claimed.setdefault(key, set()).add(event.text("user_name"))
    if any(each.outcome is Outcome.UNKNOWN for each in history.events(Operation.CLAIM)):
        return  # somebody has a card, and nobody knows who
    settled = {card for _, card in claimed if card in owners}
    for event in history.events(Operation.LOGIN):
        card, user = event.text("card_hash"), event.text("user_name")
        if not card or event.outcome is not Outcome.OK:
            continue
        rightly = {name for (_, each), names in claimed.items() if each == card for name in names}
        here = claimed.get((event.node, card), set())
        if user not in rightly or (card in settled and user not in here | {owners[card]}):
            yield f"{event.node} let {user} in with a card that is not theirs"
