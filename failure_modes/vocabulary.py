"""The words of the decision core: units and closed lists of names, nothing else.

The text of each name is stable: it is stored, sent and documented.
"""

from enum import StrEnum
from typing import NewType

WallMs = NewType("WallMs", int)
"""Milliseconds since 1970-01-01 UTC. For records, and for whatever is stored or sent."""

MonotonicMs = NewType("MonotonicMs", int)
"""Milliseconds of a clock that never goes back. For intervals within one process only."""

Micros = NewType("Micros", int)
"""Money: millionths of the currency unit."""


class LinkState(StrEnum):
    """What a site thinks of its way to the primary."""

    ONLINE = "online"
    DEGRADED = "degraded"
    OFFLINE = "offline"
    RECOVERING = "recovering"


class LinkEvent(StrEnum):
    """What a site noticed about its way to the primary."""

    GOOD_BEAT = "good_beat"
    BEATS_LOST = "beats_lost"
    SILENCE = "silence"
    SETTLED = "settled"


class Action(StrEnum):
    """What the asker is to do."""

    ALLOW = "allow"
    DENY = "deny"
    HOLD = "hold"
    PRINT_UNLOGGED = "print_unlogged"
    PRINT_AND_LOG_LATER = "print_and_log_later"


class ProviderMode(StrEnum):
    """A printer's failure mode: what a node without a replica does when nobody answers it."""

    PRINT_UNLOGGED = "print_unlogged"
    PRINT_AND_LOG_LATER = "print_and_log_later"
    HOLD_UNTIL_RECONNECT = "hold_until_reconnect"
    AUTO = "auto"


class Authority(StrEnum):
    """Who decides for a node without a replica."""

    PRIMARY = "primary"
    SITE_SERVER = "site_server"
    PROVIDER_MODE = "provider_mode"


class CreditPolicy(StrEnum):
    """Which money a restricted user may spend."""

    STRICT = "strict"
    REPLICA_BALANCE = "replica_balance"
    OFFLINE_CEILING = "offline_ceiling"
    ALLOW_OVERDRAFT = "allow_overdraft"


class UncountedDocument(StrEnum):
    """What to do with a document whose pages cannot be counted."""

    DENY = "deny"
    CHARGE_FIXED = "charge_fixed"


class Sides(StrEnum):
    """The IPP `sides` keywords (RFC 8011, 5.2.8)."""

    ONE_SIDED = "one-sided"
    TWO_SIDED_LONG_EDGE = "two-sided-long-edge"
    TWO_SIDED_SHORT_EDGE = "two-sided-short-edge"


class HoldMode(StrEnum):
    """What a queue does with a job that arrives: print it, or hold it for its user."""

    NONE = "none"
    USER = "user"


class Layer(StrEnum):
    """Where a rule was set, weakest first: a later layer overrides an earlier one."""

    BUILT_IN = "built_in"
    GLOBAL = "global"
    SITE = "site"
    PRINTER = "printer"


class Reason(StrEnum):
    """Why a decision is what it is. Each one is explained in `catalogue.py`."""

    LOGIN_ACCEPTED = "login_accepted"
    UNKNOWN_CARD = "unknown_card"
    UNKNOWN_USER = "unknown_user"
    USER_DISABLED = "user_disabled"

    JOB_HELD = "job_held"
    PAGES_UNKNOWN = "pages_unknown"
    PAGES_ASSUMED = "pages_assumed"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_MANY_COPIES = "too_many_copies"

    ENOUGH_CREDIT = "enough_credit"
    NOT_ENOUGH_CREDIT = "not_enough_credit"
    OVERDRAFT_ALLOWED = "overdraft_allowed"
    UNRESTRICTED_USER = "unrestricted_user"

    NO_REPLICA = "no_replica"
    PRINTED_UNLOGGED = "printed_unlogged"
    LOGGED_LATER = "logged_later"
    HELD_UNTIL_RECONNECT = "held_until_reconnect"
