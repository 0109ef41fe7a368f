"""What a configuration says of a store, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from replication.adapters.nats_place import NatsPlace
from replication.adapters.s3_place import S3Place
from replication.adapters.store_place import StoreSection, look_at_store
from tests.integration.loopback_certificate import write_certificates

if TYPE_CHECKING:
    from pathlib import Path

S3 = {"type": "s3", "bucket": "b", "key_file": "/k"}
NATS = {
    "type": "nats",
    "bucket": "b",
    "endpoint": "nats://hq:4222",
    "key_file": "/k",
    "cert_file": "/c",
    "ca_file": "/a",
}


def section(known: dict[str, str], **more: str) -> StoreSection:
    return StoreSection.model_validate({**known, **more})


def test_a_folder_is_no_place() -> None:
    assert section({"type": "folder"}).place() is None


def test_a_place_in_s3_has_a_folder_for_each_lineage() -> None:
    place = section(S3, endpoint="https://s3.example").place()
    assert isinstance(place, S3Place)
    assert place.path("abc") == "holdfast/abc"
    assert place.where == "https://s3.example, b/holdfast"


def test_a_place_in_nats_has_a_bucket_for_each_lineage() -> None:
    place = section(NATS).place()
    assert isinstance(place, NatsPlace)
    assert place.bucket_of("abc") == "b-abc"
    assert place.address == "hq:4222"


@pytest.mark.parametrize(
    ("known", "more", "said"),
    [
        ({"type": "s3", "bucket": "b"}, {}, "needs key_file"),
        (S3, {"bucket": ""}, "name of a bucket"),
        (S3, {"bucket": "a/b"}, "name of a bucket"),
        (S3, {"prefix": "/x"}, "prefix"),
        (S3, {"endpoint": "http://s3.example"}, "https://"),
        (S3, {"endpoint": "https://user:secret@s3.example"}, "https://"),
        (S3, {"endpoint": "https://s3.example/path"}, "https://"),
        (S3, {"endpoint": "https://s3.example:port"}, "https://"),
        ({"type": "nats", "bucket": "b"}, {}, "ca_file, cert_file and key_file"),
        (NATS, {"bucket": "a.b"}, "letters"),
        (NATS, {"endpoint": "nats://hq"}, "nats://HOST:PORT"),
        (NATS, {"endpoint": "nats://hq:4222/bucket"}, "nats://HOST:PORT"),
        (NATS, {"endpoint": "nats://hq:port"}, "nats://HOST:PORT"),
        (NATS, {"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_a_place_is_said(
    known: dict[str, str], more: dict[str, str], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        section(known, **more)


def test_on_this_machine_itself_s3_may_be_without_tls() -> None:
    assert section(S3, endpoint="http://127.0.0.1:9000").place() is not None
    assert section(S3, endpoint="http://localhost:9000").place() is not None


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        (None, 0o600, "cannot be read"),
        ('access_key_id = "a"', 0o600, "cannot be read"),
        ("s3cr3t = = x", 0o600, "cannot be read"),
        ('access_key_id = "a"\nsecret_access_key = 7', 0o600, "nothing else"),
        ('access_key_id = "a"\nsecret_access_key = "s3cr3t"\nmore = 1', 0o600, "nothing else"),
        ('access_key_id = "a"\nsecret_access_key = "s3cr3t"', 0o644, "chmod 600"),
    ],
)
def test_doctor_says_what_is_wrong_with_a_key_and_never_the_key(
    tmp_path: Path, text: str | None, mode: int, said: str
) -> None:
    path = tmp_path / "store.key"
    if text is not None:
        path.write_text(text)
        path.chmod(mode)
    place = section(S3, key_file=str(path)).place()
    assert place is not None
    seen = look_at_store(place, None, required=True)
    assert not seen.found
    assert said in seen.hint
    assert "s3cr3t" not in seen.hint


def test_doctor_says_when_nobody_answers(tmp_path: Path) -> None:
    path = tmp_path / "store.key"
    path.write_text('access_key_id = "a"\nsecret_access_key = "s3cr3t"')
    path.chmod(0o600)
    write_certificates(tmp_path, "127.0.0.1")
    files = {name: str(tmp_path / f"{name[:-5]}.pem") for name in ("ca_file", "cert_file")}
    places = (
        section(S3, key_file=str(path), endpoint="http://127.0.0.1:1").place(),
        section(
            NATS, **files, key_file=str(tmp_path / "key.pem"), endpoint="nats://127.0.0.1:1"
        ).place(),
    )
    for place in places:
        assert place is not None
        seen = look_at_store(place, "f" * 32, required=False)
        assert not seen.found
        assert not seen.required
        assert "s3cr3t" not in seen.hint
        assert seen.hint


def test_doctor_says_which_files_are_no_certificate(tmp_path: Path) -> None:
    place = section(NATS, ca_file=str(tmp_path / "none.pem")).place()
    assert place is not None
    assert "certificate for NATS" in look_at_store(place, None, required=True).hint
