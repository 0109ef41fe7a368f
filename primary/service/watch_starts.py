"""Whether a site that calls is the one that called before: see `replication.starts`."""

import asyncio
from typing import Final

from primary.store.ledger import Ledger
from primary.store.site_starts import known_start, put_start
from replication.messages import Hello
from replication.starts import Start, parted, parted_text

_Key = tuple[str, int]


class WatchStarts:
    """Remembers the newest start of each journal; the ledger does so over a restart."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[_Key, Start] = {}
        self._one_by_one: Final = asyncio.Lock()

    async def objection(self, hello: Hello) -> str:
        """Why this is not the site that called before; '' where it is, or where nobody can tell.

        A start that is newer than the known one is remembered before it is let in. Errors: those of
        the ledger; the call may be repeated.
        """
        if hello.start is None or hello.instance is None:
            return ""
        told = Start(number=hello.start, instance=hello.instance, former=tuple(hello.former))
        key = (hello.site_name, hello.epoch)
        async with self._one_by_one:
            known = self._known.get(key) or await self._ledger.ask(lambda: self._read(key))
            if known is not None and parted(known, told):
                return parted_text(*key, known, told)
            if known is None or known.number < told.number:
                await self._ledger.write(lambda connection: put_start(connection, *key, told))
            self._known[key] = told
        return ""

    def _read(self, key: _Key) -> Start | None:
        with self._ledger.read() as connection:
            return known_start(connection, *key)
