"""The primary's own certificate, renewed while it runs."""

import ssl
from pathlib import Path

from cryptography import x509

from primary.pki import CertificateAuthority
from primary.server_certificates import ServerCertificates
from replication.adapters.tls import NO_CHECK_TIME
from replication.testing import ManualClock

DAY_MS = 86_400_000


def shown_by(door: ssl.SSLContext) -> bytes:
    """The certificate that a client is shown at that door: a handshake without a network."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(down, up)
    server = door.wrap_bio(up, down, server_side=True)
    for end in (client, server, client):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    found = client.getpeercert(binary_form=True)
    assert found is not None
    return found


def end_of(der: bytes) -> float:
    return x509.load_der_x509_certificate(der).not_valid_after_utc.timestamp()


def test_after_a_year_both_doors_show_a_newer_one_and_nobody_restarts_anything(
    tmp_path: Path, clock: ManualClock
) -> None:
    certificates = ServerCertificates(CertificateAuthority(tmp_path / "pki", clock), ["hq.example"])
    before = end_of(shown_by(certificates.api))
    assert not certificates.look()
    clock.advance(366 * DAY_MS)
    assert certificates.look()
    assert not certificates.look()
    for door in (certificates.api, certificates.link):
        assert end_of(shown_by(door)) - before == 366 * DAY_MS / 1000


def test_expiry_is_left_to_the_link_and_the_rest_is_not(tmp_path: Path, clock: ManualClock) -> None:
    certificates = ServerCertificates(CertificateAuthority(tmp_path / "pki", clock), [])
    assert certificates.link.verify_flags & NO_CHECK_TIME
    assert certificates.link.verify_mode is ssl.CERT_REQUIRED
    assert not certificates.api.verify_flags & NO_CHECK_TIME


def test_health_speaks_up_before_the_end(tmp_path: Path, clock: ManualClock) -> None:
    authority = CertificateAuthority(tmp_path / "pki", clock)
    certificates = ServerCertificates(authority, [])
    assert certificates.check().detail == "ca: 3652 days, server: 730 days"
    clock.advance(715 * DAY_MS)
    check = certificates.check()
    assert not check.is_ok
    assert "server: 15 days" in check.detail
