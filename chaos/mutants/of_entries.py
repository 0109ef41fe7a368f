"""Variants that lose, repeat or confuse what goes between the nodes: journals, pages, registers."""

from __future__ import annotations

from typing import Final

from chaos.mutants.mutant import Mutant, Patch

OF_ENTRIES: Final = (
    Mutant(
        name="journal-not-chained",
        mistake="An entry names the beginning, and not the entry before it.",
        promise=2,
        caught_by="acknowledged_survives",
        plan="visits",
        patches=(
            Patch(
                module="replication.journal",
                right='        prev_hash=head.entry_hash,\n        entry_hash="",',
                wrong='        prev_hash=GENESIS_HASH,\n        entry_hash="",',
            ),
        ),
    ),
    Mutant(
        name="gap-not-asked-for",
        mistake="A site goes on where it stopped sending, and headquarters asks for no gap.",
        promise=3,
        caught_by="acknowledged_survives",
        plan="an_outage",
        patches=(
            Patch(
                module="site_server.service.exchange_with_primary",
                right="        self._move(Sender.starting_at(welcome.watermark_seq))\n",
                wrong="        self._move(Sender.starting_at(self.__dict__.get('sent', 0)))\n",
            ),
            Patch(
                module="site_server.service.exchange_with_primary",
                right="        return await self._link.send(batch.message)\n",
                wrong="        self.sent = self._sender.sent_seq\n"
                "        return await self._link.send(batch.message)\n",
            ),
            Patch(
                module="primary.service.link_session",
                right="        if received.gap_seq is not None:\n",
                wrong="        if received.gap_seq == 0:\n",
            ),
        ),
    ),
    Mutant(
        name="adjusted-again",
        mistake="The name of a request is not kept, so a request that is repeated is done again.",
        promise=2,
        caught_by="exactly_once",
        plan="killed_headquarters",
        patches=(
            Patch(
                module="primary.service.adjust",
                right="await self._append(entry, adjustment.request_id)",
                wrong='await self._append(entry, "")',
            ),
        ),
    ),
    Mutant(
        name="deleted-without-an-entry",
        mistake="A job that somebody threw away ends in the store and not in the journal.",
        promise=3,
        caught_by="acknowledged_survives",
        plan="deleting",
        patches=(
            Patch(
                module="site_server.service.delete_job",
                right="    unit.journal.append("
                "JobDeleted(job_uuid=job_uuid, by_user_name=user_name))\n",
                wrong="",
            ),
        ),
    ),
    Mutant(
        name="oldest-page-wins",
        mistake="Where several files hold one page the replica gets the image of the first.",
        promise=5,
        caught_by="replica_follows",
        plan="an_outage",
        patches=(
            Patch(
                module="replication.adapters.applier.apply",
                right="            newest.update(dict.fromkeys(file.page_numbers, file))\n",
                wrong="            newest = {**dict.fromkeys(file.page_numbers, file), **newest}\n",
            ),
        ),
    ),
    Mutant(
        name="one-cursor-for-all-writers",
        mistake="A node says of the registers how far the newest writer is, for all writers.",
        promise=9,
        caught_by="registers_equal",
        plan="jobs_everywhere",
        patches=(
            Patch(
                module="replication.adapters.registers_peer",
                right="RegistersHave(versions=dict(self._registers.versions))",
                wrong="RegistersHave(versions=dict.fromkeys("
                "self._registers.versions, max(self._registers.versions.values(), default=0)))",
            ),
        ),
    ),
    Mutant(
        name="commit-without-a-sync",
        mistake="The database of a site is not written through to the disk at a commit.",
        promise=3,
        caught_by="acknowledged_survives",
        plan="power_cuts_after_yes",
        patches=(
            Patch(
                module="replication.adapters.sqlite_file",
                right='            "synchronous=FULL",\n',
                wrong='            "synchronous=OFF",\n',
            ),
        ),
    ),
)
