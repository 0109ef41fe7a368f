"""The exchange of the journal: whatever the link does, everything counts once and in order."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from replication.entry_bodies import BalanceAdjusted
from replication.exchange import (
    BATCH_ENTRIES_MAX,
    WINDOW_BYTES_MAX,
    WINDOW_ENTRIES_MAX,
    Received,
    Sender,
    receive,
)
from replication.journal import Entry, JournalHead, hash_of, next_entry
from replication.ports import WallMs

START: Final = JournalHead(site_name="oslo", epoch=1)


def journal_of(count: int, *, comment: str = "") -> list[Entry]:
    entries: list[Entry] = []
    for number in range(count):
        head = entries[-1].head if entries else START
        body = BalanceAdjusted(payer="user:ada", amount_micros=number + 1, comment=comment)
        entries.append(next_entry(head, body, WallMs(number)))
    return entries


def test_a_sender_starts_where_the_primary_is() -> None:
    assert Sender.starting_at(7).next_range(9) == (8, 9)
    assert Sender.starting_at(7).next_range(7) is None


def test_a_sender_sends_in_batches_and_stops_at_its_window() -> None:
    sender = Sender.starting_at(0)
    sent = 0
    while (wanted := sender.next_range(100_000)) is not None:
        assert wanted[0] == sent + 1
        assert wanted[1] - wanted[0] < BATCH_ENTRIES_MAX
        sender, sent = sender.sent(wanted[1]), wanted[1]
    assert sent == WINDOW_ENTRIES_MAX
    assert sender.acked(10).next_range(100_000) == (sent + 1, sent + 10)


def test_late_news_changes_nothing() -> None:
    sender = Sender.starting_at(5).sent(9).acked(8)
    assert sender.acked(6) == sender
    assert sender.sent(7) == sender


def test_an_acknowledgement_beyond_what_was_sent_is_where_to_go_on() -> None:
    assert Sender.starting_at(0).acked(5).next_range(9) == (6, 9)


def test_a_primary_restored_from_a_backup_is_fed_again_from_where_it_asks() -> None:
    sender = Sender.starting_at(9).gap(4)
    assert sender.next_range(9) == (4, 9)
    assert sender.acked_seq == 3


def test_a_gap_is_asked_for_and_what_came_before_it_is_taken() -> None:
    one, two, three, four = journal_of(4)
    assert receive([one, two, four], START) == Received(apply=(one, two), gap_seq=3)
    assert receive([three, four], START) == Received(gap_seq=1)
    assert receive([two, three, four], one.head) == Received(apply=(two, three, four))


def test_what_took_effect_before_is_skipped_in_silence() -> None:
    one, two, three = journal_of(3)
    assert receive([one, two], two.head) == Received()
    assert receive([one, two, three], two.head) == Received(apply=(three,))


def test_a_fork_is_told_from_a_gap() -> None:
    mine, other = journal_of(3), journal_of(3, comment="another past")
    head = mine[1].head
    assert receive([mine[2]], head).fork is None
    assert "another past" in (receive([other[2]], head).fork or "")
    assert "another entry" in (receive([other[1]], head).fork or "")
    assert receive([other[2]], mine[0].head) == Received(gap_seq=2)


def test_a_damaged_entry_is_a_fork_and_what_came_before_it_is_taken() -> None:
    one, two, three = journal_of(3)
    damaged = replace(two, body=two.body.replace("2", "3"))
    received = receive([one, damaged, three], START)
    assert received.apply == (one,)
    assert "own hash" in (received.fork or "")


def test_a_forger_who_mends_the_hash_still_names_another_past() -> None:
    one, two = journal_of(2)
    forged = replace(one, wall_ms=WallMs(99))
    forged = replace(forged, entry_hash=hash_of(forged))
    assert receive([forged], START).apply == (forged,)
    assert receive([two], forged.head).fork is not None


@dataclass(slots=True)
class LossyPair:
    """Two real endpoints, and a network between them that loses, repeats and reorders.

    The site's end is a `Sender` over a journal; the primary's end applies what `receive` says. A
    restart of the primary keeps what it applied (that is durable) and loses all messages; a restart
    of the site keeps the journal. Within one connection the network is TCP: it cannot lose a
    message and deliver a later one, but everything under way may vanish with the connection. To be
    harder than TCP, single messages are lost, repeated and swapped here all the same.
    """

    journal: list[Entry] = field(default_factory=list)
    applied: list[Entry] = field(default_factory=list)
    sender: Sender | None = None
    up: deque[list[Entry]] = field(default_factory=deque)
    down: deque[tuple[str, int]] = field(default_factory=deque)

    def write(self) -> None:
        head = self.journal[-1].head if self.journal else START
        body = BalanceAdjusted(payer="user:ada", amount_micros=head.seq + 1)
        self.journal.append(next_entry(head, body, WallMs(0)))

    def connect(self) -> None:
        self.disconnect()
        self.sender = Sender.starting_at(len(self.applied))

    def disconnect(self) -> None:
        self.sender = None
        self.up.clear()
        self.down.clear()

    def send(self) -> None:
        wanted = self.sender and self.sender.next_range(len(self.journal))
        if self.sender and wanted:
            self.up.append(self.journal[wanted[0] - 1 : wanted[1]])
            self.sender = self.sender.sent(wanted[1])

    def arrive(self) -> None:
        if not self.up:
            return
        head = self.applied[-1].head if self.applied else START
        received = receive(self.up.popleft(), head)
        assert received.fork is None
        self.applied.extend(received.apply)
        self.down.append(("ack", len(self.applied)))
        if received.gap_seq is not None:
            self.down.append(("gap", received.gap_seq))

    def hear(self) -> None:
        if not self.down or self.sender is None:
            return
        kind, seq = self.down.popleft()
        self.sender = self.sender.acked(seq) if kind == "ack" else self.sender.gap(seq)

    def lose(self) -> None:
        for queue in (self.up, self.down):
            if queue:
                queue.popleft()

    def repeat(self) -> None:
        if self.up:
            self.up.append(self.up[0])
        if self.down:
            self.down.append(self.down[0])

    def reorder(self) -> None:
        self.up.rotate(1)
        self.down.rotate(1)

    def settle(self) -> None:
        """The network is good again: everything arrives."""
        self.connect()
        for _ in range(len(self.journal) + 1):
            self.send()
            self.arrive()
            self.hear()
            self.hear()


STEPS = (
    *("write", "write", "send", "arrive", "arrive", "hear"),
    *("lose", "repeat", "reorder", "connect", "disconnect"),
)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(STEPS), max_size=80))
def test_every_entry_takes_effect_exactly_once_and_in_order_whatever_the_link_does(
    steps: list[str],
) -> None:
    pair = LossyPair()
    for step in steps:
        getattr(pair, step)()
        assert pair.applied == pair.journal[: len(pair.applied)]
    pair.settle()
    assert pair.applied == pair.journal


@given(
    count=st.integers(1, 12),
    picks=st.lists(st.integers(0, 11), max_size=30),
    start=st.integers(0, 11),
)
def test_no_batch_however_mixed_makes_an_entry_count_twice_or_out_of_turn(
    count: int, picks: list[int], start: int
) -> None:
    journal = journal_of(count)
    start = min(start, count)
    head = journal[start - 1].head if start else START
    received = receive([journal[pick % count] for pick in picks], head)
    assert list(received.apply) == journal[start : start + len(received.apply)]
    assert received.fork is None


def test_a_window_is_full_in_bytes_too_but_one_batch_may_always_go() -> None:
    sender = Sender.starting_at(0).sent(1, WINDOW_BYTES_MAX * 2)
    assert sender.next_range(10) is None
    assert sender.acked(1).next_range(10) == (2, 10)
    assert sender.acked(1).under_way == ()


def test_what_is_sent_again_after_a_gap_counts_once_in_the_window() -> None:
    sender = Sender.starting_at(0).sent(5, 700).sent(9, 300)
    assert sender.under_way_bytes == 1_000
    assert sender.acked(4).under_way_bytes == 1_000
    assert sender.acked(5).under_way_bytes == 300
    assert sender.gap(3).under_way_bytes == 0
