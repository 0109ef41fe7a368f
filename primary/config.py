"""The primary's configuration: `primary.toml`. Every default stands beside what it governs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from primary.errors import ConfigError
from primary.names import FromOutside
from primary.validation import problems_of, toml_of
from replication.adapters.store_place import StoreSection

DATA_VARIABLE: Final = "HOLDFAST_PRIMARY_DATA"
"""Names the data folder where neither the file nor the command line does."""

Host = Annotated[str, Field(min_length=1, max_length=253)]
Port = Annotated[int, Field(ge=0, le=65535)]
"""0: any free port; the one taken then stands in `ports.json`."""


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
    """Where litestream writes the directory's files; docs/operations/distribution.md."""

    type: Literal["folder", "s3", "nats"] = "folder"


class PrimaryConfig(FromOutside):
    """All of `primary.toml`."""

    data_dir: Annotated[Path, Field(strict=False)] = Path("/var/lib/holdfast-primary")
    link: LinkConfig = LinkConfig()
    api: ApiConfig = ApiConfig()
    store: StoreConfig = StoreConfig()
    heartbeat_ms: Annotated[int, Field(ge=100, le=60_000)] = 5_000
    """Between heartbeats; a site calls its replica old after some of them."""

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
