from sqlalchemy import select

from primary.store.amounts import amounts, amounts_text
from primary.store.directory import Directory


def test_amounts_come_back_as_they_were_whatever_the_payer_is_called(directory: Directory) -> None:
    given = {"user:ada": -1, 'user:"o\\\'k"': 2**63 - 1, "account:ünï\U0001f5a8.$[0]": -(2**63)}
    each = amounts("each")

    def work(connection: object) -> dict[str, int]:
        rows = connection.execute(select(each), {"each": amounts_text(given)})  # type: ignore[attr-defined]
        return {row.payer: row.amount for row in rows}

    assert directory.write_now(work) == given
