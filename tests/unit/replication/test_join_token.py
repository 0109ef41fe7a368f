"""The join token's text form."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replication.errors import BadJoinTokenError
from replication.join_token import (
    PREFIX,
    TOKEN_CHARS_MAX,
    JoinToken,
    parse_token,
    print_token,
)

TOKEN = JoinToken(
    site_name="oslo",
    primary_host="hq.example",
    primary_port=7300,
    ca_pem="the CA",
    cert_pem="the certificate",
    key_pem="the key",
)


def test_what_is_printed_is_read_back() -> None:
    text = print_token(TOKEN)
    assert "\n" not in text
    assert parse_token(text) == TOKEN


def test_blanks_of_a_pasted_line_do_not_matter() -> None:
    assert parse_token(f"  {print_token(TOKEN)}\n") == TOKEN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a password",
        PREFIX,
        PREFIX + "!!!",
        PREFIX + "ä",
        PREFIX + base64.urlsafe_b64encode(b"{}").decode(),
        PREFIX + base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        print_token(TOKEN)[:-8],
        print_token(TOKEN)[len(PREFIX) :],
        PREFIX + "A" * TOKEN_CHARS_MAX,
    ],
)
def test_what_is_no_token_is_refused_with_the_command_that_makes_one(text: str) -> None:
    with pytest.raises(BadJoinTokenError, match="holdfast-primary token"):
        parse_token(text)


@given(st.text())
def test_no_text_does_worse_than_be_refused(text: str) -> None:
    with pytest.raises(BadJoinTokenError):
        parse_token(PREFIX + text)


def test_a_token_for_a_bad_site_name_or_port_cannot_be_made() -> None:
    for wrong in ({"site_name": "Oslo!"}, {"primary_port": 0}, {"primary_host": ""}):
        with pytest.raises(ValueError, match="validation error"):
            JoinToken.model_validate({**TOKEN.model_dump(), **wrong})
