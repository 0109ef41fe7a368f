"""The CA over the years: made once, its server certificate renewed in time."""

import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from primary.certificates import CLOCK_SLACK, common_name, new_key, was_signed_by
from primary.errors import BadRequestError, DamagedKeyError
from primary.pki import SITE_LIFE, CertificateAuthority
from replication.testing import ManualClock

DAY_MS = 86_400_000


def csr() -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(common_name("anybody"))
    request = builder.sign(new_key(), hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def names_in(cert: x509.Certificate) -> set[str]:
    names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in names}


def cert_at(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_ca_is_made_on_first_use_and_kept(tmp_path: Path, clock: ManualClock) -> None:
    first = CertificateAuthority(tmp_path / "pki", clock)
    clock.advance(9 * 365 * DAY_MS)
    assert CertificateAuthority(tmp_path / "pki", clock).pem == first.pem


def test_nobody_else_can_read_the_keys(tmp_path: Path, clock: ManualClock) -> None:
    CertificateAuthority(tmp_path / "pki", clock).server_files([])
    assert stat.S_IMODE((tmp_path / "pki").stat().st_mode) == 0o700
    for path in (tmp_path / "pki").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_a_crash_while_the_ca_was_made_is_healed_at_the_next_start(
    tmp_path: Path, clock: ManualClock
) -> None:
    CertificateAuthority(tmp_path / "pki", clock)
    (tmp_path / "pki" / "ca.cert.pem").unlink()
    authority = CertificateAuthority(tmp_path / "pki", clock)
    files = authority.server_files([])
    assert was_signed_by(cert_at(files.cert), cert_at(files.ca))


def test_a_damaged_ca_key_is_told_and_never_replaced(tmp_path: Path, clock: ManualClock) -> None:
    CertificateAuthority(tmp_path / "pki", clock)
    (tmp_path / "pki" / "ca.key.pem").write_text("damaged")
    with pytest.raises(DamagedKeyError):
        CertificateAuthority(tmp_path / "pki", clock)
    assert (tmp_path / "pki" / "ca.key.pem").read_text() == "damaged"


def test_the_server_certificate_is_kept_while_it_is_good(
    tmp_path: Path, clock: ManualClock
) -> None:
    authority = CertificateAuthority(tmp_path / "pki", clock)
    first = cert_at(authority.server_files(["hq.example"]).cert)
    clock.advance(364 * DAY_MS)
    assert cert_at(authority.server_files(["hq.example"]).cert) == first
    assert names_in(first) == {"hq.example", "localhost", "127.0.0.1", "::1"}


def test_it_is_made_anew_after_a_year_or_for_another_name_or_ca(
    tmp_path: Path, clock: ManualClock
) -> None:
    authority = CertificateAuthority(tmp_path / "pki", clock)
    first = cert_at(authority.server_files(["hq.example"]).cert)
    renamed = cert_at(authority.server_files(["other.example"]).cert)
    clock.advance(366 * DAY_MS)
    renewed = cert_at(authority.server_files(["other.example"]).cert)
    (tmp_path / "pki" / "ca.cert.pem").unlink()
    other_ca = CertificateAuthority(tmp_path / "pki", clock)
    moved = cert_at(other_ca.server_files(["other.example"]).cert)
    assert len({first, renamed, renewed, moved}) == 4
    assert "other.example" in names_in(renamed)


def test_a_site_is_what_headquarters_says_whatever_it_asks_for(
    tmp_path: Path, clock: ManualClock
) -> None:
    authority = CertificateAuthority(tmp_path / "pki", clock)
    pem = authority.sign_site(csr(), "oslo", 3, ["panel.oslo.example"])
    cert = x509.load_pem_x509_certificate(pem.encode())
    assert cert.subject == common_name("oslo")
    assert names_in(cert) >= {"holdfast://site/oslo/3", "panel.oslo.example"}
    assert cert.not_valid_after_utc - cert.not_valid_before_utc == SITE_LIFE + CLOCK_SLACK


def test_a_bad_request_or_host_is_refused(tmp_path: Path, clock: ManualClock) -> None:
    authority = CertificateAuthority(tmp_path / "pki", clock)
    with pytest.raises(BadRequestError):
        authority.sign_site("not PEM", "oslo", 1, [])
    with pytest.raises(BadRequestError):
        authority.sign_site(csr(), "oslo", 1, ["Büro"])


def test_a_join_certificate_lives_an_hour_and_its_serial_is_that_of_the_token(
    tmp_path: Path, clock: ManualClock
) -> None:
    join = CertificateAuthority(tmp_path / "pki", clock).issue_join("oslo")
    cert = x509.load_pem_x509_certificate(join.cert_pem.encode())
    assert join.serial == f"{cert.serial_number:x}"
    assert join.expires_wall_ms == clock.wall_ms() + 3_600_000
    assert cert.not_valid_after_utc.timestamp() * 1000 == join.expires_wall_ms
    assert names_in(cert) == {"holdfast://join/oslo"}


def test_in_its_last_year_the_ca_is_certified_anew_and_what_it_signed_stays_good(
    tmp_path: Path, clock: ManualClock
) -> None:
    authority = CertificateAuthority(tmp_path / "pki", clock)
    first = x509.load_pem_x509_certificate(authority.pem.encode())
    signed = x509.load_pem_x509_certificate(authority.sign_site(csr(), "oslo", 1, []).encode())
    clock.advance(3_300 * DAY_MS)
    authority.keep_fresh()
    newer = x509.load_pem_x509_certificate(authority.pem.encode())
    assert newer.not_valid_after_utc > first.not_valid_after_utc
    assert newer.public_key() == first.public_key()
    assert was_signed_by(signed, newer)
    assert CertificateAuthority(tmp_path / "pki", clock).pem == authority.pem


def test_it_says_how_many_days_are_left(tmp_path: Path, clock: ManualClock) -> None:
    authority = CertificateAuthority(tmp_path / "pki", clock)
    assert authority.days_left() == {"ca": 3652}
    authority.server_files([])
    clock.advance(10 * DAY_MS)
    assert authority.days_left() == {"ca": 3642, "server": 720}
