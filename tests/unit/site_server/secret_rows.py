"""What headquarters says of PINs and passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING

from replication import slow_hash
from replication.schema import directory as schema

if TYPE_CHECKING:
    from replication.slow_hash import CredentialKind
    from tests.unit.site_server.a_site import ASite


def give_secret(site: ASite, user_name: str, kind: CredentialKind, secret: str) -> None:
    """The user has this PIN or password from now on."""
    hashed = slow_hash.make(secret)
    site.replica.put(schema.credentials, user_name=user_name, kind=kind.value, slow_hash=hashed)
