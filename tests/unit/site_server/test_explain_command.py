"""What `holdfast-site explain` asks, from what was typed."""

from __future__ import annotations

import argparse

import pytest

from site_server.explain_command import add_explain, question

WHO = ("--user", "ada", "--printer", "hall")


def asked(*typed: str) -> dict[str, object]:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_explain(parser)
    return question(parser.parse_args([*WHO, *typed]))


def test_what_was_not_typed_is_not_asked() -> None:
    assert asked("--pages", "3") == {
        "user_name": "ada",
        "printer_name": "hall",
        "asked": "release",
        "pages": 3,
    }


def test_everything_that_a_rule_looks_at_can_be_typed() -> None:
    job = asked(
        *("--pages", "12", "--colour", "--mono-pages", "10", "--copies", "2"),
        *("--sides", "two-sided-long-edge", "--paper-size", "iso_a4_210x297mm"),
        *("--document-name", "letter", "--document-type", "application/pdf"),
        *("--spool-bytes", "9", "--account", "Project", "--link", "offline"),
    )

    assert (job["colour"], job["mono_pages"], job["copies"]) == (True, 10, 2)
    assert (job["paper_size"], job["document_name"]) == ("iso_a4_210x297mm", "letter")
    assert (job["document_type"], job["spool_bytes"]) == ("application/pdf", 9)
    assert (job["account_name"], job["link"]) == ("Project", "offline")


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        (("--login",), "login"),
        (("--copy",), "copy"),
        (("--queue", "hold"), "hold"),
        (("--queue", "direct"), "direct"),
    ],
)
def test_one_may_ask_about_more_than_a_release(typed: tuple[str, ...], kind: str) -> None:
    assert asked(*typed)["asked"] == kind


def test_one_question_is_asked_at_a_time() -> None:
    with pytest.raises(argparse.ArgumentError, match="not allowed with argument --copy"):
        asked("--copy", "--login")
