"""The configuration is checked as a whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from failure_modes.accrual import AccrualTiming
from failure_modes.link import LinkTiming
from failure_modes.offline_log import LogLimits
from site_server.config import (
    DATA_VARIABLE,
    AccrualSection,
    Config,
    Limits,
    LinkSection,
    Listen,
    OfflineLogSection,
    Primary,
    Role,
    Secondary,
    Times,
    for_folder,
    load,
)
from site_server.config_branch_directory import BranchDirectorySection
from site_server.config_source import SourceSection
from site_server.errors import ConfigError

EXAMPLE = Path(__file__).parents[3] / "site_server" / "example" / "site.toml"
WHOLE = """
data_dir = "/var/lib/holdfast"

[listen]
host = "127.0.0.1"
device_port = 0
ipp_port = 0

[primary]
host = "wan.example"
port = 17300

[link]
beat_ms = 100
offline_ms = 500
good_window_ms = 1000

[limits]
jobs_max = 5
free_bytes_min = 0

[times]
hold_ms = 60000
"""


def test_what_is_not_said_has_a_default() -> None:
    config = load('data_dir = "/data"', {})
    assert config == Config(data_dir=Path("/data"))
    assert (config.listen.device_port, config.listen.ipp_port) == (7310, 8631)
    assert (config.limits.jobs_max, config.times.hold_ms) == (10_000, 14_400_000)
    assert config.link.timing() == LinkTiming()


def test_every_setting_can_be_said() -> None:
    config = load(WHOLE, {})
    assert (config.primary.host, config.primary.port) == ("wan.example", 17300)
    assert config.link.timing().offline_ms == 500
    assert config.limits.jobs_max == 5


BRANCH = """
[branch_directory]
url = "{url}"
user_dn = "uid={{user_name}},ou=people"
"""


@pytest.mark.parametrize(
    ("url", "more", "address"),
    [
        ("ldaps://dir.example", "", (True, "dir.example", 636)),
        ("ldaps://dir.example:1636/", "", (True, "dir.example", 1636)),
        ("ldap://dir.example", "starttls = true", (False, "dir.example", 389)),
        ("ldap://127.0.0.1:3890", "", (False, "127.0.0.1", 3890)),
        ("ldap://[::1]", "", (False, "::1", 389)),
        ("ldap://localhost", "", (False, "localhost", 389)),
    ],
)
def test_a_directory_of_the_branch_is_reached_over_tls_or_on_this_machine(
    url: str, more: str, address: tuple[bool, str, int]
) -> None:
    section = load(BRANCH.format(url=url) + more, {}).branch_directory
    assert section is not None
    found = section.address
    assert (found.is_ldaps, found.host, found.port) == address


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BRANCH.format(url="ldap://dir.example"), "passwords would travel in clear"),
        (BRANCH.format(url="ldap://10.0.0.5"), "passwords would travel in clear"),
        (BRANCH.format(url="ldaps://dir.example") + "starttls = true", "leave starttls out"),
        (BRANCH.format(url="http://dir.example"), "ldaps:// or ldap://"),
        (BRANCH.format(url="ldaps://dir.example/dc=x"), "without a path"),
        (BRANCH.format(url="ldaps://"), "ldaps:// or ldap://"),
        (BRANCH.format(url="ldaps://dir.example:x"), "branch_directory"),
        ('[branch_directory]\nurl = "ldaps://d"\nuser_dn = "uid=ada"', "needs {user_name}"),
        (BRANCH.format(url="ldaps://d") + "timeout_ms = 1", "timeout_ms"),
        (BRANCH.format(url="ldaps://d") + 'password = "x"', "there is no such setting"),
    ],
)
def test_a_directory_to_which_passwords_must_not_go_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(text, {})
    assert said in str(refused.value)


def test_the_folder_may_come_from_the_command_line_or_the_environment() -> None:
    assert for_folder("/a", {DATA_VARIABLE: "/b"}).data_dir == Path("/a")
    assert for_folder(None, {DATA_VARIABLE: "/b"}).data_dir == Path("/b")
    assert load("", {DATA_VARIABLE: "/b"}).data_dir == Path("/b")


def test_all_errors_are_said_at_once() -> None:
    text = """
    colour = "blue"
    [listen]
    ports = 1
    device_port = 70000
    [limits]
    jobs_max = "many"
    [link]
    offline_ms = 1
    """
    with pytest.raises(ConfigError) as error:
        load(text, {})
    places = [problem.split(":")[0] for problem in error.value.problems]
    assert places == [
        "listen.device_port",
        "listen.ports",
        "link",
        "limits.jobs_max",
        "colour",
    ]
    assert "offline_ms: at least (lost_beats + 1) x beat_ms" in str(error.value)


def test_the_role_may_come_from_the_command_line_or_the_file() -> None:
    assert load("", {}).role is Role.SITE
    assert load('role = "secondary"', {}).as_role(None).role is Role.SECONDARY
    assert load("", {}).as_role("secondary").role is Role.SECONDARY


def test_a_secondary_is_told_whom_to_ask_and_how_long_its_log_may_grow() -> None:
    config = load(
        '[secondary]\nask = ["https://oslo.example:7311"]\n[offline_log]\nrecords_max = 5', {}
    )
    assert config.secondary.ask == ["https://oslo.example:7311"]
    assert config.offline_log.limits() == LogLimits(records_max=5)


@pytest.mark.parametrize(
    "address", ["oslo", "http://oslo:7311", "https://", "https://oslo:7311/x", "https://oslo:port"]
)
def test_who_is_asked_is_a_node_port(address: str) -> None:
    with pytest.raises(ConfigError, match=r"secondary\.ask"):
        load(f'[secondary]\nask = ["{address}"]', {})


def test_bounds_that_cannot_be_are_all_named() -> None:
    with pytest.raises(ConfigError, match=r"offline_log: .*records_max.*clear_percent"):
        load("[offline_log]\nrecords_max = 0\nclear_percent = 90", {})


def test_a_text_that_is_not_toml_is_one_error() -> None:
    with pytest.raises(ConfigError, match="not TOML"):
        load("data_dir = ", {})


def test_the_example_says_every_default() -> None:
    text = EXAMPLE.read_text("utf-8")
    assert load(text, {}) == Config()
    said = set(re.findall(r"^#? ?(\w+) = ", text, re.MULTILINE))
    nodes = (Secondary, OfflineLogSection, BranchDirectorySection)
    link = (Primary, SourceSection, LinkSection, AccrualSection)
    sections = (Listen, *link, Limits, Times, *nodes)
    settings = {"role", "data_dir"}.union(*(section.model_fields for section in sections))
    assert said == settings - {"accrual"}


def test_the_rhythm_of_the_link_can_be_tuned_down_to_its_floor() -> None:
    timing = load("[link.accrual]\ndeviation_floor_ms = 400\nphi_suspected = 12", {}).link.timing()
    assert timing.accrual == AccrualTiming(deviation_floor_ms=400, phi_suspected=12)
    assert timing.beat_ms == LinkTiming().beat_ms


def test_all_that_is_wrong_with_the_link_and_its_rhythm_is_said_at_once() -> None:
    text = """
    [link]
    beat_ms = 0
    [link.accrual]
    window = 5
    deviation_floor_ms = 0
    phi_suspected = 400
    """
    with pytest.raises(ConfigError) as error:
        load(text, {})
    (problem,) = error.value.problems
    for said in (
        "accrual: 1 <= intervals_min <= window",
        "accrual: deviation_floor_ms: at least 1 ms",
        "accrual: phi_suspected: from 1 to 300",
        "beat_ms: at least 1 ms",
    ):
        assert said in problem
    with pytest.raises(ConfigError, match=r"link\.accrual\.phi: there is no such setting"):
        load("[link.accrual]\nphi = 8", {})
