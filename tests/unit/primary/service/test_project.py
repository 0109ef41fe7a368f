from primary.service.project import dispute_unknown, payers_of, read_facts
from primary.testing import SiteJournal, job_uuid
from replication.entry_bodies import CopyFinished


def test_a_finished_copy_session_costs_its_payer() -> None:
    journal = SiteJournal("oslo")
    journal.append(
        CopyFinished(
            copy_uuid=job_uuid(1),
            user_name="ada",
            printer_name="laser",
            payer="account:research",
            cost_micros=90_000,
            mono_pages=2,
            colour_pages=0,
        )
    )

    facts = read_facts(journal.entries)

    assert payers_of(facts) == {"account:research"}
    assert facts[0].movement is not None
    assert facts[0].movement.amount_micros == -90_000
    assert dispute_unknown(facts, {"account:research"}) == facts


def test_a_disputed_entry_moves_nothing_and_prints_nothing() -> None:
    journal = SiteJournal("oslo")
    journal.printed("nobody", 1)

    (fact,) = dispute_unknown(read_facts(journal.entries), set())

    assert fact.disputed
    assert fact.movement is None
    assert fact.body is None


def test_a_job_that_costs_nothing_needs_no_payer() -> None:
    journal = SiteJournal("oslo")
    journal.printed("nobody", 0)

    (fact,) = dispute_unknown(read_facts(journal.entries), set())

    assert not fact.disputed
