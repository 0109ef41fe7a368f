"""A device that has lost even its branch: what it may do by itself, and who pays for it later.

Theory of operation. Such a device knows nobody: no names, no PINs, no credit. All it can do is read
a card and note down under that card what was done. So:

* Card only. A PIN or a password cannot be checked, and a print job would need the spool.
* It waits first. A server that restarts is back within the delay, and a device that changes its
  mode at each hiccup is worse than one that asks for patience.
* It may ask for an unlock code, where unlimited copies for any card are too much (schools). The
  device gets the code's slow hash beforehand and compares by itself, outside of here; too many
  wrong ones lock it until its server is back.
* What is noted is matched when the server is back: to the card's owner, whoever that is by then
  and whatever their balance, or else to one user for unknown cards, for a person to sort out. An
  owner who was disabled meanwhile pays all the same: the paper is gone. Where there is no user for
  unknown cards nobody pays, and it is on record. So it is with what arrives later than late uploads
  may, as with a print job.

Rejected: to keep a list of cards on the device. A copy of the directory on every panel is what the
site server is there to avoid, and it would let a revoked card in for as long as it is not renewed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

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
    unlock_code_hash: str = ""
    """The code in the encoded form of Argon2 (RFC 9106); the code itself stands nowhere."""
    unknown_user: str = "unknown"
    """Who is charged for cards that belong to nobody."""

    def __post_init__(self) -> None:
        found = problems({name: getattr(self, name) for name in KNOBS})
        if found:
            raise PolicyError(found)


KNOBS: Final = (
    "enabled",
    "delay_ms",
    "needs_unlock_code",
    "unlock_tries",
    "unlock_code_hash",
    "unknown_user",
)
SWITCHES: Final = ("enabled", "needs_unlock_code")
HASH_CHARS_MAX: Final = 255
ENCODED: Final = re.compile(
    r"\$argon2(id|i|d)\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+", re.ASCII
)


def problems(raw: Mapping[str, object]) -> list[str]:
    """Return all that is wrong with these knobs as read from JSON; what is missing is built in."""
    delay_ms, tries = raw.get("delay_ms", 0), raw.get("unlock_tries", 1)
    found = {
        "delay_ms": number_problem(delay_ms, 0, DELAY_MAX_MS, "ms"),
        "unlock_tries": number_problem(tries, 1, UNLOCK_TRIES_MAX, "codes"),
        "unlock_code_hash": _hash_problem(raw),
        "unknown_user": name_problem(raw.get("unknown_user", "unknown")),
        **{
            name: f"{raw[name]!r} is neither true nor false"
            for name in SWITCHES
            if type(raw.get(name, False)) is not bool
        },
    }
    named = [f"{name}: {problem}" for name, problem in found.items() if problem]
    return keys_problems(raw, (), KNOBS) + named


def _hash_problem(raw: Mapping[str, object]) -> str | None:
    encoded = raw.get("unlock_code_hash", "")
    if encoded == "":
        needed = raw.get("needs_unlock_code") is True
        return "it is missing, so that no code would ever unlock the device" if needed else None
    if isinstance(encoded, str) and len(encoded) <= HASH_CHARS_MAX and ENCODED.fullmatch(encoded):
        return None
    # What stands there may be the code itself, so it is not repeated.
    return f"this is no Argon2 hash in its encoded form of up to {HASH_CHARS_MAX} characters"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRules:
    """The policy field that holds these rules. A stronger layer replaces all of them together."""

    @property
    def range_text(self) -> str:
        """An example, which says more than a rule."""
        return '`{"enabled": true, "delay_ms": 60000}`; what is left out is built in'

    def problems(self, value: object) -> list[str]:
        """Return everything that is wrong with rules as they came from JSON."""
        if not isinstance(value, Mapping):
            return [f"these are no rules of a device; known are: {', '.join(KNOBS)}"]
        return problems(value)

    def read(self, value: Any, layer: Layer) -> DeviceOffline:  # noqa: ANN401, ARG002 - checked above
        """Return the rules."""
        return DeviceOffline(**value)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """When what was noted arrives, and how old it may be by then and still be charged."""

    now_ms: WallMs
    age_ms_max: int


def match_card_use(
    use: CardUse,
    owner: UserView | None,
    unknown: UserView | None,
    price: Price,
    upload: Upload,
) -> Decision:
    """Return who pays for what was noted, and how much; a denial says that nobody does.

    `owner` is whose card it is now, None if nobody's; `unknown` is the user for such cards, None
    where there is no user of that name. `price` is what was in force at `used_ms`.
    """
    payer = owner or unknown
    reason = Reason.CARD_MATCHED if owner else Reason.CARD_UNMATCHED
    if payer is None:
        reason = Reason.CARD_UNCHARGED
    trace = [TraceStep(rule="card_owner", layer=Layer.BUILT_IN, outcome=reason)]
    if upload.now_ms - use.used_ms > upload.age_ms_max:
        payer, reason = None, Reason.TOO_LATE_TO_CHARGE
        trace.append(TraceStep(rule="late_upload_max_ms", layer=Layer.BUILT_IN, outcome=reason))
    lines = cost_lines(use.pages, 1, use.sides, price)
    return Decision(
        action=Action.ALLOW if payer else Action.DENY,
        reasons=(reason,),
        cost_micros=total_micros(lines),
        charge_to=payer.user_name if payer else None,
        lines=lines,
        balance_micros=payer.balance_micros if payer else None,
        trace=tuple(trace),
    )
