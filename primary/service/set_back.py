"""Whether sites have more of this directory than headquarters: then somebody put back its files.

A site tells where its replica stands when that is beyond what headquarters welcomed it with. Such a
site keeps what it has and follows no further, since the same number would now lead elsewhere. Only
a new lineage heals it, and that is begun while the server is stopped (`service.begin_anew`).
"""

import logging
from typing import Final

from replication.messages import Head, Standing

logger: Final = logging.getLogger(__name__)


class SetBack:
    """What sites said of it; '' while nobody did."""

    def __init__(self) -> None:
        self.problem = ""

    def hear(self, site_name: str, said: Standing, head: Head) -> None:
        """Take in where that site stands."""
        if self.problem or said.lineage != head.lineage or not 0 < head.txid < said.txid:
            return
        self.problem = (
            f"Site {site_name} has transaction {said.txid} of this directory, and headquarters "
            f"only {head.txid}: the data folder was put back to an earlier state. Such sites keep "
            "what they have and follow no further. Stop this server and run: holdfast-primary "
            "restore --here"
        )
        logger.error("%s", self.problem)
