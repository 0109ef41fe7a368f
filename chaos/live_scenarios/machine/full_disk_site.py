"""The disk of a site fills up: first to the reserve, then to the last byte; then it has room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaos.errors import NotReadyError
from chaos.history import Outcome
from chaos.live.panel import Copies
from chaos.live.small_disk import SmallDisk, small_disk
from chaos.live.waiting import until
from chaos.live_scenarios.machine.hands import WITHIN_MS
from chaos.live_scenarios.organisation import ADA, GRACE
from chaos.live_scenarios.plan import Plan
from chaos.live_scenarios.scenario import Scenario
from chaos.pdf_writer import PageInk, write_document

if TYPE_CHECKING:
    from chaos.history import Event
    from chaos.live.json_client import Answer
    from chaos.live_scenarios.stage import Stage

MB: Final = 1024 * 1024
DISK_BYTES: Final = 64 * MB
RESERVE_BYTES: Final = 16 * MB
PLAN: Final = Plan(
    site_names=("oslo",),
    site_settings={"limits": {"free_bytes_min": RESERVE_BYTES}},
    own_lab=True,
)
COPIES: Final = Copies(pages=1)
COPIES_MAX: Final = 400
"""So many fit into what the journal's file has already, at the most."""
FULL: Final = "no room for documents"
VERY_FULL: Final = "not a byte free"


async def _play(stage: Stage) -> None:
    site = stage.lab.sites["oslo"]
    await site.server.stop()
    async with small_disk(site.server.data_folder, DISK_BYTES) as disk:
        await site.start()
        async with stage.at_work():
            await stage.visits(2)
        await _to_the_reserve(stage, disk)
        await _to_the_last_byte(stage, disk)
        disk.make_room()
        await _until_taken(stage)
        async with stage.at_work():
            await stage.visits(2)
        stage.check(not stage.troubles("oslo"), "with room again everything works, unaided")
        await stage.settled()
        await site.server.stop()
    await site.start()


async def _to_the_reserve(stage: Stage, disk: SmallDisk) -> None:
    branch = stage.branches["oslo"]
    stage.began("oslo", FULL)
    disk.fill(but_bytes=RESERVE_BYTES // 2)
    refused = await _send(stage, "beyond-the-reserve")
    stage.check(
        refused.outcome is Outcome.REFUSED, f"a document is refused in words: {refused.reason}"
    )
    for _ in range(3):
        copied = await branch.copy(GRACE, COPIES)
        stage.check(copied.outcome is Outcome.OK, "people copy on: the journal has its reserve")
    stage.ended("oslo", FULL)


async def _to_the_last_byte(stage: Stage, disk: SmallDisk) -> None:
    stage.began("oslo", VERY_FULL)
    disk.fill()
    refused = await _until_refused(stage, disk)
    stage.check(refused is not None, "a copy is refused at last")
    if refused is not None:
        stage.check(
            (refused.outcome, refused.reason) == (Outcome.REFUSED, "disk_full"),
            f"and the panel says why: {refused.sentence}",
        )
    status = await stage.lab.sites["oslo"].admin.status()
    stage.check(bool(status), "the site still answers")
    stage.ended("oslo", VERY_FULL)


async def _until_refused(stage: Stage, disk: SmallDisk) -> Answer | None:
    """The first refusal: files that have grown already take some more."""
    panel = stage.branches["oslo"].panel
    for _ in range(COPIES_MAX):
        disk.fill()
        answer = await panel.log_in(GRACE.card_number)
        if answer.outcome is not Outcome.OK:
            return answer
        session_id = str(answer.field("session_id"))
        answer = await panel.start_copies(session_id, COPIES)
        if answer.outcome is not Outcome.OK:
            return answer
        copy_uuid = str(answer.field("copy_uuid"))
        answer = await panel.finish_copies(session_id, copy_uuid, mono_pages=1)
        if answer.outcome is not Outcome.OK:
            return answer
    return None


async def _until_taken(stage: Stage) -> None:
    """The next document is taken, without anybody touching the server."""

    async def taken() -> bool:
        return (await _send(stage, "with-room-again")).outcome is Outcome.OK

    try:
        await until(taken, "a document to be taken", within_ms=WITHIN_MS, every_ms=500)
    except NotReadyError:
        stage.check(False, "with room again documents are taken")  # noqa: FBT003 - it is not so


async def _send(stage: Stage, name: str) -> Event:
    number = sum(1 for _ in stage.history.events())
    return await stage.branches["oslo"].send(
        write_document(f"{name}-{number}", (PageInk.MONO,)), ADA
    )


SCENARIO: Final = Scenario(
    name="site-disk-full",
    story=(
        "The disk of a site fills up. First documents are refused and people copy on; then not a"
        " byte is free and everything is refused in words; then there is room, and the site works"
        " without a restart."
    ),
    promises=(1, 2, 3, 4, 5),
    incident=(
        "SafeQ's spoolers need a full-disk prevention of their own, since a full spool takes the"
        " whole branch down; jobs were lost by CUPS at restarts (apple/cups#46)."
    ),
    play=_play,
    needs=("root",),
    plan=PLAN,
)
