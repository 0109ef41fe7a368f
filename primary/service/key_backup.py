"""The keys that cannot be made anew, in one file sealed with a passphrase.

They are the CA's key and certificate, and the key of the card hashes. With them a new machine is
the primary that all sites trust already; without them every site must be told to trust another.
The file is good for years, so it is made once, and kept where no backup lies.

Text form: `holdfast-keys-1.` and base64 of salt, nonce and the sealed JSON: scrypt (RFC 7914, the
cost beside the code) makes a key of the passphrase, AES-256-GCM seals and authenticates.
"""

import base64
import secrets
from pathlib import Path
from typing import Annotated, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import BaseModel, ConfigDict, Field

from primary.errors import NotInitialisedError, PrimaryError
from primary.service.organisation import CARD_KEY_FILE
from primary.service.restore_plan import PKI_FOLDER
from replication.adapters.private_file import make_private_folder, write_private

PREFIX: Final = "holdfast-keys-1."
SALT_BYTES: Final = 16
NONCE_BYTES: Final = 12
SCRYPT_COST: Final = 2**16
"""64 MiB and a quarter of a second for each passphrase that is tried."""
PASSPHRASE_CHARS_MIN: Final = 12
CA_CERT_FILE: Final = "ca.cert.pem"
CA_KEY_FILE: Final = "ca.key.pem"


class KeyBackupError(PrimaryError):
    """The keys could not be opened: this is another passphrase, or the file is damaged."""


class Keys(BaseModel):
    """What is sealed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ca_cert_pem: str
    ca_key_pem: str = Field(repr=False)
    card_key_hex: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", repr=False)]


def keys_of(data_dir: Path) -> Keys:
    """The keys of a primary that ran at least once. Errors: `NotInitialisedError`."""
    try:
        return Keys(
            ca_cert_pem=(data_dir / PKI_FOLDER / CA_CERT_FILE).read_text("ascii"),
            ca_key_pem=(data_dir / PKI_FOLDER / CA_KEY_FILE).read_text("ascii"),
            card_key_hex=(data_dir / CARD_KEY_FILE).read_text("ascii").strip(),
        )
    except FileNotFoundError as error:
        raise NotInitialisedError(
            f"{error.filename} is missing: a primary makes its keys when it first runs."
        ) from error


def put_keys(folder: Path, keys: Keys) -> None:
    """Put the keys where a primary has them."""
    make_private_folder(folder / PKI_FOLDER)
    write_private(folder / PKI_FOLDER / CA_KEY_FILE, keys.ca_key_pem.encode("ascii"))
    write_private(folder / PKI_FOLDER / CA_CERT_FILE, keys.ca_cert_pem.encode("ascii"))
    write_private(folder / CARD_KEY_FILE, f"{keys.card_key_hex}\n".encode("ascii"))


def seal(keys: Keys, passphrase: str) -> str:
    """The sealed text. Errors: `KeyBackupError` where the passphrase is too short."""
    if len(passphrase) < PASSPHRASE_CHARS_MIN:
        raise KeyBackupError(f"Take a passphrase of at least {PASSPHRASE_CHARS_MIN} characters.")
    salt, nonce = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
    content = keys.model_dump_json().encode()
    sealed = AESGCM(_key(passphrase, salt)).encrypt(nonce, content, PREFIX.encode("ascii"))
    return PREFIX + base64.b64encode(salt + nonce + sealed).decode("ascii") + "\n"


def unseal(text: str, passphrase: str) -> Keys:
    """The keys in that text. Errors: `KeyBackupError`."""
    try:
        raw = base64.b64decode(text.strip().removeprefix(PREFIX), validate=True)
        salt, rest = raw[:SALT_BYTES], raw[SALT_BYTES:]
        nonce, sealed = rest[:NONCE_BYTES], rest[NONCE_BYTES:]
        content = AESGCM(_key(passphrase, salt)).decrypt(nonce, sealed, PREFIX.encode("ascii"))
        return Keys.model_validate_json(content)
    except (InvalidTag, ValueError) as error:
        raise KeyBackupError from error


def _key(passphrase: str, salt: bytes) -> bytes:
    derive = Scrypt(salt=salt, length=32, n=SCRYPT_COST, r=8, p=1)
    return derive.derive(passphrase.encode())
