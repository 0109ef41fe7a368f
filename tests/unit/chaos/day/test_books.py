from __future__ import annotations

from dataclasses import replace

from chaos.day.books import books_of
from chaos.final_state import FinalState, Opening, PrimaryFound, SiteFound
from chaos.live.nodes import PRIMARY
from replication.entry_bodies import BalanceAdjusted, Body, CopyFinished
from replication.journal import Entry, JournalHead, next_entry
from replication.ports import Micros, WallMs

COPIED = CopyFinished(
    copy_uuid="00000000-0000-4000-8000-000000000001",
    user_name="ada",
    printer_name="laser",
    payer="user:ada",
    cost_micros=Micros(50_000),
    mono_pages=1,
    colour_pages=0,
)
CREDIT = BalanceAdjusted(
    payer="user:ada", amount_micros=Micros(2_000_000), comment="", request_id="1"
)


def entry(node: str, body: Body) -> Entry:
    return next_entry(JournalHead(site_name=node, epoch=1), body, WallMs(0))


def company(closing: int) -> FinalState:
    entries = (entry("oslo", COPIED), entry(PRIMARY, CREDIT))
    balances = {"user:ada": Micros(closing)}
    return FinalState(
        opening=Opening(balances={"user:ada": Micros(1_000_000)}, watermarks=()),
        primary=PrimaryFound(
            balances=balances, ledger_balances=balances, entries=entries, watermarks=()
        ),
        sites=(SiteFound(site_name="oslo", balances={}, entries=entries[:1], jobs=()),),
        documents=(),
    )


def test_opening_credits_and_debits_make_the_balances() -> None:
    books = books_of(company(2_950_000))

    assert books.are_right
    assert [
        (line.node, line.entries, line.credits_micros, line.debits_micros) for line in books.lines
    ] == [
        ("oslo", 1, 0, 50_000),
        (PRIMARY, 1, 2_000_000, 0),
    ]


def test_a_cent_too_much_in_the_directory_or_in_the_ledger_is_seen() -> None:
    state = company(2_950_000)
    ledger = {"user:ada": Micros(2_960_000)}

    assert not books_of(company(2_960_000)).are_right
    wrong = replace(state, primary=replace(state.primary, ledger_balances=ledger))
    assert not books_of(wrong).are_right
