"""What our TLS contexts insist on."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from primary.pki import CertificateAuthority
from replication.adapters.tls import (
    client_context,
    link_client_context,
    link_server_context,
    server_context,
)
from replication.testing import ManualClock

if TYPE_CHECKING:
    from pathlib import Path

    from primary.pki import TlsFiles


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return CertificateAuthority(tmp_path / "pki", ManualClock()).server_files([])


def test_nothing_older_than_tls_1_2_is_spoken_anywhere(files: TlsFiles) -> None:
    ca_pem = files.ca.read_text()
    for context in (
        server_context(cert=files.cert, key=files.key),
        link_server_context(cert=files.cert, key=files.key, ca=files.ca),
        client_context(ca_pem=ca_pem),
        link_client_context(cert=files.cert, key=files.key, ca_pem=ca_pem),
    ):
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
        assert context.maximum_version is ssl.TLSVersion.MAXIMUM_SUPPORTED


def test_the_link_asks_for_a_certificate_and_a_client_checks_name_and_ca(files: TlsFiles) -> None:
    link = link_server_context(cert=files.cert, key=files.key, ca=files.ca)
    client = client_context(ca_pem=files.ca.read_text())
    assert link.verify_mode is client.verify_mode is ssl.CERT_REQUIRED
    assert client.check_hostname


def test_our_ca_is_the_only_one_that_is_trusted(files: TlsFiles) -> None:
    client = client_context(ca_pem=files.ca.read_text())
    subjects = [each["subject"] for each in client.get_ca_certs()]
    assert subjects == [((("commonName", "holdfast CA"),),)]
