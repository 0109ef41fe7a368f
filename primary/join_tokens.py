"""Join tokens of the running primary."""

from primary.config import PrimaryConfig
from primary.service.enrol import Enrol, PublicAddress


class TokensToDial:
    """Join tokens with the address that sites dial."""

    def __init__(self, enrol: Enrol, config: PrimaryConfig) -> None:
        self._enrol = enrol
        self._config = config
        self.link_port = config.link.port

    async def issue(self, site_name: str, host: str | None, port: int | None) -> str:
        """A new token for the site; see `primary.ports.JoinTokens`."""
        address = PublicAddress(
            host=host or self._config.link.public_host,
            port=port or self._config.link.public_port or self.link_port,
        )
        return await self._enrol.issue_token(site_name, address)
