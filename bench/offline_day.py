"""What a branch does while it is cut off, as bodies of journal entries: the load of `reconcile`.

Of twenty jobs seventeen are printed and paid for, one is deleted, one expires, and one is refused
by its printer and held again. So an entry in five moves money, and who pays comes in no order.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from replication.entry_bodies import (
    Body,
    JobAccepted,
    JobCounted,
    JobDeleted,
    JobExpired,
    JobNotPrinted,
    JobPrinted,
    JobReleased,
    user_payer,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

USERS: Final = 400
PRINTERS: Final = 12
PAGE_MICROS: Final = 20_000
STEP: Final = 7_919
"""Prime to the counts: neighbours in time are other people at other printers."""
JOBS: Final = 20
DELETED, EXPIRED, NOT_PRINTED = 3, 11, 17
"""Which of `JOBS` end otherwise than on paper."""


def users() -> list[str]:
    """Who prints in this branch."""
    return [f"user{number:03}" for number in range(USERS)]


def offline_day(first_job: int = 0) -> Iterator[Body]:
    """The facts of one job after another, without end."""
    number = first_job
    while True:
        yield from _job(number)
        number += 1


def _job(number: int) -> Iterator[Body]:
    job_uuid = f"{number:08x}-5ca1-4ab1-8e00-{number * STEP % 16**12:012x}"
    user_name = f"user{number * STEP % USERS:03}"
    printer_name = f"floor-{number * STEP // USERS % PRINTERS}-laser"
    pages, copies = 1 + number % 9, 1 + number % 2
    cost_micros = pages * copies * PAGE_MICROS
    yield JobAccepted(
        job_uuid=job_uuid,
        user_name=user_name,
        queue_name="find-me",
        job_name=f"Minutes of meeting {number}.pdf",
        bytes=40_000 + number % 1000,
        sha256=hashlib.sha256(job_uuid.encode()).hexdigest(),
    )
    yield JobCounted(job_uuid=job_uuid, mono_pages=pages, colour_pages=0)
    if number % JOBS == DELETED:
        yield JobDeleted(job_uuid=job_uuid, by_user_name=user_name)
        return
    if number % JOBS == EXPIRED:
        yield JobExpired(job_uuid=job_uuid)
        return
    yield JobReleased(
        job_uuid=job_uuid,
        user_name=user_name,
        printer_name=printer_name,
        fence=1,
        cost_micros=cost_micros,
    )
    if number % JOBS == NOT_PRINTED:
        yield JobNotPrinted(
            job_uuid=job_uuid, printer_name=printer_name, fence=1, reason="The tray was empty."
        )
        return
    yield JobPrinted(
        job_uuid=job_uuid,
        user_name=user_name,
        printer_name=printer_name,
        fence=1,
        payer=user_payer(user_name),
        cost_micros=cost_micros,
        mono_pages=pages,
        colour_pages=0,
        copies=copies,
    )
