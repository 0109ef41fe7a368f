import pytest

from primary.service.key_backup import KeyBackupError, Keys, seal, unseal

PASSPHRASE = "correct horse battery"
KEYS = Keys(ca_cert_pem="certificate", ca_key_pem="key", card_key_hex="ab" * 32)


def test_sealed_keys_open_with_their_passphrase_and_no_other() -> None:
    text = seal(KEYS, PASSPHRASE)
    assert "certificate" not in text
    assert unseal(text, PASSPHRASE) == KEYS
    with pytest.raises(KeyBackupError, match="another passphrase"):
        unseal(text, "correct horse batteru")


def test_a_damaged_file_does_not_open() -> None:
    text = seal(KEYS, PASSPHRASE)
    with pytest.raises(KeyBackupError):
        unseal(text[:-10] + "A" * 10, PASSPHRASE)


def test_a_passphrase_that_is_quickly_guessed_is_refused() -> None:
    with pytest.raises(KeyBackupError, match="12 characters"):
        seal(KEYS, "short")
