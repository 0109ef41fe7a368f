"""Every reason in words: for the person at the panel, and for the one who runs the place.

The documentation of failure modes is generated from this table, so a reason that is not here does
not exist. A message may use {cost}, {balance}, {pages} and {limit}.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from failure_modes.decision import Decision
from failure_modes.vocabulary import Reason

MICROS_PER_UNIT: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One reason. `message` speaks to the person who prints, `advice` to the operator."""

    code: Reason
    title: str
    message: str
    advice: str
    retry_helps: bool = False
    """Whether the same question, asked again a little later, may be answered otherwise."""


ENTRIES: Final = (
    Entry(
        code=Reason.LOGIN_ACCEPTED,
        title="Logged in",
        message="Welcome.",
        advice="Nothing to do.",
    ),
    Entry(
        code=Reason.UNKNOWN_CARD,
        title="Card not known",
        message="This card is not known here. Ask for it to be registered.",
        advice="Register the card at the primary. A revoked card is unknown, too.",
    ),
    Entry(
        code=Reason.UNKNOWN_USER,
        title="User not known",
        message="Your user name is not known here. Ask the help desk.",
        advice="Add the user at the primary, or correct the user name that the computer sends.",
    ),
    Entry(
        code=Reason.USER_DISABLED,
        title="User disabled",
        message="Your printing account is switched off. Ask the help desk.",
        advice="Enable the user at the primary if this is not intended.",
    ),
    Entry(
        code=Reason.JOB_HELD,
        title="Waiting for release",
        message="Your job is kept until you log in at the printer.",
        advice="Nothing to do. A job that nobody releases expires.",
    ),
    Entry(
        code=Reason.PAGES_UNKNOWN,
        title="Pages could not be counted",
        message="The pages of this document could not be counted, so it cannot be printed. "
        "Make it again without a password, or save it as a new PDF.",
        advice="The document is damaged, encrypted or of an unknown kind. To print such documents "
        "for a fixed number of pages, set uncounted_document to charge_fixed.",
    ),
    Entry(
        code=Reason.PAGES_ASSUMED,
        title="Charged for a fixed number of pages",
        message="The pages of this document could not be counted; it is charged as {pages} pages.",
        advice="Change uncounted_pages, or set uncounted_document to deny.",
    ),
    Entry(
        code=Reason.TOO_MANY_PAGES,
        title="Too many pages",
        message="This job has {pages} pages and {limit} are allowed. Print it in parts.",
        advice="Raise pages_max if such jobs are wanted on this printer.",
    ),
    Entry(
        code=Reason.TOO_MANY_COPIES,
        title="Too many copies",
        message="No more than {limit} copies are allowed. Ask for fewer.",
        advice="Raise copies_max if so many copies are wanted on this printer.",
    ),
    Entry(
        code=Reason.ENOUGH_CREDIT,
        title="Paid from credit",
        message="This job costs {cost}.",
        advice="Nothing to do.",
    ),
    Entry(
        code=Reason.NOT_ENOUGH_CREDIT,
        title="Not enough credit",
        message="This job costs {cost} and you have {balance}. "
        "Ask for credit or print fewer pages.",
        advice="Add credit at the primary, or set credit to allow_overdraft. While the site is cut "
        "off, added credit arrives only when the link is back.",
        retry_helps=True,
    ),
    Entry(
        code=Reason.OVERDRAFT_ALLOWED,
        title="Printed on debt",
        message="This job costs {cost} and you have {balance}. It is printed all the same, "
        "and you owe the rest.",
        advice="Set credit to replica_balance if users shall not get into debt.",
    ),
    Entry(
        code=Reason.UNRESTRICTED_USER,
        title="User without a limit",
        message="This job costs {cost}.",
        advice="Set the user to restricted if their credit shall be a limit.",
    ),
    Entry(
        code=Reason.NO_REPLICA,
        title="Nobody to ask",
        message="This device cannot reach its server. Try again in a few minutes.",
        advice="This node has no replica, and neither the primary nor its site server answers it. "
        "Check both and the network between them.",
        retry_helps=True,
    ),
    Entry(
        code=Reason.PRINTED_UNLOGGED,
        title="Printed without a record",
        message="Your job is printed and not charged.",
        advice="The printer's failure mode is print_unlogged: what is printed while nobody "
        "answers is never charged. print_and_log_later would charge it afterwards.",
    ),
    Entry(
        code=Reason.LOGGED_LATER,
        title="Printed now, charged later",
        message="Your job is printed now and charged when the server is back.",
        advice="Nothing to do. Balances may fall below zero when the record arrives.",
    ),
    Entry(
        code=Reason.HELD_UNTIL_RECONNECT,
        title="Held until the server is back",
        message="The server cannot be reached. Your job is kept and goes on when it is back.",
        advice="The printer's failure mode holds this job. Check the primary, the site server "
        "and the network between them.",
        retry_helps=True,
    ),
)

CATALOGUE: Final[Mapping[Reason, Entry]] = {entry.code: entry for entry in ENTRIES}


def render(decision: Decision, currency: str) -> str:
    """Return a decision in words for the person at the panel."""
    balance_micros = decision.balance_micros
    values = {
        "cost": money_text(decision.cost_micros, currency),
        "balance": "no balance" if balance_micros is None else money_text(balance_micros, currency),
        "pages": sum(line.impressions for line in decision.lines),
        "limit": decision.limit,
    }
    return " ".join(CATALOGUE[reason].message.format(**values) for reason in decision.reasons)


def money_text(amount_micros: int, currency: str) -> str:
    """Return an amount such as "1.20 EUR", exact: with two decimals, or more where it has more."""
    units, rest_micros = divmod(abs(amount_micros), MICROS_PER_UNIT)
    decimals = f"{rest_micros:06}".rstrip("0").ljust(2, "0")
    sign = "-" if amount_micros < 0 else ""
    return f"{sign}{units}.{decimals} {currency}".rstrip()
