"""How a site becomes one of ours and stays it.

A token from headquarters, good once, is given against a certificate; the certificate, before or
after its end, against a newer one.
"""

import logging
from dataclasses import dataclass
from typing import Final

from primary import certificates
from primary.certificates import host_names, requested_key
from primary.errors import JoinRefusedError, NotFoundError, SiteRevokedError
from primary.pki import CertificateAuthority
from primary.store import site_trust
from primary.store.directory import REVOKED, Directory
from primary.store.ledger import Ledger
from replication.join_token import JoinAnswer, JoinRequest, JoinToken, print_token
from replication.peer import SitePeer
from replication.ports import Clock, WallMs
from replication.renewal import RenewAnswer

logger: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAddress:
    """Where a site dials headquarters; the host is also what it verifies."""

    host: str
    port: int


class Enrol:
    """Issues join tokens and honours them. `card_key` is the secret of the card hashes."""

    def __init__(
        self,
        *,
        authority: CertificateAuthority,
        directory: Directory,
        ledger: Ledger,
        card_key: bytes,
        clock: Clock,
    ) -> None:
        self._authority = authority
        self._directory = directory
        self._ledger = ledger
        self._card_key = card_key
        self._clock = clock

    async def issue_token(self, site_name: str, address: PublicAddress) -> str:
        """A new join token for that site, as text; treat it as a password.

        Errors: `NotFoundError`, `SiteRevokedError`.
        """
        site = self._directory.site(site_name)
        if site is None:
            raise NotFoundError(f"Headquarters knows no site {site_name!r}. Make it first.")
        if site.state == REVOKED:
            raise SiteRevokedError
        join = self._authority.issue_join(site_name)
        await self._ledger.record_join_token(join.serial, site_name, join.expires_wall_ms)
        token = JoinToken(
            site_name=site_name,
            primary_host=address.host,
            primary_port=address.port,
            ca_pem=self._authority.pem,
            cert_pem=join.cert_pem,
            key_pem=join.key_pem,
        )
        return print_token(token)

    async def join(self, site_name: str, serial: str, request: JoinRequest) -> JoinAnswer:
        """Give the holder of the token `serial` a certificate for a new epoch of the site.

        What is wrong with the request is found before the token is used up. Errors:
        `BadRequestError`, `JoinRefusedError`, `NotFoundError`, `SiteRevokedError`.
        """
        requested_key(request.csr_pem)
        host_names(request.hosts)
        if not await self._ledger.use_join_token(serial, self._clock.wall_ms()):
            raise JoinRefusedError
        epoch = await self._directory.new_epoch(site_name)
        cert_pem = self._authority.sign_site(request.csr_pem, site_name, epoch, request.hosts)
        await self._note(site_name, certificates.end_of(cert_pem))
        logger.info("site %s joined with epoch %d", site_name, epoch)
        return JoinAnswer(
            site_name=site_name,
            epoch=epoch,
            cert_pem=cert_pem,
            ca_pem=self._authority.pem,
            card_key_hex=self._card_key.hex(),
        )

    async def renew(self, peer: SitePeer, presented_der: bytes) -> tuple[RenewAnswer, WallMs]:
        """Certificates for the site that presents one, and the end of that for the link.

        Whether headquarters has something against the site is asked before. Asking again is
        harmless. Errors: `CertificateTooOldError`.
        """
        made = self._authority.renew_site(presented_der, peer)
        await self._note(peer.site_name, made.until_wall_ms)
        logger.info("the certificate of site %s, epoch %d, is renewed", peer.site_name, peer.epoch)
        answer = RenewAnswer(
            cert_pem=made.cert_pem, panel_cert_pem=made.panel_cert_pem, ca_pem=self._authority.pem
        )
        return answer, made.until_wall_ms

    async def _note(self, site_name: str, until_wall_ms: WallMs) -> None:
        await self._directory.write(
            lambda connection: site_trust.certified(connection, site_name, until_wall_ms)
        )
