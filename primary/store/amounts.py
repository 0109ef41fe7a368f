"""Amounts by payer as one value of one statement, for SQLite.

A statement for each payer would let go of Python's lock as often, and wait to get it back
(`primary.store.bulk`).
"""

import json
from collections.abc import Mapping

from sqlalchemy import Text, bindparam, func, select
from sqlalchemy.sql.selectable import Subquery


def amounts(name: str) -> Subquery:
    """The rows (payer, amount) of the bind parameter `name`, a text of `amounts_text`."""
    each = func.json_each(bindparam(name, type_=Text)).table_valued("key", "value")
    return select(each.c.key.label("payer"), each.c.value.label("amount")).subquery(name)


def amounts_text(amounts: Mapping[str, int]) -> str:
    """These amounts, whole numbers of up to 64 bits, as `amounts` reads them."""
    return json.dumps(amounts)
