"""The site's configuration: a TOML text, checked as a whole before anything starts.

Every bound of the site stands here with its unit and the reason for its value. Secrets are never in
this file: they lie in the data folder (`identity/`, `admin.key`), for the server's user alone.
"""

from __future__ import annotations

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    model_validator,
)
from yarl import URL

from failure_modes.accrual import AccrualTiming
from failure_modes.errors import PolicyError
from failure_modes.link import LinkTiming
from failure_modes.offline_log import LogLimits
from site_server.config_branch_directory import BranchDirectorySection
from site_server.config_section import Section
from site_server.config_source import SourceSection
from site_server.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

DATA_VARIABLE: Final = "HOLDFAST_SITE_DATA"
"""Names the data folder where neither the file nor the command line does."""
DEFAULT_TIMING: Final = LinkTiming()
MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

DEFAULT_LOG: Final = LogLimits()


def _node_address(text: str) -> str:
    try:
        url = URL(text)
        is_good = url.scheme == "https" and bool(url.host) and url.port is not None
    except ValueError as error:
        raise ValueError(f"not an address: {error}") from error
    if not is_good or url.path not in {"", "/"} or url.query_string:
        raise ValueError("must be https://HOST:PORT, the node port of a site server")
    return text


class Role(StrEnum):
    """What this server is."""

    SITE = "site"
    """A site server: it has a replica and decides by itself."""
    SECONDARY = "secondary"
    """A print server without a replica: it asks the primary or a site server."""


Port = Annotated[int, Field(ge=0, le=65_535)]
NodeAddress = Annotated[str, Field(max_length=300), AfterValidator(_node_address)]
Host = Annotated[str, Field(min_length=1, max_length=255)]


class Limits(Section):
    """The bounds. At each of them there is a clear refusal before anything is accepted."""

    jobs_max: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    """Jobs that are not done: a row of 1 kB each; field reports call 1,500 a red flag elsewhere."""
    incoming_max: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    """Jobs made by Create-Job whose document has not come; they live in memory only."""
    uploads_max: Annotated[int, Field(ge=1, le=10_000)] = 64
    """Documents that arrive at the same time; each has a file open."""
    sessions_max: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    """People logged in at panels: more than any branch has panels."""
    copies_per_session_max: Annotated[int, Field(ge=1, le=1_000)] = 10
    """Copy sessions open in one login."""
    deliveries_max: Annotated[int, Field(ge=1, le=100_000)] = 500
    """Jobs on their way to printers, waiting ones included; each costs a task and a few kB."""
    per_printer_max: Annotated[int, Field(ge=1, le=100)] = 1
    """Of these at one printer: one keeps the order of release, and many answer `busy` to two."""
    counters: Annotated[int, Field(ge=1, le=64)] = 2
    """Documents that are counted at the same time."""
    document_bytes_max: Annotated[int, Field(ge=1)] = 1024**3
    """Of one document: 1 GiB, what cloud print services take too."""
    free_bytes_min: Annotated[int, Field(ge=0)] = 64 * 1024**2
    """Of the spool's disk: below it no document is taken, so that the journal can go on."""
    card_claims_max: Annotated[int, Field(ge=1, le=100_000)] = 1_000
    """Cards that people registered here and that are not settled: a row of 0.3 kB in memory too."""
    card_claims_per_user_max: Annotated[int, Field(ge=1, le=100)] = 3
    """Of these per person: a card, its replacement, and one more for a mistake."""
    jobs_per_list_max: Annotated[int, Field(ge=1, le=10_000)] = 200
    """Jobs in one answer at a panel: about 10 ms of the server's time."""
    accounts_per_list_max: Annotated[int, Field(ge=1, le=10_000)] = 200
    """Shared accounts in one answer at a panel: more than anybody scrolls through."""


class Times(Section):
    """How long things may last."""

    hold_ms: Annotated[int, Field(ge=1_000, le=365 * DAY_MS)] = 4 * HOUR_MS
    """A job that nobody releases: four hours is the usual time in offices."""
    session_idle_ms: Annotated[int, Field(ge=1_000, le=DAY_MS)] = 3 * MINUTE_MS
    """A login that is not used: three minutes is the usual time at panels."""
    copy_open_ms: Annotated[int, Field(ge=MINUTE_MS, le=30 * DAY_MS)] = DAY_MS
    """A copy session whose pages no copier reports gives its credit back after this time."""
    incoming_ms: Annotated[int, Field(ge=1_000, le=DAY_MS)] = 2 * MINUTE_MS
    """A created job whose document does not come (IPP's multiple-operation-time-out)."""
    ended_kept_ms: Annotated[int, Field(ge=MINUTE_MS, le=365 * DAY_MS)] = 7 * DAY_MS
    """The row of a job, login or copy session that is over; the journal keeps the story.

    A filter for duplicates sees no further back than this, so it has to be as long as the filter's
    time.
    """
    tick_ms: Annotated[int, Field(ge=100, le=10 * MINUTE_MS)] = 5_000
    """How often the site looks for what has run out."""


class Listen(Section):
    """Where the site answers. Port 0 means any free one; `ports.json` says which."""

    host: Host = "0.0.0.0"  # noqa: S104 - panels and computers of the branch must reach it
    device_port: Port = 7310
    ipp_port: Port = 8631
    node_port: Port | None = None
    """Where this site answers secondaries, over mutual TLS; without one it answers none."""
    ipps_port: Port = 8632
    """IPP over TLS, the only one over which passwords are taken. IPPS has the number of IPP (631,
    RFC 7472), which is no help here: one port that speaks both would have to guess at the first
    byte, and numbers below 1024 need root."""


class Primary(Section):
    """Where headquarters is, if not where the join token said."""

    host: Host | None = None
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None


class AccrualSection(Section):
    """When a silence is suspicious; see `failure_modes.accrual.AccrualTiming`."""

    window: int = DEFAULT_TIMING.accrual.window
    intervals_min: int = DEFAULT_TIMING.accrual.intervals_min
    deviation_floor_ms: int = DEFAULT_TIMING.accrual.deviation_floor_ms
    interval_max_ms: int = DEFAULT_TIMING.accrual.interval_max_ms
    phi_suspected: int = DEFAULT_TIMING.accrual.phi_suspected


class LinkSection(Section):
    """When the link counts as down and as up again; see `failure_modes.link.LinkTiming`."""

    beat_ms: int = DEFAULT_TIMING.beat_ms
    lost_beats: int = DEFAULT_TIMING.lost_beats
    offline_ms: int = DEFAULT_TIMING.offline_ms
    good_beats: int = DEFAULT_TIMING.good_beats
    good_window_ms: int = DEFAULT_TIMING.good_window_ms
    backlog_max: int = DEFAULT_TIMING.backlog_max
    replica_age_max_ms: int = DEFAULT_TIMING.replica_age_max_ms
    hold_down_first_ms: int = DEFAULT_TIMING.hold_down_first_ms
    hold_down_max_ms: int = DEFAULT_TIMING.hold_down_max_ms
    calm_ms: int = DEFAULT_TIMING.calm_ms

    accrual: AccrualSection = AccrualSection()
    bytes_per_s_max: Annotated[int, Field(ge=8_000, le=10_000_000_000)] | None = None
    """What downloads of the directory may take of the line; None: all. The panels' questions to
    other sites, the journal and the beats are not counted."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        """Say everything that does not fit at once, in this section and the one below it."""
        problems: list[str] = []
        try:
            self._accrual()
        except PolicyError as error:
            problems += (f"accrual: {problem}" for problem in error.problems)
        try:
            LinkTiming(**self._numbers())
        except PolicyError as error:
            problems += error.problems
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def timing(self) -> LinkTiming:
        """The same numbers as the link watcher takes them."""
        return LinkTiming(**self._numbers(), accrual=self._accrual())

    def _accrual(self) -> AccrualTiming:
        return AccrualTiming(**self.accrual.model_dump())

    def _numbers(self) -> dict[str, Any]:
        return self.model_dump(exclude={"accrual", "bytes_per_s_max"})


class Secondary(Section):
    """Whom a secondary asks, after headquarters, and how patiently."""

    ask: list[NodeAddress] = Field(default_factory=list, max_length=8)
    """The node ports of site servers, in this order: https://HOST:PORT."""
    primary_ms: Annotated[int, Field(ge=50, le=MINUTE_MS)] = 1_000
    """For headquarters' answer: ten round trips of a bad WAN; a person waits for it."""
    site_server_ms: Annotated[int, Field(ge=50, le=MINUTE_MS)] = 1_000
    down_ms: Annotated[int, Field(ge=0, le=10 * MINUTE_MS)] = 5_000
    """A node that did not answer is left alone so long: a queue of jobs waits for it once."""
    refresh_ms: Annotated[int, Field(ge=1_000, le=DAY_MS)] = 30_000
    """How often it asks for its own queues and printers; answers about a job tell them too."""
    users_max: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    """Users of whom it remembers whether they are restricted: 200 bytes each."""


class OfflineLogSection(Section):
    """The bounds of a secondary's offline log; see `failure_modes.offline_log.LogLimits`."""

    records_max: int = DEFAULT_LOG.records_max
    bytes_max: int = DEFAULT_LOG.bytes_max
    alarm_percent: int = DEFAULT_LOG.alarm_percent
    clear_percent: int = DEFAULT_LOG.clear_percent

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        try:
            self.limits()
        except PolicyError as error:
            raise ValueError("; ".join(error.problems)) from error
        return self

    def limits(self) -> LogLimits:
        """The same numbers as the log takes them."""
        return LogLimits(**self.model_dump())


class Config(Section):
    """Everything that one site server is told."""

    role: Annotated[Role, Field(strict=False)] = Role.SITE
    data_dir: Annotated[Path, Field(strict=False)] = Path("/var/lib/holdfast-site")
    listen: Listen = Listen()
    primary: Primary = Primary()
    link: LinkSection = LinkSection()
    source: SourceSection = SourceSection()
    limits: Limits = Limits()
    times: Times = Times()
    secondary: Secondary = Secondary()
    offline_log: OfflineLogSection = OfflineLogSection()

    def as_role(self, role: str | None) -> Config:
        """The same in the role that the command line names; None names none."""
        return self if role is None else self.model_copy(update={"role": Role(role)})

    branch_directory: BranchDirectorySection | None = None


def load(text: str, environ: Mapping[str, str]) -> Config:
    """The configuration that `text` (TOML) holds. Errors: `ConfigError` with every problem."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"not TOML: {error}"]) from error
    return _validated({**_from_environ(environ), **document})


def for_folder(data_dir: str | None, environ: Mapping[str, str]) -> Config:
    """The defaults for this data folder. Errors: `ConfigError`."""
    named = {} if data_dir is None else {"data_dir": data_dir}
    return _validated({**_from_environ(environ), **named})


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    named = environ.get(DATA_VARIABLE)
    return {"data_dir": named} if named else {}


def _validated(document: dict[str, Any]) -> Config:
    try:
        return Config.model_validate(document)
    except ValidationError as error:
        raise ConfigError([_problem(each) for each in error.errors()]) from error


def _problem(error: ErrorDetails) -> str:
    place = ".".join(map(str, error["loc"]))
    match error["type"]:
        case "extra_forbidden":
            said = "there is no such setting; remove it or correct its name"
        case _:
            said = error["msg"]
    return f"{place}: {said}"
