"""Restarts, crashes and lost answers are no clones; another line of starts is one."""

from __future__ import annotations

from replication.starts import Start, parted, parted_text


def nonce(word: str) -> str:
    return word.encode().hex().ljust(32, "0")[:32]


def start(*names: str, number: int | None = None) -> Start:
    """The newest name first, as a site would say them."""
    return Start(
        number=len(names) if number is None else number,
        instance=nonce(names[0]),
        former=tuple(map(nonce, names[1:])),
    )


def test_the_same_start_may_call_again_and_again() -> None:
    assert not parted(start("b", "a"), start("b", "a"))


def test_a_restart_names_the_start_that_headquarters_knows() -> None:
    assert not parted(start("a"), start("b", "a"))


def test_starts_that_headquarters_never_heard_of_do_no_harm() -> None:
    assert not parted(start("a"), start("e", "d", "c", "b", "a"))


def test_a_headquarters_that_was_restored_knows_an_older_start_and_that_will_do() -> None:
    assert not parted(start("a"), start("d", "c", "b", "a"))


def test_a_second_copy_that_wrote_nothing_yet_has_the_number_and_another_nonce() -> None:
    assert parted(start("original", "a"), start("clone", "a"))


def test_a_second_copy_that_was_restarted_meanwhile_is_seen_too() -> None:
    assert parted(start("original", "a"), start("clone again", "clone", "a"))


def test_an_older_disk_that_was_put_back_is_behind() -> None:
    assert parted(start("c", "b", "a"), start("x", "a"))


def test_beyond_the_list_nothing_is_held_against_a_site() -> None:
    assert not parted(start("a"), start("z", "y", number=90))


def test_the_reason_says_what_to_do() -> None:
    text = parted_text("oslo", 2, start("b", "a"), start("c", "a"))
    assert "oslo, epoch 2" in text
    assert "joins again" in text
    assert len(text) < 1_023
