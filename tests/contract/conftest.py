"""One PostgreSQL for all contract tests; each ledger gets a database of its own."""

import asyncio
from collections.abc import Iterator

import pytest

from chaos.live.postgres import Postgres, postgres, postgres_folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres_folder() as folder, asyncio.Runner() as runner:
        running = postgres(folder)
        server = runner.run(running.__aenter__())
        try:
            yield server
        finally:
            runner.run(running.__aexit__(None, None, None))
