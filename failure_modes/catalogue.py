"""Every reason in words: for the person at the panel, and for the one who runs the place.

The documentation of failure modes is generated from this table, so a reason that is not here does
not exist. A message may use {cost}, {balance}, {pages}, {limit}
and, where the limit is an amount, {limit_money}.
"""

from collections.abc import Mapping
from typing import Final

from failure_modes.catalogue_entry import Entry
from failure_modes.catalogue_filters import FILTER_ENTRIES
from failure_modes.catalogue_login import LOGIN_ENTRIES
from failure_modes.catalogue_outage import OUTAGE_ENTRIES
from failure_modes.decision import Decision
from failure_modes.vocabulary import Reason

MICROS_PER_UNIT: Final = 1_000_000

ENTRIES: Final = (
    *LOGIN_ENTRIES,
    Entry(
        code=Reason.UNAUTHENTICATED,
        title="User not proven",
        message="Nobody has confirmed that this job is yours, so it was not accepted. Log "
        "in and send it again.",
        advice="Set unauthenticated to hold_for_manager, charge_offline_account or "
        "trust_spool_name to accept such jobs.",
    ),
    Entry(
        code=Reason.HELD_FOR_MANAGER,
        title="Waiting for a manager",
        message="Your job is kept until a manager releases it.",
        advice="Release or delete the job as a manager: a member of manager_group at a printer of "
        "this site. Its queue says so, or unauthenticated does.",
    ),
    Entry(
        code=Reason.OFFLINE_FOR_LONG,
        title="Site cut off for long",
        message="This site has been cut off for a long time and may soon stop printing.",
        advice="Bring the link back before offline_stop_ms is over, or raise it.",
        retry_helps=True,
    ),
    Entry(
        code=Reason.OFFLINE_TOO_LONG,
        title="Site cut off for too long",
        message="This site has been cut off for too long and does not print any more. Ask "
        "the help desk.",
        advice="Bring the link back, or raise offline_stop_ms if this site may go on for longer.",
        retry_helps=True,
    ),
    Entry(
        code=Reason.CLOSED_NOW,
        title="Outside opening hours",
        message="Printing is closed at this hour. Come back during opening hours.",
        advice="Change opening_hours if printing shall be possible now.",
        retry_helps=True,
    ),
    Entry(
        code=Reason.ACCOUNT_CHARGED,
        title="Charged to an account",
        message="It is charged to a shared account.",
        advice="Nothing to do. See account_selection and unauthenticated for jobs that go "
        "to the offline account.",
    ),
    Entry(
        code=Reason.ACCOUNT_TO_BE_CHOSEN,
        title="Account to be chosen",
        message="Choose at the printer which account pays for this job.",
        advice="Nothing to do. account_selection is choose_at_device.",
    ),
    Entry(
        code=Reason.NO_ACCOUNT_CHOSEN,
        title="No account chosen",
        message="Nobody could ask you which account pays for this job, so it was not accepted.",
        advice="Set account_selection to personal, shared or choose_at_device to accept such jobs.",
    ),
    Entry(
        code=Reason.UNKNOWN_ACCOUNT,
        title="Account not known",
        message="The account that is to pay for this job is not known here.",
        advice="Add the account at the primary, also the one that offline_account_name names.",
    ),
    Entry(
        code=Reason.ACCOUNT_DISABLED,
        title="Account disabled",
        message="The account that is to pay for this job is switched off. Choose another one.",
        advice="Enable the account at the primary if this is not intended.",
    ),
    Entry(
        code=Reason.ACCOUNT_NOT_OPEN,
        title="Account not open to this user",
        message="You may not charge that account. Choose another one.",
        advice="Open the account to the user at the primary if this is not intended.",
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
        code=Reason.ALLOWANCE_SPENT,
        title="Allowance spent",
        message="This job costs {cost}, more than may be spent at this site now.",
        advice="credit is strict: this site may spend its allowance and no more. It asks "
        "for a new one when the link is up.",
        retry_helps=True,
    ),
    Entry(
        code=Reason.CEILING_REACHED,
        title="Offline ceiling reached",
        message="This job costs {cost}, and while the site is cut off you may spend "
        "{limit_money} in all.",
        advice="Raise offline_ceiling_micros, or bring the link back.",
        retry_helps=True,
    ),
    Entry(
        code=Reason.CHARGED_LATE,
        title="Charged afterwards",
        message="What was printed while nobody answered is charged now.",
        advice="Nothing to do. The price list in force at the time of printing applies.",
    ),
    Entry(
        code=Reason.TOO_LATE_TO_CHARGE,
        title="Too old to be charged",
        message="What was printed long ago is recorded and not charged.",
        advice="The record arrived later than late_upload_max_ms allows. Raise it if such "
        "old jobs shall be charged.",
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
    *FILTER_ENTRIES,
    *OUTAGE_ENTRIES,
)

CATALOGUE: Final[Mapping[Reason, Entry]] = {entry.code: entry for entry in ENTRIES}


def render(decision: Decision, currency: str) -> str:
    """Return a decision in words for the person at the panel."""
    balance_micros, limit = decision.balance_micros, decision.limit
    values = {
        "cost": money_text(decision.cost_micros, currency),
        "balance": "no balance" if balance_micros is None else money_text(balance_micros, currency),
        "pages": sum(line.impressions for line in decision.lines),
        "limit": decision.limit,
        "limit_money": "nothing" if limit is None else money_text(limit, currency),
    }
    return " ".join(CATALOGUE[reason].message.format(**values) for reason in decision.reasons)


def money_text(amount_micros: int, currency: str) -> str:
    """Return an amount such as "1.20 EUR", exact: with two decimals, or more where it has more."""
    units, rest_micros = divmod(abs(amount_micros), MICROS_PER_UNIT)
    decimals = f"{rest_micros:06}".rstrip("0").ljust(2, "0")
    sign = "-" if amount_micros < 0 else ""
    return f"{sign}{units}.{decimals} {currency}".rstrip()
