"""The reasons of a login in words; a part of `catalogue.py`."""

from typing import Final

from failure_modes.catalogue_entry import Entry
from failure_modes.vocabulary import Reason

LOGIN_ENTRIES: Final = (
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
        code=Reason.PIN_NEEDED,
        title="PIN needed",
        message="Type the PIN of your card, too.",
        advice="The device asks for the PIN and sends it with the card. See pin_needed.",
        retry_helps=True,
    ),
    Entry(
        code=Reason.WRONG_PIN,
        title="Wrong PIN",
        message="This PIN is not right. Try again.",
        advice="Nothing to do. The user can be given a new PIN at the primary, and needs one there "
        "to use any.",
        retry_helps=True,
    ),
    Entry(
        code=Reason.WRONG_PASSWORD,
        title="Wrong password",
        message="This password is not right. Try again.",
        advice="Nothing to do. A password that was changed lately may not have arrived here yet.",
        retry_helps=True,
    ),
    Entry(
        code=Reason.PASSWORD_LOGIN_OFF,
        title="No login by password",
        message="You cannot log in by password here. Use your card.",
        advice="Set password_login to branch_directory or replicated_hash if passwords "
        "shall be accepted.",
    ),
    Entry(
        code=Reason.PASSWORD_NOT_CHECKED,
        title="Password cannot be checked",
        message="Your password cannot be checked now. Use your card, or try again later.",
        advice="The directory of the branch did not answer, or the replica has no hash for"
        " this user. See password_login.",
        retry_helps=True,
    ),
    Entry(
        code=Reason.CREDENTIALS_TOO_OLD,
        title="Credentials too old",
        message="This site has been cut off for too long to let anybody log in this way.",
        advice="The replica is older than credential_age_max_ms (for passwords: "
        "password_hash_age_max_ms) allows. Bring the link back, or raise the age.",
        retry_helps=True,
    ),
)
