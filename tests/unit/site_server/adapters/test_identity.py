"""The identity of a site on its disk; joining itself is in tests/integration/test_link.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from replication.adapters.link_client import LinkAddress
from replication.errors import BadJoinTokenError
from replication.join_token import JoinToken, print_token
from site_server.adapters.identity import (
    AlreadyJoinedError,
    DamagedIdentityError,
    Identity,
    OtherSiteError,
    join,
    load,
)
from site_server.errors import NotJoinedError

if TYPE_CHECKING:
    from pathlib import Path

SITE_JSON = '{"site_name":"oslo","epoch":2,"primary_host":"hq.example","primary_port":7300}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "identity"
    folder.mkdir()
    (folder / "site.json").write_text(SITE_JSON)
    (folder / "ca.pem").write_text("the CA")
    (folder / "card.key").write_text("00ff" * 16)
    return folder


def test_a_site_knows_who_it_is(folder: Path) -> None:
    assert load(folder) == Identity(
        site_name="oslo",
        epoch=2,
        primary=LinkAddress(host="hq.example", port=7300),
        cert_path=folder / "cert.pem",
        key_path=folder / "key.pem",
        ca_path=folder / "ca.pem",
        ca_pem="the CA",
        card_key=b"\x00\xff" * 16,
    )


def test_a_folder_that_never_joined_says_how_to(tmp_path: Path) -> None:
    with pytest.raises(NotJoinedError, match="holdfast-site join"):
        load(tmp_path / "identity")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("site.json", "{}"),
        ("site.json", SITE_JSON.replace("2", "0")),
        ("site.json", "not JSON"),
        ("card.key", "not hex"),
        ("ca.pem", None),
    ],
)
def test_a_damaged_identity_is_told_with_what_to_do(
    folder: Path, name: str, content: str | None
) -> None:
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(content)
    with pytest.raises(DamagedIdentityError, match="backup"):
        load(folder)


async def test_what_is_no_token_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(BadJoinTokenError):
        await join("a password", tmp_path / "identity")
    assert list(tmp_path.iterdir()) == []


async def test_a_joined_folder_is_refused_before_the_token_is_used(folder: Path) -> None:
    token = JoinToken(
        site_name="oslo",
        primary_host="127.0.0.1",
        primary_port=1,
        ca_pem="x",
        cert_pem="x",
        key_pem="x",
    )
    with pytest.raises(AlreadyJoinedError, match="empty data folder"):
        await join(print_token(token), folder)
    assert load(folder).epoch == 2


async def test_a_token_with_damaged_certificates_is_no_token(tmp_path: Path) -> None:
    token = JoinToken(
        site_name="oslo",
        primary_host="127.0.0.1",
        primary_port=1,
        ca_pem="x",
        cert_pem="x",
        key_pem="x",
    )
    with pytest.raises(BadJoinTokenError):
        await join(print_token(token), tmp_path / "identity")
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_that_joined_gets_a_new_epoch_only_by_its_own_token(folder: Path) -> None:
    token = JoinToken(
        site_name="lima",
        primary_host="hq.example",
        primary_port=7300,
        ca_pem="x",
        cert_pem="x",
        key_pem="x",
    )
    with pytest.raises(AlreadyJoinedError, match="--again"):
        await join(print_token(token), folder)
    with pytest.raises(OtherSiteError):
        await join(print_token(token), folder, again=True)
    assert load(folder).epoch == 2
