import pytest

from primary.errors import ConflictError, NotFoundError
from primary.store import people
from primary.store.directory import Directory
from primary.store.people import UserFields
from tests.unit.primary.money import balances_of


async def test_a_new_user_has_a_balance_of_zero(directory: Directory) -> None:
    fields = UserFields(full_name="Emmy Noether", groups=("staff",))

    is_new = await directory.write(lambda c: people.put_user(c, "emmy", fields))

    with directory.read() as connection:
        user = people.user(connection, "emmy")
    assert is_new
    assert user.fields == fields
    assert balances_of(directory)["user:emmy"] == 0 == user.balance_micros


async def test_putting_a_user_again_leaves_their_money_alone(directory: Directory) -> None:
    fields = UserFields(full_name="A. Lovelace", enabled=False, restricted=False)

    is_new = await directory.write(lambda c: people.put_user(c, "ada", fields))

    with directory.read() as connection:
        user = people.user(connection, "ada")
    assert not is_new
    assert user.fields == fields
    assert user.balance_micros == 10_000_000


async def test_an_unknown_group_is_refused_and_nothing_changes(directory: Directory) -> None:
    fields = UserFields(full_name="X", groups=("staff", "ghosts"))

    with pytest.raises(ConflictError, match="no group ghosts"):
        await directory.write(lambda c: people.put_user(c, "ada", fields))

    with directory.read() as connection:
        assert people.user(connection, "ada").fields.full_name == "Ada Lovelace"


def test_users_come_page_by_page(directory: Directory) -> None:
    with directory.read() as connection:
        first = people.page_of_users(connection, after="", limit=2)
        second = people.page_of_users(connection, after=first[-1].user_name, limit=2)

    assert [user.user_name for user in first + second] == ["ada", "alan", "grace"]


async def test_a_card_belongs_to_one_user(directory: Directory) -> None:
    await directory.write(lambda c: people.put_card(c, "grace", "f" * 64))

    with pytest.raises(ConflictError, match="Another user"):
        await directory.write(lambda c: people.put_card(c, "ada", "f" * 64))

    with directory.read() as connection:
        assert people.user(connection, "grace").cards == 1
        assert people.user(connection, "ada").cards == 1


async def test_a_revoked_card_can_be_given_back_to_its_user(directory: Directory) -> None:
    await directory.write(lambda c: people.put_card(c, "grace", "f" * 64))
    await directory.write(lambda c: people.revoke_card(c, "grace", "f" * 64))
    with directory.read() as connection:
        assert people.user(connection, "grace").cards == 0

    await directory.write(lambda c: people.put_card(c, "grace", "f" * 64))

    with directory.read() as connection:
        assert people.user(connection, "grace").cards == 1


async def test_only_its_own_user_can_lose_a_card(directory: Directory) -> None:
    await directory.write(lambda c: people.put_card(c, "grace", "f" * 64))

    with pytest.raises(NotFoundError):
        await directory.write(lambda c: people.revoke_card(c, "ada", "f" * 64))

    with directory.read() as connection:
        assert people.user(connection, "grace").cards == 1


async def test_cards_are_for_users_that_exist(directory: Directory) -> None:
    with pytest.raises(NotFoundError, match="nobody"):
        await directory.write(lambda c: people.put_card(c, "nobody", "f" * 64))
