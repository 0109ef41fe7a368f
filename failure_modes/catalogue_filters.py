"""The reasons of filters and conversions in words; a part of `catalogue.py`."""

from typing import Final

from failure_modes.catalogue_entry import Entry
from failure_modes.vocabulary import Reason

FILTER_ENTRIES: Final = (
    Entry(
        code=Reason.CONVERTED_TO_MONO,
        title="Printed in black only",
        message="This job is printed in black only.",
        advice="A conversion force_mono applies to this user here. Remove it if colour is wanted.",
    ),
    Entry(
        code=Reason.CONVERTED_TO_DUPLEX,
        title="Printed on both sides",
        message="This job is printed on both sides.",
        advice="A conversion force_duplex applies to this user here. Remove it if single sides "
        "are wanted.",
    ),
    Entry(
        code=Reason.GROUP_NEEDED,
        title="Printer for other groups",
        message="You may not use this printer. Take another one, or ask the help desk.",
        advice="Add the user to one of the groups of the group filter, or the group to the filter.",
    ),
    Entry(
        code=Reason.COLOUR_GROUP_NEEDED,
        title="Colour for other groups",
        message="You may not print in colour here. Choose black only.",
        advice="Add the user to one of the groups of the filter colour_group, or widen the filter.",
    ),
    Entry(
        code=Reason.ONLY_MONO_HERE,
        title="No colour here",
        message="Colour is not allowed here. Choose black only, or take another printer.",
        advice="Remove the filter mono_only, or add a conversion force_mono: it prints such jobs "
        "in black.",
    ),
    Entry(
        code=Reason.ONLY_COLOUR_HERE,
        title="Only colour here",
        message="This printer is for colour. Print black pages on another one.",
        advice="Remove the filter colour_only if jobs without colour are wanted on this printer.",
    ),
    Entry(
        code=Reason.ONLY_SIMPLEX_HERE,
        title="Single sides only",
        message="Print this job on one side of the paper.",
        advice="Remove the filter simplex_only if two-sided jobs are wanted on this printer.",
    ),
    Entry(
        code=Reason.ONLY_DUPLEX_HERE,
        title="Both sides only",
        message="Print this job on both sides of the paper.",
        advice="Remove the filter duplex_only, or add a conversion force_duplex: it prints such "
        "jobs on both sides.",
    ),
    Entry(
        code=Reason.PAPER_SIZE_REFUSED,
        title="Paper size not allowed",
        message="This paper size is not allowed here. Choose another size.",
        advice="Add the size to the filter paper_size if it is wanted on this printer.",
    ),
    Entry(
        code=Reason.DOCUMENT_TYPE_REFUSED,
        title="Kind of document not allowed",
        message="This kind of document is not printed here. Save it as another kind.",
        advice="Take the type from the filter document_type if it is wanted on this printer.",
    ),
    Entry(
        code=Reason.DOCUMENT_NAME_REFUSED,
        title="Document name not allowed",
        message="Documents of this name are not printed here. Ask the help desk.",
        advice="A pattern of the filter document_name matches. Make it narrower if it should not.",
    ),
    Entry(
        code=Reason.DOCUMENT_TOO_BIG,
        title="Document too big",
        message="This document is too big for this printer. Print it in parts.",
        advice="Raise the filter spool_bytes_max if such documents are wanted on this printer.",
    ),
    Entry(
        code=Reason.TOO_EXPENSIVE,
        title="Job too expensive",
        message="This job costs {cost} and one job may cost {limit_money} here. "
        "Print fewer pages, or without colour.",
        advice="Raise the filter cost_max if such jobs are wanted on this printer.",
    ),
    Entry(
        code=Reason.DUPLICATE_JOB,
        title="Same document again",
        message="You have just printed this document. Wait a little to print it again.",
        advice="The duplicate filter refuses the same document within its time. Shorten the "
        "time if people print twice on purpose.",
        retry_helps=True,
    ),
)
