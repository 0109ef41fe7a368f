"""What stands in a certificate, and what a signing request must be."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from primary.certificates import (
    CLIENT,
    CLOCK_SLACK,
    SERVER,
    Issuer,
    Subject,
    cert_pem,
    common_name,
    host_names,
    key_pem,
    load_key,
    new_key,
    requested_key,
    was_signed_by,
)
from primary.errors import BadRequestError, DamagedKeyError

NOW = datetime(2027, 1, 1, tzinfo=UTC)
LIFE = timedelta(days=30)


def issuer() -> Issuer:
    return Issuer(name=common_name("CA"), key=new_key())


def csr(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(common_name("oslo"))
    request = builder.sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def test_a_leaf_is_no_ca_and_says_what_it_is_for() -> None:
    names = host_names(["hq.example", "192.0.2.1"])
    subject = Subject(title="hq", names=names, usages=(CLIENT, SERVER), life=LIFE)
    cert = issuer().sign(new_key().public_key(), subject, NOW)
    constraints = cert.extensions.get_extension_for_class(x509.BasicConstraints)
    usages = cert.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert (constraints.value.ca, constraints.critical) == (False, True)
    assert set(usages) == {ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH}
    assert cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value == (
        x509.SubjectAlternativeName(names)
    )


def test_a_certificate_is_good_from_a_day_ago_for_clocks_that_are_wrong() -> None:
    cert = issuer().sign(new_key().public_key(), Subject(title="CA", life=LIFE), NOW)
    assert cert.not_valid_before_utc == NOW - CLOCK_SLACK
    assert cert.not_valid_after_utc == NOW + LIFE


def test_only_the_ca_that_signed_a_certificate_counts_as_its_signer() -> None:
    mine, other = issuer(), issuer()
    root = mine.sign(mine.key.public_key(), Subject(title="CA", life=LIFE), NOW)
    same_name = other.sign(other.key.public_key(), Subject(title="CA", life=LIFE), NOW)
    leaf = mine.sign(
        new_key().public_key(), Subject(title="x", usages=(CLIENT,), names=(), life=LIFE), NOW
    )
    assert was_signed_by(leaf, root)
    assert not was_signed_by(leaf, same_name)
    assert not was_signed_by(leaf, leaf)


def test_hosts_are_names_or_addresses_each_once() -> None:
    assert host_names(["hq.example", "::1", "hq.example"]) == (
        x509.DNSName("hq.example"),
        x509.IPAddress(ip_address("::1")),
    )
    with pytest.raises(BadRequestError, match="Büro"):
        host_names(["Büro"])


def test_a_key_is_read_back_and_a_damaged_one_says_what_to_do() -> None:
    key = new_key()
    again = load_key(key_pem(key).encode())
    assert again.private_numbers() == key.private_numbers()
    rsa_pem = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for damaged in (b"", b"not PEM", key_pem(key).encode()[:60], rsa_pem):
        with pytest.raises(DamagedKeyError, match="backup"):
            load_key(damaged)


def test_a_signing_request_is_for_a_p_256_key_and_signed_by_it() -> None:
    key = new_key()
    assert requested_key(csr(key)) == key.public_key()
    forged = csr(key).splitlines()
    forged[-2] = forged[-2][::-1]
    wrong = (
        "",
        "not PEM",
        cert_pem(issuer().sign(key.public_key(), Subject(title="x", life=LIFE), NOW)),
        csr(rsa.generate_private_key(65537, 2048)),
        csr(ec.generate_private_key(ec.SECP384R1())),
        "\n".join(forged),
    )
    for each in wrong:
        with pytest.raises(BadRequestError):
            requested_key(each)


def test_a_very_long_title_still_makes_a_legal_name() -> None:
    assert len(str(common_name("x" * 200).rdns[0].rfc4514_string())) == len("CN=") + 64
