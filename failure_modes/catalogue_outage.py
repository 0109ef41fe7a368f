"""The reasons of cut-off devices, nodes and functions in words; a part of `catalogue.py`."""

from typing import Final

from failure_modes.catalogue_entry import Entry
from failure_modes.vocabulary import Reason

OUTAGE_ENTRIES: Final = (
    Entry(
        code=Reason.FUNCTION_NOT_OFFERED,
        title="Not possible while cut off",
        message="This is not possible while headquarters cannot be reached. Try again later.",
        advice="The functions matrix says what works in which state of the link. Restore the "
        "link, or end the drill or the forced cut.",
        retry_helps=True,
    ),
    Entry(
        code=Reason.FUNCTION_OFFERED,
        title="Possible now",
        message="Go ahead.",
        advice="Nothing to do.",
    ),
    Entry(
        code=Reason.PROVISIONAL_HERE,
        title="Counts here for now",
        message="This counts here for now, until headquarters can be reached and confirms it.",
        advice="Nothing to do. The primary confirms or refuses it when the link is back.",
    ),
    Entry(
        code=Reason.CARD_CLAIMS_OFF,
        title="No registering of own cards",
        message="You cannot register a card yourself here. Ask the help desk to do it.",
        advice="Set card_self_registration to true if people who are logged in shall register "
        "their cards themselves.",
    ),
    Entry(
        code=Reason.OFFLINE_LOG_FULL,
        title="Offline log is full",
        message="The server has been away for too long. Your job is kept and goes on when it "
        "is back.",
        advice="This node has no room for more records of what it printed while nobody "
        "answered. Restore the link, or give the offline log more room.",
        retry_helps=True,
    ),
    Entry(
        code=Reason.DEVICE_WAITING,
        title="Device waits for its server",
        message="The server does not answer. Please wait a moment.",
        advice="The device goes into its own offline mode after the configured delay.",
        retry_helps=True,
    ),
    Entry(
        code=Reason.DEVICE_LOCKED,
        title="Device is locked",
        message="This device cannot reach its server. Ask for it to be unlocked.",
        advice="Type the unlock code at the device, allow its offline mode without a code, or "
        "restore the way to its site server.",
        retry_helps=True,
    ),
    Entry(
        code=Reason.DEVICE_CARD_ONLY,
        title="Card only",
        message="This device cannot reach its server. Only a card works for now.",
        advice="A device by itself cannot check a PIN, a password or a print job. Restore the way "
        "to its site server.",
        retry_helps=True,
    ),
    Entry(
        code=Reason.DEVICE_CARD_LOGGED,
        title="Used by card, matched later",
        message="Go ahead. Your use is noted under your card and charged when the server is back.",
        advice="Nothing to do. The use is not limited; balances may fall below zero.",
    ),
    Entry(
        code=Reason.CARD_MATCHED,
        title="Card matched to its owner",
        message="What was noted under your card is charged now: {cost}.",
        advice="Nothing to do.",
    ),
    Entry(
        code=Reason.CARD_UNMATCHED,
        title="Card belongs to nobody",
        message="What was noted under an unknown card is charged to the user for unknown cards.",
        advice="Find out whose card it is, register it, and move the charge.",
    ),
    Entry(
        code=Reason.CARD_UNCHARGED,
        title="Card belongs to nobody, and nobody pays",
        message="What was noted under an unknown card is recorded and charged to nobody.",
        advice="The directory has no user of the name that device_offline gives as unknown_user. "
        "Add it, so that somebody pays the next time. For this use, find out whose card it is and "
        "charge them by hand: the print log has the pages.",
    ),
)
