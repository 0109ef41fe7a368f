"""Join tokens: who gets one, what it is worth, and how often."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from sqlalchemy import update

from primary.certificates import common_name, new_key
from primary.errors import (
    BadRequestError,
    JoinRefusedError,
    NotFoundError,
    SiteRevokedError,
)
from primary.pki import CertificateAuthority
from primary.service.enrol import Enrol, PublicAddress
from primary.store.directory import Directory
from primary.store.ledger import Ledger
from replication.join_token import JoinRequest, parse_token
from replication.schema.directory import sites
from replication.testing import ManualClock

HQ = PublicAddress(host="hq.example", port=7300)
HOUR_MS = 3_600_000


def csr() -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(common_name("oslo"))
    request = builder.sign(new_key(), hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def serial_in(token: str) -> str:
    cert = x509.load_pem_x509_certificate(parse_token(token).cert_pem.encode())
    return f"{cert.serial_number:x}"


@pytest.fixture
def enrol(tmp_path: Path, directory: Directory, ledger: Ledger, clock: ManualClock) -> Enrol:
    return Enrol(
        authority=CertificateAuthority(tmp_path / "pki", clock),
        directory=directory,
        ledger=ledger,
        card_key=b"k" * 32,
        clock=clock,
    )


async def set_state(directory: Directory, state: str) -> None:
    statement = update(sites).where(sites.c.site_name == "oslo").values(state=state)
    await directory.write(lambda connection: connection.execute(statement))


async def test_a_token_tells_where_headquarters_is_and_whom_to_trust(enrol: Enrol) -> None:
    token = parse_token(await enrol.issue_token("oslo", HQ))
    assert (token.site_name, token.primary_host, token.primary_port) == ("oslo", "hq.example", 7300)
    assert token.ca_pem.startswith("-----BEGIN CERTIFICATE-----")


async def test_whoever_holds_it_joins_with_a_new_epoch_each_time(enrol: Enrol) -> None:
    answers = []
    for _ in range(2):
        serial = serial_in(await enrol.issue_token("oslo", HQ))
        answers.append(await enrol.join("oslo", serial, JoinRequest(csr_pem=csr())))
    assert [answer.epoch for answer in answers] == [1, 2]
    assert answers[1].card_key_hex == (b"k" * 32).hex()


async def test_a_token_is_used_up(enrol: Enrol, directory: Directory) -> None:
    serial = serial_in(await enrol.issue_token("oslo", HQ))
    await enrol.join("oslo", serial, JoinRequest(csr_pem=csr()))
    with pytest.raises(JoinRefusedError, match="holdfast-primary token"):
        await enrol.join("oslo", serial, JoinRequest(csr_pem=csr()))
    site = directory.site("oslo")
    assert site is not None
    assert site.epoch == 1


async def test_a_token_is_too_old_after_an_hour(enrol: Enrol, clock: ManualClock) -> None:
    serial = serial_in(await enrol.issue_token("oslo", HQ))
    clock.advance(HOUR_MS)
    with pytest.raises(JoinRefusedError):
        await enrol.join("oslo", serial, JoinRequest(csr_pem=csr()))


async def test_a_bad_request_does_not_use_the_token_up(enrol: Enrol) -> None:
    serial = serial_in(await enrol.issue_token("oslo", HQ))
    for wrong in (JoinRequest(csr_pem="x"), JoinRequest(csr_pem=csr(), hosts=["Büro"])):
        with pytest.raises(BadRequestError):
            await enrol.join("oslo", serial, wrong)
    assert (await enrol.join("oslo", serial, JoinRequest(csr_pem=csr()))).epoch == 1


async def test_an_unknown_serial_is_refused(enrol: Enrol) -> None:
    with pytest.raises(JoinRefusedError):
        await enrol.join("oslo", "abc", JoinRequest(csr_pem=csr()))


async def test_an_unknown_or_a_revoked_site_gets_no_token(
    enrol: Enrol, directory: Directory
) -> None:
    with pytest.raises(NotFoundError, match="rome"):
        await enrol.issue_token("rome", HQ)
    await set_state(directory, "revoked")
    with pytest.raises(SiteRevokedError):
        await enrol.issue_token("oslo", HQ)


async def test_a_fenced_site_is_let_in_again_by_the_token_that_a_person_made(
    enrol: Enrol, directory: Directory
) -> None:
    await directory.fence("oslo", "cloned")
    serial = serial_in(await enrol.issue_token("oslo", HQ))
    await enrol.join("oslo", serial, JoinRequest(csr_pem=csr()))
    site = directory.site("oslo")
    assert site is not None
    assert (site.state, site.state_reason) == ("approved", "")
