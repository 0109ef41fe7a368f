"""The renewal of a site's certificate: `POST /v1/renew`, without a body.

Who asks has proved in the handshake to hold the key of the certificate that it shows, so there is
nothing to say: headquarters signs the same key, for the same site, epoch and host names, anew. It
remembers nothing of it, so an answer that was lost is simply asked for again.
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

RENEW_PATH: Final = "/v1/renew"
ANSWER_BYTES_MAX: Final = 64 * 1024
EXPIRED: Final = "certificate_expired"
"""The problem code of a refusal that a renewal ends."""

Pem = Annotated[str, Field(max_length=16_384)]


class RenewAnswer(BaseModel):
    """Three certificates, PEM.

    `panel_cert_pem` is that of the site's own doors: it is no client's, so nobody gets onto the
    link by it, and it lives for as long as a site may stay offline.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cert_pem: Pem
    panel_cert_pem: Pem
    ca_pem: Pem
