"""A site's certificate against a newer one: for whom, for how long, how often."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from primary.certificates import SERVER, common_name, new_key
from primary.errors import CertificateTooOldError
from primary.pki import SITE_LIFE, CertificateAuthority
from primary.service.enrol import Enrol
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from replication.peer import SitePeer
from replication.testing import ManualClock

DAY_MS = 86_400_000
OSLO = SitePeer(site_name="oslo", epoch=2)
HOST = "panel.oslo.example"


@pytest.fixture
def authority(tmp_path: Path, clock: ManualClock) -> CertificateAuthority:
    return CertificateAuthority(tmp_path / "pki", clock, timedelta(days=90))


@pytest.fixture
def enrol(
    authority: CertificateAuthority, directory: Directory, ledger: Ledger, clock: ManualClock
) -> Enrol:
    return Enrol(
        authority=authority,
        directory=directory,
        ledger=ledger,
        card_key=bytes(32),
        clock=clock,
    )


@pytest.fixture
def shown(authority: CertificateAuthority) -> x509.Certificate:
    builder = x509.CertificateSigningRequestBuilder().subject_name(common_name("oslo"))
    request = builder.sign(new_key(), hashes.SHA256())
    csr = request.public_bytes(serialization.Encoding.PEM).decode()
    pem = authority.sign_site(csr, "oslo", 2, [HOST])
    return x509.load_pem_x509_certificate(pem.encode())


def der(cert: x509.Certificate) -> bytes:
    return cert.public_bytes(serialization.Encoding.DER)


def names_in(cert: x509.Certificate) -> set[str]:
    names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in names}


async def test_the_new_certificate_is_for_the_same_key_site_epoch_and_hosts(
    enrol: Enrol, shown: x509.Certificate, clock: ManualClock
) -> None:
    clock.advance(20 * DAY_MS)
    answer, until_ms = await enrol.renew(OSLO, der(shown))
    made = x509.load_pem_x509_certificate(answer.cert_pem.encode())
    assert made.public_key() == shown.public_key()
    assert names_in(made) == names_in(shown)
    assert {"holdfast://site/oslo/2", HOST} < names_in(made)
    assert until_ms == clock.wall_ms() + SITE_LIFE // timedelta(milliseconds=1)


async def test_that_of_the_panels_opens_nothing_and_lives_as_long_as_a_site_may_stay_offline(
    enrol: Enrol, shown: x509.Certificate
) -> None:
    answer, _ = await enrol.renew(OSLO, der(shown))
    panel = x509.load_pem_x509_certificate(answer.panel_cert_pem.encode())
    usage = panel.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [SERVER]
    assert names_in(panel) == names_in(shown) - {"holdfast://site/oslo/2"}
    assert panel.not_valid_after_utc - shown.not_valid_after_utc == timedelta(days=90)


async def test_an_answer_that_was_lost_is_asked_for_again_with_the_same_certificate(
    enrol: Enrol, shown: x509.Certificate
) -> None:
    first, _ = await enrol.renew(OSLO, der(shown))
    again, _ = await enrol.renew(OSLO, der(shown))
    both = [x509.load_pem_x509_certificate(one.cert_pem.encode()) for one in (first, again)]
    assert both[0].public_key() == both[1].public_key()


async def test_one_that_expired_is_renewed_for_as_long_as_configured_and_no_longer(
    enrol: Enrol, shown: x509.Certificate, clock: ManualClock
) -> None:
    clock.advance((30 + 90) * DAY_MS)
    await enrol.renew(OSLO, der(shown))
    clock.advance(1_000)
    with pytest.raises(CertificateTooOldError, match="new token"):
        await enrol.renew(OSLO, der(shown))


async def test_the_directory_knows_until_when_each_site_has_one(
    enrol: Enrol, shown: x509.Certificate, directory: Directory
) -> None:
    _, until_ms = await enrol.renew(OSLO, der(shown))
    known = {site.site_name: site.certificate_until_wall_ms for site in directory.sites()}
    assert known == {"oslo": until_ms, "lima": None}
