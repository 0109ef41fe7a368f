"""Both doors of headquarters in a simulation: the link's, and the administrator's.

Each is the application of the product, behind the product's certificates. A site's long-lived
connection is made beside it (`chaos.sim.headquarters`); who may have one is asked here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from chaos.sim.door import Asked, Door
from chaos.sim.handshake import HOST, shaken
from primary.config import LinkConfig, PrimaryConfig
from primary.http.app import make_app
from primary.http.exchange import Services
from primary.http.keys import SCHEME
from primary.http.link_keys import LINKS
from primary.join_tokens import TokensToDial
from primary.link_load import LinkLoad
from primary.pki import PKI_FOLDER, CertificateAuthority
from primary.server_certificates import ServerCertificates
from primary.service.enrol import Enrol
from primary.service.organisation import ADMIN_KEY_FILE, CARD_KEY_FILE
from primary.service.settle_dispute import SettleDispute
from primary.service.who_calls import NobodyCalls, who_calls
from primary.store.ledger import LEDGER_FILE
from primary.store.lookups import Lookups

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from chaos.sim.door import Answered
    from chaos.sim.handshake import Papers
    from chaos.sim.loop import Life
    from primary.service.adjust import Adjust
    from primary.service.grant_quotas import GrantQuotas
    from primary.service.link_session import LinkGround
    from primary.service.who_calls import JoinerCalls, SiteCalls
    from primary.store.ledger import Ledger
    from primary.store.ledger_report import LedgerReport
    from replication.adapters.crsqlite import Registers
    from replication.adapters.ltx_store import LtxStore

LINK_PATH: Final = "/v1/link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What is behind the doors."""

    folder: Path
    ground: LinkGround
    store: LtxStore
    ledger: Ledger
    report: LedgerReport
    registers: Registers
    adjust: Adjust
    quotas: GrantQuotas


class Doors:
    """They are open from `open` on, until the process dies."""

    def __init__(self, behind: Behind, life: Life) -> None:
        folder, ground = behind.folder, behind.ground
        config = PrimaryConfig(data_dir=folder, link=LinkConfig(public_host=HOST))
        authority = CertificateAuthority(folder / PKI_FOLDER, ground.clock)
        self._tls = ServerCertificates(authority, (HOST,)).link
        self._ground = ground
        self._admin_key = (folder / ADMIN_KEY_FILE).read_text("ascii").strip()
        card_key = bytes.fromhex((folder / CARD_KEY_FILE).read_text("ascii").strip())
        enrol = Enrol(
            authority=authority,
            directory=ground.directory,
            ledger=behind.ledger,
            card_key=card_key,
            clock=ground.clock,
        )
        load = LinkLoad(config.link, ground)
        link_app = load.make_app(behind.store, enrol)
        self.links = link_app[LINKS]
        services = Services(
            directory=ground.directory,
            report=behind.report,
            lookups=Lookups(folder / LEDGER_FILE),
            adjust=behind.adjust,
            quotas=behind.quotas,
            disputes=SettleDispute(behind.adjust, ground.directory, behind.ledger, ground.clock),
            join_tokens=TokensToDial(enrol, config),
            held_jobs=behind.registers,
            checks={},
            card_key=card_key,
            uplinks=ground.ingest.uplinks,
            clock=ground.clock,
            link_load=load.load,
            end_link=self.links.end,
            certificate_days=authority.days_left,
        )
        self._link = Door(link_app, life)
        self._api = Door(make_app(services, self._admin_key), life)
        self._shaken: dict[Papers, ssl.SSLObject | None] = {}

    async def open(self) -> None:
        """Open both."""
        await self._link.open()
        await self._api.open()

    async def ask(self, papers: Papers, asked: Asked) -> Answered | None:
        """What the link's door answers; None: the handshake fails."""
        secured = self._secured(papers)
        return None if secured is None else await self._link.ask(asked, secured)

    async def administer(self, asked: Asked) -> Answered:
        """What the API answers to the administrator."""
        key = {"Authorization": f"{SCHEME}{self._admin_key}"}
        return await self._api.ask(replace(asked, headers={**asked.headers, **key}))

    def caller(self, papers: Papers) -> SiteCalls | JoinerCalls | NobodyCalls | None:
        """Who wants a long-lived connection; None: the handshake fails."""
        secured = self._secured(papers)
        if secured is None:
            return None
        return who_calls(secured.getpeercert(), LINK_PATH, self._ground.clock.wall_ms())

    def _secured(self, papers: Papers) -> ssl.SSLObject | None:
        """Its outcome depends on the papers alone, so it is made once for each."""
        if papers not in self._shaken:
            self._shaken[papers] = shaken(self._tls, papers.context)
        return self._shaken[papers]
