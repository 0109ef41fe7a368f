"""Variants that print twice, lose a job, say no and do it, or let people wait."""

from __future__ import annotations

from typing import Final

from chaos.mutants.mutant import Mutant, Patch

ONCE: Final = "released_once"

OF_JOBS: Final = (
    Mutant(
        name="unknown-is-not-printed",
        mistake="A job that nobody can say anything of is held again, as if it was not printed.",
        promise=4,
        caught_by=ONCE,
        plan="forgetful_printer",
        patches=(
            Patch(
                module="site_server.service.record_outcome",
                right="            return _unknown(unit, job, outcome)\n",
                wrong="            return _not_printed(unit, job, outcome)\n",
            ),
        ),
    ),
    Mutant(
        name="under-way-is-not-sent",
        mistake="After a crash a job that was on its way counts as never sent.",
        promise=4,
        caught_by=ONCE,
        plan="killed_while_printing",
        patches=(
            Patch(
                module="site_server.service.dispatch",
                right="self._finish(job_uuid, fence, Outcome(fate=Fate.UNREACHABLE))\n",
                wrong="self._finish(job_uuid, fence, NOT_SENT)\n",
            ),
        ),
    ),
    Mutant(
        name="number-not-recorded",
        mistake="A document goes out before the printer's number of the job is on the disk.",
        promise=4,
        caught_by=ONCE,
        plan="killed_while_printing",
        patches=(
            Patch(
                module="site_server.service.dispatch",
                right="        await self._store.write(work)\n\n    def _order",
                wrong="        del work\n\n    def _order",
            ),
        ),
    ),
    Mutant(
        name="spool-emptied-at-start",
        mistake="At its start a site throws away what lies in its spool.",
        promise=4,
        caught_by="bounded",
        plan="killed_while_held",
        patches=(
            Patch(
                module="site_server.adapters.spool",
                right='        leftovers = list(folder.glob(f"{TEMPORARY_PREFIX}*"))\n',
                wrong='        leftovers = list(folder.glob("*"))\n',
            ),
        ),
    ),
    Mutant(
        name="document-not-synced",
        mistake="A document is confirmed before it is on the disk.",
        promise=3,
        caught_by="bounded",
        plan="power_cuts_after_yes",
        patches=(
            Patch(
                module="site_server.adapters.spool",
                right="            os.fsync(file.fileno())\n            file.close()\n",
                wrong="            file.close()\n",
            ),
        ),
    ),
    Mutant(
        name="refused-and-done",
        mistake="A release that is refused is written down like one that is allowed.",
        promise=4,
        caught_by="history_consistent",
        plan="poor_people",
        patches=(
            Patch(
                module="site_server.service.release_job",
                right="        if decision.allowed:\n            return _let_go",
                wrong="        if decision.reasons:\n            return _let_go",
            ),
        ),
    ),
    Mutant(
        name="list-kept-for-a-minute",
        mistake="A panel shows the list of jobs that it showed this person a minute ago.",
        promise=4,
        caught_by="history_consistent",
        plan="visits",
        patches=(
            Patch(
                module="site_server.service.list_jobs",
                right="            jobs = site.jobs.open_of_user(session.user_name, self._limit)\n",
                wrong="""\
            kept = self.__dict__.setdefault("kept", {})
            now_ms = self._clock.monotonic_ms()
            if now_ms - kept.get(session.user_name, (-90_000, ()))[0] > 60_000:
                found = site.jobs.open_of_user(session.user_name, self._limit)
                kept[session.user_name] = now_ms, found
            jobs = kept[session.user_name][1]
""",
            ),
        ),
    ),
    Mutant(
        name="login-asks-headquarters",
        mistake="A login waits two seconds for a line that is cut, before it goes by the replica.",
        promise=7,
        caught_by="latency_unmoved",
        plan="logins_up_and_cut",
        patches=(
            Patch(
                module="site_server.service.log_in",
                right="        known = self._decider.known(user_name, device.printer_name)\n"
                "        session = PanelSession(\n",
                wrong="""\
        import asyncio
        from contextlib import suppress

        if self._ground.link.offline_since_ms is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(2):
                    await self._ground.link.changed.wait()
        known = self._decider.known(user_name, device.printer_name)
        session = PanelSession(
""",
            ),
        ),
    ),
)
