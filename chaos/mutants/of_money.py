"""Variants that count, show or move money wrongly."""

from __future__ import annotations

from typing import Final

from chaos.mutants.mutant import Mutant, Patch

SEEN: Final = "history_consistent"
STRICT_SEED: Final = 5
"""Its company spends allowances only, and eight of its people have little money."""

OF_MONEY: Final = (
    Mutant(
        name="watermark-of-acknowledgements",
        mistake="The watermark is what headquarters acknowledged, not what the replica contains.",
        promise=1,
        caught_by=SEEN,
        plan="visits_over_a_slow_line",
        patches=(
            Patch(
                module="site_server.service.view",
                right="""\
            return known_at(snapshot, user_name, printer_name, charge, self.true_wall_ms())

""",
                wrong="""\
            known = known_at(snapshot, user_name, printer_name, charge, self.true_wall_ms())
            acked = self._link.acked_seq
            marks = {key: max(seq, acked) for key, seq in known.watermarks.items()}
            return replace(known, watermarks=marks)

""",
            ),
        ),
    ),
    Mutant(
        name="merged-entry-counted-again",
        mistake="The sum of unmerged entries begins at the watermark, and not behind it.",
        promise=1,
        caught_by=SEEN,
        plan="visits",
        patches=(
            Patch(
                module="site_server.store.journal",
                right='    tables.journal.c.seq > bindparam("watermark_seq"),\n',
                wrong='    tables.journal.c.seq >= bindparam("watermark_seq"),\n',
            ),
        ),
    ),
    Mutant(
        name="reservations-not-taken-off",
        mistake="What is set aside for work under way may be spent again.",
        promise=1,
        caught_by=SEEN,
        plan="visits",
        patches=(
            Patch(
                module="site_server.service.money",
                right="self.replica_micros + self.unmerged_micros - self.reserved_micros)",
                wrong="self.replica_micros + self.unmerged_micros)",
            ),
        ),
    ),
    Mutant(
        name="reservation-never-returned",
        mistake="A copy session is charged, and what was set aside for it stays so.",
        promise=1,
        caught_by=SEEN,
        plan="visits",
        patches=(
            Patch(
                module="site_server.service.copy_session",
                right="    unit.reservations.close(copy.reservation_id)\n",
                wrong="",
            ),
        ),
    ),
    Mutant(
        name="reservation-of-unknown-returned",
        mistake="A job whose outcome nobody knows holds nothing back of who may have to pay it.",
        promise=4,
        caught_by=SEEN,
        plan="forgetful_printer",
        patches=(
            Patch(
                module="site_server.service.record_outcome",
                right="    unknown = job.after(\n",
                wrong="    unit.reservations.close(job.reservation_id)\n    unknown = job.after(\n",
            ),
        ),
    ),
    Mutant(
        name="view-kept-for-seconds",
        mistake="What a decision knows of a person's money is cached for some seconds.",
        promise=1,
        caught_by=SEEN,
        plan="visits",
        patches=(
            Patch(
                module="site_server.service.view",
                right="        return View(\n            user=_user(site, known),\n",
                wrong="""\
        name = known.person.user_name if known.person else ""
        kept = self.__dict__.setdefault("kept", {})
        at_ms, user = kept.get(name, (-9_000, None))
        if self._clock.monotonic_ms() - at_ms > 3_000:
            user = _user(site, known)
            kept[name] = self._clock.monotonic_ms(), user
        return View(
            user=user,
""",
            ),
        ),
    ),
    Mutant(
        name="last-movement-wins",
        mistake="Of several movements of one payer in a batch only the last one moves the balance.",
        promise=1,
        caught_by="money_conserved",
        plan="an_outage",
        patches=(
            Patch(
                module="primary.store.projection",
                right=(
                    "sums[movement.payer] = sums.get(movement.payer, 0) + movement.amount_micros"
                ),
                wrong="sums[movement.payer] = movement.amount_micros",
            ),
        ),
    ),
    Mutant(
        name="watermark-in-a-transaction-of-its-own",
        mistake="Balances move in one transaction of the directory, and the watermark in the next.",
        promise=5,
        caught_by=SEEN,
        plan="given_money",
        patches=(
            Patch(
                module="primary.store.projection",
                right="""\
        connection.execute(
            _MOVE_WATERMARK,
""",
                wrong="""\
        if moved is not None and not only_mark:
            return
        connection.execute(
            _MOVE_WATERMARK,
""",
            ),
            Patch(
                module="primary.store.projection",
                right="def projection(upto: JournalHead, moved: Moved, returned: Moved = ())",
                wrong=(
                    "def projection(upto: JournalHead, moved: Moved, returned: Moved = (), "
                    "only_mark=False)"
                ),
            ),
            Patch(
                module="primary.store.directory",
                right="        await self.write(projection(upto, moved, returned))\n",
                wrong="""\
        await self.write(projection(upto, moved, returned))
        await self.write(projection(upto, (), (), only_mark=True))
""",
            ),
        ),
    ),
    Mutant(
        name="directory-not-rolled-forward",
        mistake="After a crash between ledger and directory nobody moves what is missing.",
        promise=1,
        caught_by="money_conserved",
        plan="killed_headquarters",
        patches=(
            Patch(
                module="primary.service.ingest",
                right="        if watermark.seq < head.seq:\n",
                wrong="        if watermark.seq > head.seq:\n",
            ),
        ),
    ),
    Mutant(
        name="rolled-forward-from-the-beginning",
        mistake="After a crash everything is moved again: each of two places leaves it to the "
        "other one to skip what is in the watermark.",
        promise=2,
        caught_by="money_conserved",
        plan="killed_headquarters",
        patches=(
            Patch(
                module="primary.service.ingest",
                right="            beyond = await self._ledger.ask("
                "lambda: self._ledger.movements_beyond(watermark))\n",
                wrong="            beyond = await self._ledger.ask(lambda: "
                "self._ledger.movements_beyond(JournalHead(site_name=site_name, epoch=epoch)))\n",
            ),
            Patch(
                module="primary.store.projection",
                right="_sum_by_payer(movement for seq, movement in moved if seq > before.seq)",
                wrong="_sum_by_payer(movement for seq, movement in moved)",
            ),
        ),
    ),
    Mutant(
        name="yes-before-the-balance",
        mistake="A change is confirmed when the ledger has it; the balance follows in a while.",
        promise=3,
        caught_by=SEEN,
        plan="given_money",
        patches=(
            Patch(
                module="primary.service.ingest",
                right="            await self._directory.project("
                "last.head, moved, returns_of(facts))\n",
                wrong="""\
            self.later = asyncio.get_running_loop().create_task(
                self._directory.project(last.head, moved, returns_of(facts))
            )
""",
            ),
        ),
    ),
    Mutant(
        name="allowance-granted-twice",
        mistake="A grant looks at what this site may spend already, and not at the other sites.",
        promise=6,
        caught_by="never_overdrawn",
        plan="spending_apart",
        seed=STRICT_SEED,
        patches=(
            Patch(
                module="primary.store.grants",
                right="granted_everywhere_micros=money.granted_micros,",
                wrong="granted_everywhere_micros=here,",
            ),
        ),
    ),
    Mutant(
        name="strict-by-the-balance",
        mistake="Under strict a site that is cut off spends by the balance it knows.",
        promise=6,
        caught_by="never_overdrawn",
        plan="spending_apart",
        seed=STRICT_SEED,
        patches=(
            Patch(
                module="failure_modes.credit",
                right="cost_micros <= max(payer.allowance_micros, 0)",
                wrong="cost_micros <= max(payer.balance_micros, 0)",
            ),
        ),
    ),
    Mutant(
        name="spent-allowance-spent-again",
        mistake="What was spent of an allowance counts only once headquarters knows it.",
        promise=6,
        caught_by="never_overdrawn",
        plan="spending_in_small_parts",
        seed=STRICT_SEED,
        patches=(
            Patch(
                module="site_server.service.allowance",
                right="self.granted_micros - self.returned_micros - self.used_micros)",
                wrong="self.granted_micros - self.returned_micros)",
            ),
        ),
    ),
    Mutant(
        name="grant-not-lowered",
        mistake="An entry that is merged lowers the balance, and not the grant that it was from.",
        promise=6,
        caught_by="never_overdrawn",
        plan="spending_in_small_parts",
        seed=STRICT_SEED,
        patches=(
            Patch(
                module="primary.store.projection",
                right="        grants.lower(connection, upto.site_name, _debits(sums, back))\n",
                wrong="        _debits(sums, back)\n",
            ),
        ),
    ),
)
