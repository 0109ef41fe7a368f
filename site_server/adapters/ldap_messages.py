"""The few LDAP messages of a password check (RFC 4511), as bytes; no network in here.

The messages are built and read by pyasn1, whose LDAP module is kept up to date with it.
"""

from __future__ import annotations

from typing import Final

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pyasn1_modules import rfc2251

START_TLS_NAME: Final = "1.3.6.1.4.1.1466.20037"
"""RFC 4511, 4.14.1."""
STARTTLS: Final = 1
BIND: Final = 2
"""The numbers of the two requests of a connection."""
ANSWERS: Final = {STARTTLS: "extendedResp", BIND: "bindResponse"}
ANSWER_BYTES_MAX: Final = 65_536
"""An answer to a bind is about 20 bytes; whoever says more is no directory."""

_ESCAPED: Final = frozenset('"+,;<>\\=')
_LONG_FORM: Final = 0x80


class LdapProtocolError(Exception):
    """What came is not the LDAP answer that was waited for."""


def bind_request(bind_dn: str, password: str) -> bytes:
    """A simple bind: the directory answers whether this is the password of that name.

    The password must not be empty: such a bind succeeds for anybody (RFC 4513, 5.1.2).
    """
    if not password or not bind_dn:
        raise ValueError("An empty name or password would prove nothing.")
    authentication = rfc2251.AuthenticationChoice()
    authentication["simple"] = password.encode()
    bind = rfc2251.BindRequest()
    bind["version"] = 3
    bind["name"] = bind_dn.encode()
    bind["authentication"] = authentication
    return _encoded(BIND, "bindRequest", bind)


def start_tls_request() -> bytes:
    """The wish to go on over TLS."""
    extended = rfc2251.ExtendedRequest()
    extended["requestName"] = START_TLS_NAME.encode()
    return _encoded(STARTTLS, "extendedReq", extended)


def result_code(message: bytes, number: int) -> int:
    """What came of request `number` (RFC 4511, appendix A). Errors: `LdapProtocolError`."""
    try:
        answer, rest = decoder.decode(message, asn1Spec=rfc2251.LDAPMessage())
        kind = answer["protocolOp"].getName()
        if rest or int(answer["messageID"]) != number or kind != ANSWERS[number]:
            raise LdapProtocolError("it answers something else than what it was asked")
        return int(answer["protocolOp"][kind]["resultCode"])
    except PyAsn1Error as error:
        raise LdapProtocolError("not an LDAP message") from error


def bytes_missing(begun: bytes) -> int:
    """How many bytes at least are missing until `begun` is a whole message; 0: it is one.

    Errors: `LdapProtocolError` for what cannot become one. A length may be longer than it needs to
    be: Active Directory always takes four bytes for it.
    """
    head_bytes = 2
    if len(begun) < head_bytes:
        return head_bytes - len(begun)
    length = begun[1]
    if length & _LONG_FORM:
        length_bytes = length - _LONG_FORM
        if not 1 <= length_bytes <= 4:  # noqa: PLR2004 - 0 is forbidden in LDAP, 5 is 4 GiB
            raise LdapProtocolError("a length that LDAP does not have")
        head_bytes += length_bytes
        if len(begun) < head_bytes:
            return head_bytes - len(begun)
        length = int.from_bytes(begun[2:head_bytes], "big")
    if length > ANSWER_BYTES_MAX:
        raise LdapProtocolError("an answer that is too long")
    return max(head_bytes + length - len(begun), 0)


def escaped(value: str) -> str:
    """`value` as one part of a distinguished name, whatever is in it (RFC 4514, 2.4)."""
    text = "".join(_escaped(character) for character in value)
    if text.startswith((" ", "#")):
        text = "\\" + text
    if value.endswith(" ") and len(value) > 1:
        text = text[:-1] + "\\ "
    return text


def _escaped(character: str) -> str:
    if character == "\0":
        return "\\00"
    return f"\\{character}" if character in _ESCAPED else character


def _encoded(number: int, kind: str, operation: object) -> bytes:
    message = rfc2251.LDAPMessage()
    message["messageID"] = number
    message["protocolOp"][kind] = operation
    return bytes(encoder.encode(message))
