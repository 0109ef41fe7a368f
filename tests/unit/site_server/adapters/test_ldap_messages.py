"""The LDAP messages of a password check."""

from __future__ import annotations

import pytest

from site_server.adapters.ldap_messages import (
    BIND,
    STARTTLS,
    LdapProtocolError,
    bind_request,
    bytes_missing,
    escaped,
    result_code,
    start_tls_request,
)

SUCCESS = bytes.fromhex("300c02010261070a010004000400")
SUCCESS_AS_ACTIVE_DIRECTORY_SAYS_IT = bytes.fromhex("3084000000100201026184000000070a010004000400")


def test_a_bind_is_what_rfc_4511_says() -> None:
    assert bind_request("uid=a", "pw").hex() == ("3013020102600e02010304057569643d6180027077")


def test_starttls_is_what_rfc_4511_says() -> None:
    assert start_tls_request()[5:] == b"\x77\x18\x80\x16" + b"1.3.6.1.4.1.1466.20037"


@pytest.mark.parametrize("message", [SUCCESS, SUCCESS_AS_ACTIVE_DIRECTORY_SAYS_IT])
def test_an_answer_is_read_piece_by_piece(message: bytes) -> None:
    for end in range(len(message)):
        assert 0 < bytes_missing(message[:end]) <= len(message) - end
    assert bytes_missing(message) == 0
    assert result_code(message, BIND) == 0


@pytest.mark.parametrize(
    "message",
    [
        SUCCESS + b"\0",
        SUCCESS[:-1],
        SUCCESS.replace(b"\x61", b"\x65"),
        b"",
        start_tls_request(),
        bytes.fromhex("300c02010161070a010004000400"),
    ],
)
def test_what_is_no_answer_to_this_question_is_an_error(message: bytes) -> None:
    with pytest.raises(LdapProtocolError):
        result_code(message, BIND)


def test_an_answer_to_starttls_is_none_to_a_bind() -> None:
    answer = bytes.fromhex("300c02010178070a010004000400")

    assert result_code(answer, STARTTLS) == 0
    with pytest.raises(LdapProtocolError):
        result_code(answer.replace(b"\1\x78", b"\2\x78"), BIND)


@pytest.mark.parametrize("head", ["3080", "30ff", "308500", "308400010001"])
def test_a_length_that_cannot_be_is_an_error_before_anything_is_waited_for(head: str) -> None:
    with pytest.raises(LdapProtocolError):
        bytes_missing(bytes.fromhex(head))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ada", "ada"),
        ("Lovelace, Ada", "Lovelace\\, Ada"),
        ('a+b"c<d>e;f=g', 'a\\+b\\"c\\<d\\>e\\;f\\=g'),
        ("back\\slash", "back\\\\slash"),
        ("#1", "\\#1"),
        (" ada ", "\\ ada\\ "),
        (" ", "\\ "),
        ("a\0b", "a\\00b"),
        ("grüße#", "grüße#"),
    ],
)
def test_a_name_cannot_leave_its_place_in_a_distinguished_name(value: str, expected: str) -> None:
    assert escaped(value) == expected
