"""What the site's own bounds, states and devices forbid, each in a stable code and in words.

What `failure_modes` decides is explained in `failure_modes.catalogue`. A code is stable: it is
stored, sent, documented.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class Cause(StrEnum):
    """Why the site says no, or why a job came back."""

    NO_SUCH_DEVICE = "no_such_device"
    NOT_ADMINISTRATOR = "not_administrator"
    NOT_A_NODE = "not_a_node"
    BAD_REQUEST = "bad_request"
    TOO_SLOW = "too_slow"
    NO_SUCH_SESSION = "no_such_session"
    NO_SUCH_JOB = "no_such_job"
    NO_SUCH_COPY = "no_such_copy"
    NO_SUCH_QUEUE = "no_such_queue"
    NO_SUCH_PRINTER = "no_such_printer"
    NO_PRICE = "no_price"
    NOT_YOUR_JOB = "not_your_job"
    NOT_A_MANAGER = "not_a_manager"
    RELEASE_AT_PANEL = "release_at_panel"
    STILL_COUNTING = "still_counting"
    JOB_INCOMPLETE = "job_incomplete"
    JOB_ON_ITS_WAY = "job_on_its_way"
    JOB_IS_DONE = "job_is_done"
    OUTCOME_OPEN = "outcome_open"
    COPY_IS_DONE = "copy_is_done"
    OTHER_CARD_USE = "other_card_use"
    BAD_CARD_USE = "bad_card_use"
    CARD_NOT_FREE = "card_not_free"
    TOO_MANY_CARD_CLAIMS = "too_many_card_claims"
    CARD_CLAIMS_FULL = "card_claims_full"
    HAS_DOCUMENT = "has_document"
    TOO_MANY_JOBS = "too_many_jobs"
    TOO_MANY_UPLOADS = "too_many_uploads"
    TOO_MANY_SESSIONS = "too_many_sessions"
    TOO_MANY_TRIES = "too_many_tries"
    TOO_MANY_LOGINS = "too_many_logins"
    TOO_MANY_COPIES_OPEN = "too_many_copies_open"
    TOO_MANY_DELIVERIES = "too_many_deliveries"
    DISK_FULL = "disk_full"
    STORE_BUSY = "store_busy"
    NO_DIRECTORY = "no_directory"
    STOPPING = "stopping"
    DOCUMENT_TOO_LARGE = "document_too_large"
    NOT_SENT = "not_sent"
    PRINTER_UNREACHABLE = "printer_unreachable"
    PRINTER_REFUSED = "printer_refused"
    PRINTER_CANCELLED = "printer_cancelled"
    OUTCOME_UNKNOWN = "outcome_unknown"
    SETTLED = "settled"
    DRILL_IN_FORCED_CUT = "drill_in_forced_cut"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One cause in words: `detail` for whoever asked, `advice` for whoever runs the place."""

    detail: str
    advice: str
    retry_helps: bool = False


WORDS: Final[Mapping[Cause, Words]] = {
    Cause.NO_SUCH_DEVICE: Words(
        detail="This panel is not known here.",
        advice="Send the header Authorization: Bearer TOKEN, with the token that headquarters gave "
        "for this panel at this site. Register the panel again if the token is lost.",
    ),
    Cause.NOT_ADMINISTRATOR: Words(
        detail="This needs the site's administration key.",
        advice="Send the header Authorization: Bearer KEY, with the content of admin.key.",
    ),
    Cause.NOT_A_NODE: Words(
        detail="This certificate is not good for asking here.",
        advice="Only a site or secondary that headquarters approves may ask. See the state of its "
        "site there: it may be revoked, fenced or joined anew.",
    ),
    Cause.BAD_REQUEST: Words(
        detail="This request is not as this address expects it.",
        advice="after and limit are whole numbers.",
    ),
    Cause.TOO_SLOW: Words(
        detail="The request did not arrive in time.",
        advice="Send it again.",
        retry_helps=True,
    ),
    Cause.NO_SUCH_SESSION: Words(
        detail="You are not logged in here any more. Log in again.",
        advice="A session ends by itself when it is not used for a while.",
    ),
    Cause.NO_SUCH_JOB: Words(
        detail="There is no such job here.",
        advice="It may have been printed, deleted or expired; the journal knows.",
    ),
    Cause.NO_SUCH_COPY: Words(
        detail="There is no such copy session here.",
        advice="Use the copy_uuid that the start of the copy session returned.",
    ),
    Cause.NO_SUCH_QUEUE: Words(
        detail="There is no queue of that name at this site.",
        advice="Add the queue at the primary, or correct the address at the computer.",
    ),
    Cause.NO_SUCH_PRINTER: Words(
        detail="There is no printer of that name at this site.",
        advice="Add the printer at the primary, or correct the queue that names it.",
    ),
    Cause.NO_PRICE: Words(
        detail="There is no price for this printer, so nothing can be printed on it.",
        advice="Set a price for the printer, or a default price, at the primary.",
    ),
    Cause.NOT_YOUR_JOB: Words(
        detail="This job belongs to somebody else.",
        advice="Only the user who sent a job may hold it, and release or delete it; at a panel a "
        "manager may do so, too: a member of the group that manager_group names.",
    ),
    Cause.NOT_A_MANAGER: Words(
        detail="Only a manager may see the jobs of others.",
        advice="Add the user to the group that manager_group names, at the primary.",
    ),
    Cause.RELEASE_AT_PANEL: Words(
        detail="This job waits for you at the printer. Log in there to print it.",
        advice="A computer's user name is claimed, not proved; only a panel lets a held job go.",
    ),
    Cause.STILL_COUNTING: Words(
        detail="The pages of this job are being counted. Try again in a moment.",
        advice="Nothing to do.",
        retry_helps=True,
    ),
    Cause.JOB_INCOMPLETE: Words(
        detail="The document of this job has not arrived yet.",
        advice="Nothing to do. A job whose document does not come is ended by itself.",
        retry_helps=True,
    ),
    Cause.JOB_ON_ITS_WAY: Words(
        detail="This job is on its way to the printer already.",
        advice="Stop it at the printer itself.",
    ),
    Cause.JOB_IS_DONE: Words(
        detail="This job is done already.",
        advice="Nothing to do.",
    ),
    Cause.OUTCOME_OPEN: Words(
        detail="Nobody knows yet whether this job was printed. Look at the printer, and ask the "
        "help desk to settle it.",
        advice="Settle it: POST /admin/v1/jobs/JOB/settle with printed true or false.",
    ),
    Cause.COPY_IS_DONE: Words(
        detail="This copy session was finished already, with other pages.",
        advice="Report the pages of a copy session once.",
    ),
    Cause.OTHER_CARD_USE: Words(
        detail="This use of a card was told before, with other content. The first one stays.",
        advice="A device gives each use a new random UUID and repeats it unchanged. Read the other "
        "record out of the device, and charge it by hand if it is true.",
    ),
    Cause.BAD_CARD_USE: Words(
        detail="This use of a card is not as this site expects it, so it was not recorded.",
        advice="Correct the device's program. The other uses of the same upload were taken.",
    ),
    Cause.CARD_NOT_FREE: Words(
        detail="This card cannot be registered. Take it to the help desk.",
        advice="It is somebody else's, was revoked, or somebody else has claimed it. Register or "
        "revoke it at the primary.",
    ),
    Cause.TOO_MANY_CARD_CLAIMS: Words(
        detail="Your other cards have to be confirmed first. Try again later.",
        advice="The bound is card_claims_per_user_max of the site's configuration. Claims are "
        "settled when headquarters can be reached.",
        retry_helps=True,
    ),
    Cause.CARD_CLAIMS_FULL: Words(
        detail="Too many cards wait for their confirmation at this site. Try again later.",
        advice="The bound is card_claims_max of the site's configuration. Claims are settled when "
        "headquarters can be reached.",
        retry_helps=True,
    ),
    Cause.HAS_DOCUMENT: Words(
        detail="This job has its document already.",
        advice="One job carries one document.",
    ),
    Cause.TOO_MANY_JOBS: Words(
        detail="Too many jobs wait at this site. Release or delete some, then print again.",
        advice="The bound is jobs_max of the site's configuration.",
        retry_helps=True,
    ),
    Cause.TOO_MANY_UPLOADS: Words(
        detail="Too many documents arrive at this site now. Try again in a moment.",
        advice="The bound is uploads_max of the site's configuration.",
        retry_helps=True,
    ),
    Cause.TOO_MANY_SESSIONS: Words(
        detail="Too many people are logged in at this site. Try again in a minute.",
        advice="The bound is sessions_max of the site's configuration.",
        retry_helps=True,
    ),
    Cause.TOO_MANY_TRIES: Words(
        detail="There were too many wrong PINs or passwords. Wait 15 minutes, then try again.",
        advice="Somebody mistypes, or guesses: the site's log names the user and the place. It "
        "ends by itself; a restart of the site ends it, too.",
    ),
    Cause.TOO_MANY_LOGINS: Words(
        detail="Too many people log in at this moment. Try again shortly.",
        advice="Each PIN or password takes a moment of this machine. If it lasts, somebody tries "
        "very many of them.",
        retry_helps=True,
    ),
    Cause.TOO_MANY_COPIES_OPEN: Words(
        detail="Too many copy sessions are open in this login. Finish one first.",
        advice="A copier must report the pages of each copy session.",
    ),
    Cause.TOO_MANY_DELIVERIES: Words(
        detail="Too many jobs are on their way to printers. Try again in a minute.",
        advice="The bound is deliveries_max of the site's configuration. Look for a printer that "
        "takes no jobs.",
        retry_helps=True,
    ),
    Cause.DISK_FULL: Words(
        detail="This site has no space for it now. Nothing was taken; try again later.",
        advice="Free space on the disk of the site's data folder.",
        retry_helps=True,
    ),
    Cause.STORE_BUSY: Words(
        detail="The site could not write it down. Nothing was taken; try again shortly.",
        advice="See the site's log, and the disk of its data folder.",
        retry_helps=True,
    ),
    Cause.NO_DIRECTORY: Words(
        detail="This site has no whole copy of the directory yet.",
        advice="Ask another site, or wait until headquarters has been here once.",
    ),
    Cause.STOPPING: Words(
        detail="This site server is stopping. Try again in a minute.",
        advice="Nothing to do where this is a restart.",
        retry_helps=True,
    ),
    Cause.DOCUMENT_TOO_LARGE: Words(
        detail="This document is larger than this site takes. Print it in parts.",
        advice="The bound is document_bytes_max of the site's configuration.",
    ),
    Cause.NOT_SENT: Words(
        detail="The site stopped before it sent this job. It was not printed.",
        advice="Release it again.",
        retry_helps=True,
    ),
    Cause.PRINTER_UNREACHABLE: Words(
        detail="The printer does not answer, so this job was not printed.",
        advice="Check that the printer is on and connected, then release it again.",
        retry_helps=True,
    ),
    Cause.PRINTER_REFUSED: Words(
        detail="The printer did not take this job. It was not printed.",
        advice="See the job's reason for what the printer said.",
        retry_helps=True,
    ),
    Cause.PRINTER_CANCELLED: Words(
        detail="The printer ended this job without printing it.",
        advice="Somebody stopped it at the printer, or the printer could not print it.",
    ),
    Cause.OUTCOME_UNKNOWN: Words(
        detail="Nobody can say whether this job was printed: the printer has no record of it.",
        advice="Look at the printer's tray, then settle the job.",
    ),
    Cause.DRILL_IN_FORCED_CUT: Words(
        detail="This site is cut off by force, so a drill would rehearse nothing. "
        "Nothing was changed.",
        advice="End the forced cut first: holdfast-site force-offline off. Then start the drill.",
    ),
    Cause.SETTLED: Words(
        detail="Somebody looked: this job was not printed. It can be released again.",
        advice="Nothing to do.",
    ),
}
