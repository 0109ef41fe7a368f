from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from tools.asset import fetch
from tools.console import StepError
from tools.pins import Asset

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTENT = b"a program" * 100_000


class Release(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/program" else 404)
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name is given
        pass


@pytest.fixture
def upstream() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Release) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_file_with_the_pinned_checksum_is_taken(upstream: str) -> None:
    pinned = hashlib.sha256(CONTENT).hexdigest()

    assert fetch(Asset(url=f"{upstream}/program", sha256=pinned)) == CONTENT


def test_a_file_with_another_checksum_is_refused(upstream: str) -> None:
    with pytest.raises(StepError, match="not used"):
        fetch(Asset(url=f"{upstream}/program", sha256="0" * 64))


def test_a_release_that_lacks_the_file_is_refused(upstream: str) -> None:
    with pytest.raises(StepError, match="could not be downloaded"):
        fetch(Asset(url=f"{upstream}/other", sha256="0" * 64))


def test_an_upstream_out_of_reach_is_given_up_soon() -> None:
    with pytest.raises(StepError, match="not reachable"):
        fetch(Asset(url="https://127.0.0.1:1/program", sha256="0" * 64))
