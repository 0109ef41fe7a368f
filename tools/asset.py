"""Files of an upstream release, taken only when their SHA-256 is the pinned one.

Many networks cut such downloads off, some without a word, and a name lookup has no time limit of
its own. So a child process tries the connection first and is killed after a few seconds; only then
is the file fetched, with a limit on silence, on the whole and on size.
"""

import hashlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from tools.console import StepError, say
from tools.pins import Asset

CONNECT_S = 4
SILENCE_S = 10
WHOLE_S = 180
SIZE_BYTES_MAX = 64 * 1024 * 1024
CHUNK_BYTES = 256 * 1024
HTTPS_PORT = 443

_CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2]))).close()"


def fetch(asset: Asset) -> bytes:
    """The file's bytes; `StepError` when it cannot be had or is not the pinned one."""
    name = asset.url.rpartition("/")[2]
    say(f"  {name}: asking {urlsplit(asset.url).hostname} (at most {CONNECT_S} s)")
    if not _reachable(asset.url):
        raise StepError(f"{urlsplit(asset.url).hostname} is not reachable")
    say(f"  {name}: downloading")
    content = _download(asset.url)
    found = hashlib.sha256(content).hexdigest()
    if found != asset.sha256:
        raise StepError(f"{name} has SHA-256 {found}, not the pinned {asset.sha256}: not used")
    return content


def _reachable(url: str) -> bool:
    proxy = urllib.request.getproxies().get("https", "")
    way = urlsplit(proxy if "://" in proxy else url)
    target = [str(way.hostname), str(way.port or HTTPS_PORT)]
    try:
        attempt = subprocess.run(
            [sys.executable, "-c", _CONNECT, *target],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=CONNECT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return attempt.returncode == 0


def _download(url: str) -> bytes:
    deadline_s = time.monotonic() + WHOLE_S
    content = bytearray()
    try:
        with urllib.request.urlopen(url, timeout=SILENCE_S) as response:  # noqa: S310  pinned https
            while chunk := response.read(CHUNK_BYTES):
                content += chunk
                if len(content) > SIZE_BYTES_MAX or time.monotonic() > deadline_s:
                    raise StepError(f"{url} is too large or too slow")
    except (urllib.error.URLError, OSError) as error:
        raise StepError(f"{url} could not be downloaded: {error}") from error
    return bytes(content)
