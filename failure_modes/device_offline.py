"""A device that has lost even its branch: what it may do by itself, and who pays for it later.

Theory of operation. Such a device knows nobody: no names, no PINs, no credit. All it can do is read
a card and note down under that card what was done. So:

* Card only. A PIN or a password cannot be checked, and a print job would need the spool.
* It waits first. A server that restarts is back within the delay, and a device that changes its
  mode at each hiccup is worse than one that asks for patience.
* It may ask for an unlock code, where unlimited copies for any card are too much (schools). The
  code is compared by its slow hash outside of here; too many wrong ones lock the device until its
  server is back.
* What is noted is matched when the server is back: to the card's owner, whoever that is by then
  and whatever their balance, or else to one user for unknown cards, for a person to sort out. An
  owner who was disabled meanwhile pays all the same: the paper is gone.

Rejected: to keep a list of cards on the device. A copy of the directory on every panel is what the
site server is there to avoid, and it would let a revoked card in for as long as it is not renewed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from failure_modes.decision import Decision, TraceStep
from failure_modes.errors import PolicyError, check
from failure_modes.facts import UserView
from failure_modes.pricing import PageCount, Price, cost_lines, total_micros
from failure_modes.raw_shape import keys_problems, name_problem, number_problem
from failure_modes.vocabulary import Action, Function, Layer, Reason, Sides, WallMs

DELAY_MAX_MS: Final = 3_600_000
"""An hour: who wants to wait longer wants no offline mode."""
UNLOCK_TRIES_MAX: Final = 100
"""Any more is a search for the code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceOffline:
    """The rules of one device. Switched off unless somebody wants it: what it prints is unlimited.

    Raises PolicyError with all that cannot be.
    """

    enabled: bool = False
    """Whether it has an offline mode at all."""
    delay_ms: int = 60_000
    """Time without an answer before the device goes on by itself: a restart takes less."""
    needs_unlock_code: bool = False
    """Whether somebody has to unlock it first."""
    unlock_tries: int = 5
    """Wrong codes that lock the device until its server is back."""
    unknown_user: str = "unknown"
    """Who is charged for cards that belong to nobody."""

    def __post_init__(self) -> None:
        found = problems({name: getattr(self, name) for name in KNOBS})
        if found:
            raise PolicyError(found)


KNOBS: Final = ("enabled", "delay_ms", "needs_unlock_code", "unlock_tries", "unknown_user")


def problems(raw: Mapping[str, object]) -> list[str]:
    """Return all that is wrong with these knobs as read from JSON; what is missing is built in."""
    delay_ms, tries = raw.get("delay_ms", 0), raw.get("unlock_tries", 1)
    found = {
        "delay_ms": number_problem(delay_ms, 0, DELAY_MAX_MS, "ms"),
        "unlock_tries": number_problem(tries, 1, UNLOCK_TRIES_MAX, "codes"),
        "unknown_user": name_problem(raw.get("unknown_user", "unknown")),
        **{
            name: f"{raw[name]!r} is neither true nor false"
            for name in ("enabled", "needs_unlock_code")
            if type(raw.get(name, False)) is not bool
        },
    }
    named = [f"{name}: {problem}" for name, problem in found.items() if problem]
    return keys_problems(raw, (), KNOBS) + named


class DevicePhase(StrEnum):
    """Where a device stands with its server."""

    CONNECTED = "connected"
    WAITING = "waiting"
    LOCKED = "locked"
    BY_ITSELF = "by_itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """What a device knows: how long nobody has answered, and what was typed since then.

    `silent_ms` is None while its server answers. An unlock lasts until the server is back.
    """

    silent_ms: int | None = None
    unlocked: bool = False
    wrong_codes: int = 0


def device_phase(facts: DeviceFacts, rules: DeviceOffline) -> DevicePhase:
    """Return where the device stands. One without an offline mode waits for as long as it takes."""
    if facts.silent_ms is None:
        return DevicePhase.CONNECTED
    check(facts.silent_ms >= 0, "a silence is never negative")
    if not rules.enabled or facts.silent_ms < rules.delay_ms:
        return DevicePhase.WAITING
    if rules.needs_unlock_code and not facts.unlocked:
        return DevicePhase.LOCKED
    return DevicePhase.BY_ITSELF


def takes_unlock_code(facts: DeviceFacts, rules: DeviceOffline) -> bool:
    """Return whether the device still asks for its code."""
    is_locked = device_phase(facts, rules) is DevicePhase.LOCKED
    return is_locked and facts.wrong_codes < rules.unlock_tries


def decide_at_device(function: Function, facts: DeviceFacts, rules: DeviceOffline) -> Decision:
    """Return what a device that nobody answers does when somebody wants `function`.

    A device that is connected asks its server instead: to come here is a defect.
    """
    phase = device_phase(facts, rules)
    check(phase is not DevicePhase.CONNECTED, "a connected device asks its server")
    if phase is DevicePhase.WAITING:
        return _answer(Action.DENY, Reason.DEVICE_WAITING if rules.enabled else Reason.NO_REPLICA)
    if phase is DevicePhase.LOCKED:
        return _answer(Action.DENY, Reason.DEVICE_LOCKED)
    if function not in BY_CARD:
        return _answer(Action.DENY, Reason.DEVICE_CARD_ONLY)
    return _answer(Action.PRINT_AND_LOG_LATER, Reason.DEVICE_CARD_LOGGED)


BY_CARD: Final = frozenset({Function.CARD_LOGIN, Function.COPY})
"""What a device can do knowing nothing but a card."""


def _answer(action: Action, reason: Reason) -> Decision:
    step = TraceStep(rule="device_offline", layer=Layer.PRINTER, outcome=reason)
    return Decision(action=action, reasons=(reason,), trace=(step,))


@dataclass(frozen=True, slots=True, kw_only=True)
class CardUse:
    """What was done under a card while nobody answered. The card is the keyed hash, as always."""

    card_hash: str
    used_ms: WallMs
    pages: PageCount
    sides: Sides = Sides.ONE_SIDED


def match_card_use(
    use: CardUse, owner: UserView | None, price: Price, rules: DeviceOffline
) -> Decision:
    """Return who pays for what was noted, and how much; it is never refused.

    `owner` is whose card it is now, None if nobody's; `price` is what was in force at `used_ms`.
    """
    reason = Reason.CARD_MATCHED if owner else Reason.CARD_UNMATCHED
    lines = cost_lines(use.pages, 1, use.sides, price)
    step = TraceStep(rule="card_owner", layer=Layer.BUILT_IN, outcome=reason)
    return Decision(
        action=Action.ALLOW,
        reasons=(reason,),
        cost_micros=total_micros(lines),
        charge_to=owner.user_name if owner else rules.unknown_user,
        lines=lines,
        balance_micros=owner.balance_micros if owner else None,
        trace=(step,),
    )
