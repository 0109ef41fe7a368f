"""A site's certificates on its disk: replaced whole, and only by its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from primary.certificates import common_name, key_pem, new_key
from primary.pki import CertificateAuthority
from replication.adapters.link_client import LinkAddress
from replication.peer import SitePeer
from replication.renewal import RenewAnswer
from replication.testing import ManualClock
from site_server.adapters.certificates import Certificates, WrongCertificateError
from site_server.adapters.identity import DamagedIdentityError, Identity

if TYPE_CHECKING:
    from pathlib import Path

DAY_MS = 86_400_000


class Site:
    """A folder that has joined, and the CA that renews for it."""

    def __init__(self, folder: Path, site_name: str = "oslo") -> None:
        self.folder, self.clock = folder, ManualClock()
        self.ca = CertificateAuthority(folder.parent / "pki", self.clock)
        self.peer = SitePeer(site_name=site_name, epoch=1)
        folder.mkdir()
        key = new_key()
        builder = x509.CertificateSigningRequestBuilder().subject_name(common_name(site_name))
        csr = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        self.write("key.pem", key_pem(key))
        self.write("cert.pem", self.ca.sign_site(csr.decode(), site_name, 1, []))
        self.write("ca.pem", self.ca.pem)
        self.identity = Identity(
            site_name=site_name,
            epoch=1,
            primary=LinkAddress(host="hq.example", port=1),
            cert_path=folder / "cert.pem",
            key_path=folder / "key.pem",
            ca_path=folder / "ca.pem",
            ca_pem=self.ca.pem,
            card_key=bytes(32),
        )

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def renewed(self) -> RenewAnswer:
        shown = x509.load_pem_x509_certificate((self.folder / "cert.pem").read_bytes())
        made = self.ca.renew_site(shown.public_bytes(serialization.Encoding.DER), self.peer)
        return RenewAnswer(
            cert_pem=made.cert_pem, panel_cert_pem=made.panel_cert_pem, ca_pem=self.ca.pem
        )


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "identity")


def test_before_the_first_renewal_the_doors_show_the_certificate_of_the_link(site: Site) -> None:
    certificates = Certificates(site.identity)
    assert not certificates.has_panel_certificate
    certificates.for_panels()
    certificates.for_print_clients()
    certificates.for_nodes()


def test_a_renewal_takes_effect_in_every_context_without_a_restart(site: Site) -> None:
    certificates = Certificates(site.identity)
    certificates.for_panels()
    certificates.for_nodes()
    before = certificates.validity
    site.clock.advance(20 * DAY_MS)
    certificates.keep(site.renewed())
    assert certificates.validity == before
    certificates.take_into_use()
    assert certificates.validity.until_ms == before.until_ms + 20 * DAY_MS
    assert certificates.has_panel_certificate


@pytest.mark.parametrize("written", [("panel.pem",), ("panel.pem", "ca.pem"), ("cert.pem",)])
def test_a_crash_between_two_files_leaves_a_site_that_works(
    site: Site, tmp_path: Path, written: tuple[str, ...]
) -> None:
    answer = site.renewed()
    texts = {
        "panel.pem": answer.panel_cert_pem,
        "ca.pem": answer.ca_pem,
        "cert.pem": answer.cert_pem,
    }
    for name in written:
        site.write(name, texts[name])
    certificates = Certificates(site.identity)
    certificates.for_panels()
    certificates.keep(site.renewed())


def test_what_is_not_ours_is_refused_and_nothing_is_changed(site: Site, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    foreign = Site(tmp_path / "elsewhere" / "identity").renewed()
    other = Site(tmp_path / "lima", "lima").renewed()
    good = site.renewed()
    before = site.files()
    certificates = Certificates(site.identity)
    for wrong in (
        good.model_copy(update={"cert_pem": foreign.cert_pem}),
        good.model_copy(update={"ca_pem": foreign.ca_pem}),
        good.model_copy(update={"panel_cert_pem": other.panel_cert_pem}),
        good.model_copy(update={"cert_pem": "not PEM"}),
        other,
    ):
        with pytest.raises(WrongCertificateError):
            certificates.keep(wrong)
    assert site.files() == before


def test_a_newer_certificate_of_the_same_ca_is_taken_over(site: Site) -> None:
    former = site.ca.pem
    site.clock.advance(3_300 * DAY_MS)
    site.ca.keep_fresh()
    # The certificate that is shown is far too old to be renewed; the CA is what matters here.
    answer = RenewAnswer(
        cert_pem=site.files()["cert.pem"].decode(),
        panel_cert_pem=site.files()["cert.pem"].decode(),
        ca_pem=site.ca.pem,
    )
    certificates = Certificates(site.identity)
    certificates.keep(answer)
    certificates.take_into_use()
    assert site.files()["ca.pem"].decode() == site.ca.pem != former
    assert len(certificates.link.get_ca_certs()) == 2


def test_a_damaged_certificate_says_what_to_do(site: Site) -> None:
    site.write("cert.pem", "damaged")
    with pytest.raises(DamagedIdentityError, match="backup"):
        Certificates(site.identity)
