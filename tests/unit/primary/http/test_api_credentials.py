import pytest
from sqlalchemy import select

from primary.store.directory import Directory
from replication import slow_hash
from replication.schema.directory import credentials
from tests.unit.primary.http.conftest import Api

ADA = "/api/v1/users/ada"
SECRETS = {"pin": "0815", "password": "correct horse"}


def hashes(directory: Directory) -> dict[tuple[str, str], str]:
    with directory.read() as connection:
        return {
            (row.user_name, row.kind): row.slow_hash
            for row in connection.execute(select(credentials))
        }


@pytest.mark.parametrize("kind", ["pin", "password"])
async def test_a_secret_is_kept_as_a_slow_hash_and_only_told_to_be_there(
    api: Api, directory: Directory, kind: str
) -> None:
    given = await api.put(f"{ADA}/{kind}", json={kind: SECRETS[kind]})

    assert given.status == 200
    assert (await given.json())[f"has_{kind}"] is True
    listed = await (await api.get(ADA)).text()
    assert SECRETS[kind] not in listed
    assert "argon2" not in listed
    kept = hashes(directory)["ada", kind]
    assert SECRETS[kind] not in kept
    assert slow_hash.matches(kept, SECRETS[kind])


@pytest.mark.parametrize("kind", ["pin", "password"])
async def test_a_new_secret_takes_the_place_of_the_old_one(
    api: Api, directory: Directory, kind: str
) -> None:
    for secret in ("11111111", "22222222"):
        await api.put(f"{ADA}/{kind}", json={kind: secret})

    kept = hashes(directory)
    assert list(kept) == [("ada", kind)]
    assert slow_hash.matches(kept["ada", kind], "22222222")
    assert not slow_hash.matches(kept["ada", kind], "11111111")


@pytest.mark.parametrize("kind", ["pin", "password"])
async def test_a_secret_is_taken_away_once(api: Api, directory: Directory, kind: str) -> None:
    await api.put(f"{ADA}/{kind}", json={kind: SECRETS[kind]})

    taken = await api.delete(f"{ADA}/{kind}")
    again = await api.delete(f"{ADA}/{kind}")

    assert (taken.status, again.status) == (200, 404)
    assert (await taken.json())[f"has_{kind}"] is False
    assert f"has no {kind}" in (await again.json())["detail"]
    assert hashes(directory) == {}


@pytest.mark.parametrize(
    ("kind", "secret"),
    [
        ("pin", "123"),
        ("pin", "123456789"),
        ("pin", "12a4"),
        ("pin", "\u0661\u0662\u0663\u0664"),
        ("pin", 1234),
        ("password", "7 chars"),
        ("password", "x" * 1025),
        ("password", None),
    ],
)
async def test_a_secret_of_the_wrong_form_is_refused_and_not_repeated(
    api: Api, directory: Directory, kind: str, secret: object
) -> None:
    response = await api.put(f"{ADA}/{kind}", json={kind: secret})

    assert response.status == 422
    text = await response.text()
    assert kind in text
    assert not isinstance(secret, str) or secret not in text
    assert hashes(directory) == {}


async def test_nobody_gets_a_secret_who_is_not_there(api: Api, directory: Directory) -> None:
    response = await api.put("/api/v1/users/ghost/pin", json={"pin": "1234"})

    assert response.status == 404
    assert hashes(directory) == {}
