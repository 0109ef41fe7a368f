"""The primary's configuration: `primary.toml`. Every default stands beside what it governs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, Field, ValidationError

from primary.errors import ConfigError
from primary.names import FromOutside
from primary.store.ledger import LEDGER_FILE, Place
from primary.store.postgres import PostgresAddress
from primary.validation import problems_of, toml_of
from replication.adapters.store_place import StoreSection
from replication.schema.directory import BACKUP_WINDOW_MS

DATA_VARIABLE: Final = "HOLDFAST_PRIMARY_DATA"
"""Names the data folder where neither the file nor the command line does."""
DAY_MS: Final = 86_400_000

Host = Annotated[str, Field(min_length=1, max_length=253)]
Port = Annotated[int, Field(ge=0, le=65535)]
"""0: any free port; the one taken then stands in `ports.json`."""


def _ledger_url(url: str) -> str:
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("must be like postgresql://user@host/database; leave it out for SQLite")
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        # libpq's own words may quote the URL, and somebody may have put a password into it.
        raise ValueError("must be like postgresql://user@host:5432/database") from error
    if "password" in parts:
        raise ValueError(
            "must not hold a password: put it into a file and name that in ledger_password_file"
        )
    return url


LedgerUrl = Annotated[str, Field(max_length=1024), AfterValidator(_ledger_url)]


class LinkConfig(FromOutside):
    """Where the sites come in."""

    listen_host: Host = "0.0.0.0"  # noqa: S104 - the sites come from everywhere; TLS lets in ours only
    port: Port = 7300
    public_host: Host = "localhost"
    """What sites dial and verify: it goes into the certificate and into join tokens."""
    public_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """What sites dial, where it is not `port` itself."""


class ApiConfig(FromOutside):
    """Where administrators and programs come in."""

    listen_host: Host = "127.0.0.1"
    """This machine only, until somebody says otherwise."""
    port: Port = 7301
    public_hosts: Annotated[tuple[Host, ...], Field(max_length=16)] = ()
    """Further names of this machine, for the certificate."""


class StoreConfig(StoreSection):
    """Where litestream writes the files of the directory, and how much of them is kept.

    See docs/operations/distribution.md and replica.md.
    """

    type: Literal["folder", "s3", "nats"] = "folder"
    keep_ms_max: Annotated[int, Field(ge=3_600_000, le=31_536_000_000)] = 604_800_000
    """A week. A site that was away for longer starts from a snapshot."""
    keep_bytes_max: Annotated[int, Field(ge=1_000_000)] = 10_737_418_240
    """10 GiB: a hundred times the snapshot of a million users, on the smallest disk in use."""
    free_bytes_min: Annotated[int, Field(ge=0)] = 268_435_456
    """256 MiB beside the store: an hour of ledger, and room for the next snapshot."""


class PrimaryConfig(FromOutside):
    """All of `primary.toml`."""

    data_dir: Annotated[Path, Field(strict=False)] = Path("/var/lib/holdfast-primary")
    link: LinkConfig = LinkConfig()
    api: ApiConfig = ApiConfig()
    store: StoreConfig = StoreConfig()
    heartbeat_ms: Annotated[int, Field(ge=100, le=60_000)] = 5_000
    """Between heartbeats; a site calls its replica old after some of them."""

    backup_window_days: Annotated[int, Field(ge=1, le=3650)] = BACKUP_WINDOW_MS // DAY_MS
    """The oldest backup that this primary may be restored from. Sites keep their journals for so
    long, and feed a restored primary again; from an older backup it would lack what they pruned."""

    @property
    def backup_window_ms(self) -> int:
        """The same in ms."""
        return self.backup_window_days * DAY_MS

    ledger_url: LedgerUrl | None = None
    """The ledger's PostgreSQL; without it the ledger is `ledger.db` in the data folder."""
    ledger_password_file: Annotated[Path, Field(strict=False)] | None = None
    """Else libpq looks itself: ~/.pgpass, a client certificate, the server's own rules."""

    ledger_store: bool = False
    """Have a second litestream keep `ledger.db` in `ledger-store`: about twice its size."""

    @property
    def ledger_place(self) -> Place:
        """Where the ledger is."""
        if self.ledger_url is None:
            return self.data_dir / LEDGER_FILE
        return PostgresAddress(url=self.ledger_url, password_file=self.ledger_password_file)

    @property
    def certificate_hosts(self) -> tuple[str, ...]:
        """Every name by which this primary is called."""
        return tuple(dict.fromkeys((self.link.public_host, *self.api.public_hosts)))


def load(text: str, environ: Mapping[str, str]) -> PrimaryConfig:
    """The configuration that `text` (TOML) holds. Errors: `ConfigError` with every problem."""
    return _validated({**_from_environ(environ), **toml_of(text)})


def for_folder(data_dir: str | None, environ: Mapping[str, str]) -> PrimaryConfig:
    """The defaults for this data folder. Errors: `ConfigError`."""
    named: dict[str, Any] = {} if data_dir is None else {"data_dir": data_dir}
    return _validated({**_from_environ(environ), **named})


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    named = environ.get(DATA_VARIABLE)
    return {"data_dir": named} if named else {}


def _validated(document: dict[str, Any]) -> PrimaryConfig:
    try:
        return PrimaryConfig.model_validate(document)
    except ValidationError as error:
        raise ConfigError(problems_of(error, PrimaryConfig)) from error
