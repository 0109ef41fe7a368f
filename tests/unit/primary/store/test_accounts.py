import pytest

from primary.errors import ConflictError, NotFoundError
from primary.store import accounts
from primary.store.accounts import AccountFields
from primary.store.directory import Directory
from tests.unit.primary.money import balances_of

LIBRARY = AccountFields(title="Library", open_to=("*", "group:staff", "user:ada"))


async def test_a_new_account_has_a_balance_of_zero(directory: Directory) -> None:
    is_new = await directory.write(lambda c: accounts.put_account(c, "The Library", LIBRARY))

    with directory.read() as connection:
        account = accounts.account(connection, "The Library")
    assert is_new
    assert account.fields == LIBRARY
    assert balances_of(directory)["account:The Library"] == 0 == account.balance_micros


async def test_putting_an_account_again_leaves_its_money_alone(directory: Directory) -> None:
    fields = AccountFields(title="R", enabled=False, restricted=False)

    is_new = await directory.write(lambda c: accounts.put_account(c, "research", fields))

    with directory.read() as connection:
        account = accounts.account(connection, "research")
    assert not is_new
    assert account.fields == fields
    assert account.balance_micros == 7_000_000


async def test_an_account_is_open_to_nobody_who_does_not_exist(directory: Directory) -> None:
    fields = AccountFields(title="X", open_to=("user:staff", "group:staff", "user:bob"))

    with pytest.raises(ConflictError, match="there is no user:bob, no user:staff"):
        await directory.write(lambda c: accounts.put_account(c, "research", fields))

    with directory.read() as connection:
        assert accounts.account(connection, "research").fields.title == "Research"


def test_an_unknown_account_is_an_error(directory: Directory) -> None:
    with directory.read() as connection, pytest.raises(NotFoundError, match="no account 'x'"):
        accounts.account(connection, "x")


def test_accounts_come_page_by_page(directory: Directory) -> None:
    with directory.read() as connection:
        first = accounts.page_of_accounts(connection, after="", limit=1)
        second = accounts.page_of_accounts(connection, after=first[-1].account_name, limit=9)

    assert [one.account_name for one in first + second] == ["Offline Account", "research"]
