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
    DRILL = "drill"
    """An administrator pretends that the WAN is cut: a fire drill, with a report."""
    FORCED_OFFLINE = "forced_offline"
    """An administrator cut the site off on purpose, until it is taken back."""


class LinkEvent(StrEnum):
    """What a site noticed about its way to the primary, or what an administrator ordered."""

    GOOD_BEAT = "good_beat"
    BEATS_LOST = "beats_lost"
    SUSPECTED = "suspected"
    SILENCE = "silence"
    REPLICA_STALE = "replica_stale"
    SETTLED = "settled"
    DRILL_STARTED = "drill_started"
    DRILL_ENDED = "drill_ended"
    FORCE_STARTED = "force_started"
    FORCE_ENDED = "force_ended"


class Action(StrEnum):
    """What the asker is to do."""

    ALLOW = "allow"
    DENY = "deny"
    HOLD = "hold"
    PRINT_UNLOGGED = "print_unlogged"
    PRINT_AND_LOG_LATER = "print_and_log_later"


class Function(StrEnum):
    """What a person may want from a site. Which works when stands in `functions.py`."""

    PRINT = "print"
    HOLD = "hold"
    RELEASE = "release"
    RELEASE_FOR_OTHERS = "release_for_others"
    RELEASE_FROM_OTHER_SITE = "release_from_other_site"
    CARD_LOGIN = "card_login"
    PIN_LOGIN = "pin_login"
    PASSWORD_LOGIN = "password_login"  # noqa: S105 - a word, no secret
    COPY = "copy"
    SHOW_BALANCE = "show_balance"
    CHOOSE_ACCOUNT = "choose_account"
    CHANGE_JOB_SETTINGS = "change_job_settings"
    CLAIM_CARD = "claim_card"
    ADD_CREDIT = "add_credit"
    ADMINISTER = "administer"


class Offer(StrEnum):
    """Whether a function works; one cell of the functions matrix."""

    YES = "yes"
    NO = "no"
    BY_POLICY = "by_policy"
    """A policy field says how, and may say no."""
    PROVISIONAL = "provisional"
    """It works here and now; the primary confirms or refuses it later."""
    BY_MODE = "by_mode"
    """The printer's failure mode answers."""


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
    """The allowance of this site, a share of the balance: never overdrawn."""
    REPLICA_BALANCE = "replica_balance"
    """The balance as this site knows it."""
    OFFLINE_CEILING = "offline_ceiling"
    """The balance, and while cut off no more than a ceiling per outage."""
    ALLOW_OVERDRAFT = "allow_overdraft"
    """Nothing is refused; debts are recorded."""


class AccountSelection(StrEnum):
    """Who pays for a job whose user was to choose an account and could not be asked."""

    PERSONAL = "personal"
    """The user."""
    SHARED = "shared"
    """The offline account."""
    CANCEL = "cancel"
    """Nobody: the job is not accepted."""
    CHOOSE_AT_DEVICE = "choose_at_device"
    """The job waits until the user has chosen at the device."""


class Unauthenticated(StrEnum):
    """What to do with a job of which nobody has proved that its user sent it."""

    CANCEL = "cancel"
    """It is not accepted."""
    HOLD_FOR_MANAGER = "hold_for_manager"
    """It waits until a manager vouches for it."""
    CHARGE_OFFLINE_ACCOUNT = "charge_offline_account"
    """It goes on, and the offline account pays."""
    TRUST_SPOOL_NAME = "trust_spool_name"
    """It counts as sent by the user whose name the computer gave."""


class PasswordLogin(StrEnum):
    """Against what a password is checked. Cards and PINs are always checked in the replica."""

    DENY = "deny"
    """Against nothing: there is no login by password."""
    BRANCH_DIRECTORY = "branch_directory"
    """A directory in the branch, asked at the time."""
    REPLICATED_HASH = "replicated_hash"
    """The slow hash in the replica, while that is young enough."""


class UncountedDocument(StrEnum):
    """What to do with a document whose pages cannot be counted."""

    DENY = "deny"
    """It is not printed."""
    CHARGE_FIXED = "charge_fixed"
    """It is charged for a fixed number of pages."""


class Sides(StrEnum):
    """The IPP `sides` keywords (RFC 8011, 5.2.8)."""

    ONE_SIDED = "one-sided"
    TWO_SIDED_LONG_EDGE = "two-sided-long-edge"
    TWO_SIDED_SHORT_EDGE = "two-sided-short-edge"


class HoldMode(StrEnum):
    """What a queue does with a job that arrives: print it, or hold it until somebody lets it go."""

    NONE = "none"
    USER = "user"
    """Its user lets it go."""
    MANAGER = "manager"
    """Only a manager lets it go."""


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
    PIN_NEEDED = "pin_needed"
    WRONG_PIN = "wrong_pin"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 (a name, no password)
    PASSWORD_LOGIN_OFF = "password_login_off"  # noqa: S105 (the same)
    PASSWORD_NOT_CHECKED = "password_not_checked"  # noqa: S105 (the same)
    CREDENTIALS_TOO_OLD = "credentials_too_old"
    UNAUTHENTICATED = "unauthenticated"
    HELD_FOR_MANAGER = "held_for_manager"

    OFFLINE_FOR_LONG = "offline_for_long"
    OFFLINE_TOO_LONG = "offline_too_long"
    CLOSED_NOW = "closed_now"

    ACCOUNT_CHARGED = "account_charged"
    ACCOUNT_TO_BE_CHOSEN = "account_to_be_chosen"
    NO_ACCOUNT_CHOSEN = "no_account_chosen"
    UNKNOWN_ACCOUNT = "unknown_account"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_NOT_OPEN = "account_not_open"

    JOB_HELD = "job_held"
    PAGES_UNKNOWN = "pages_unknown"
    PAGES_ASSUMED = "pages_assumed"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_MANY_COPIES = "too_many_copies"

    CONVERTED_TO_MONO = "converted_to_mono"
    CONVERTED_TO_DUPLEX = "converted_to_duplex"
    GROUP_NEEDED = "group_needed"
    COLOUR_GROUP_NEEDED = "colour_group_needed"
    ONLY_MONO_HERE = "only_mono_here"
    ONLY_COLOUR_HERE = "only_colour_here"
    ONLY_SIMPLEX_HERE = "only_simplex_here"
    ONLY_DUPLEX_HERE = "only_duplex_here"
    PAPER_SIZE_REFUSED = "paper_size_refused"
    DOCUMENT_TYPE_REFUSED = "document_type_refused"
    DOCUMENT_NAME_REFUSED = "document_name_refused"
    DOCUMENT_TOO_BIG = "document_too_big"
    TOO_EXPENSIVE = "too_expensive"
    DUPLICATE_JOB = "duplicate_job"

    ENOUGH_CREDIT = "enough_credit"
    NOT_ENOUGH_CREDIT = "not_enough_credit"
    OVERDRAFT_ALLOWED = "overdraft_allowed"
    UNRESTRICTED_USER = "unrestricted_user"
    ALLOWANCE_SPENT = "allowance_spent"
    CEILING_REACHED = "ceiling_reached"
    CHARGED_LATE = "charged_late"
    TOO_LATE_TO_CHARGE = "too_late_to_charge"

    NO_REPLICA = "no_replica"
    PRINTED_UNLOGGED = "printed_unlogged"
    LOGGED_LATER = "logged_later"
    HELD_UNTIL_RECONNECT = "held_until_reconnect"

    FUNCTION_OFFERED = "function_offered"
    PROVISIONAL_HERE = "provisional_here"
    FUNCTION_NOT_OFFERED = "function_not_offered"
    CARD_CLAIMS_OFF = "card_claims_off"
    OFFLINE_LOG_FULL = "offline_log_full"

    DEVICE_WAITING = "device_waiting"
    DEVICE_LOCKED = "device_locked"
    DEVICE_CARD_ONLY = "device_card_only"
    DEVICE_CARD_LOGGED = "device_card_logged"
    CARD_MATCHED = "card_matched"
    CARD_UNMATCHED = "card_unmatched"
    CARD_UNCHARGED = "card_uncharged"
