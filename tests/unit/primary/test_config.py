from pathlib import Path

import pytest

from primary.config import (
    DATA_VARIABLE,
    ApiConfig,
    LinkConfig,
    PrimaryConfig,
    StoreConfig,
    for_folder,
    load,
)
from primary.errors import ConfigError


def test_a_folder_is_all_that_must_be_said() -> None:
    config = for_folder("/srv/holdfast", {})

    assert config.data_dir == Path("/srv/holdfast")
    assert (config.link.port, config.api.port) == (7300, 7301)
    assert config.api.listen_host == "127.0.0.1"
    assert config == load('data_dir = "/srv/holdfast"', {})


def test_the_environment_names_the_folder_where_nothing_else_does() -> None:
    environ = {DATA_VARIABLE: "/srv/a"}

    assert for_folder(None, environ).data_dir == Path("/srv/a")
    assert for_folder("/srv/b", environ).data_dir == Path("/srv/b")
    assert load("", environ).data_dir == Path("/srv/a")
    assert load('data_dir = "/srv/c"', environ).data_dir == Path("/srv/c")


def test_every_problem_is_told_at_once_with_its_place() -> None:
    text = """
    colour = true
    heartbeat_ms = 5
    [link]
    prot = 7300
    port = 70000
    [api]
    listen_host = ""
    """

    with pytest.raises(ConfigError) as wrong:
        load(text, {})

    places = sorted(problem.partition(":")[0] for problem in wrong.value.problems)
    assert places == [
        "api.listen_host",
        "colour",
        "heartbeat_ms",
        "link.port",
        "link.prot",
    ]


def test_an_unknown_key_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"known: listen_host, port, public_host, public_port"):
        load('data_dir = "/x"\n[link]\nprot = 1', {})


def test_a_text_that_is_no_toml_says_where() -> None:
    with pytest.raises(ConfigError, match=r"This is not TOML: .*line 2"):
        load("# one\ndata_dir = = 1", {})


def test_every_name_of_the_primary_goes_into_its_certificate() -> None:
    config = load(
        'data_dir = "/x"\nlink.public_host = "hq"\napi.public_hosts = ["admin", "hq"]', {}
    )

    assert config.certificate_hosts == ("hq", "admin")


def test_the_example_says_the_defaults() -> None:
    example = Path(__file__).parents[3] / "primary" / "example" / "primary.toml"

    config = load(example.read_text("utf-8"), {})

    assert config == for_folder(None, {})
    for section in (PrimaryConfig, LinkConfig, ApiConfig, StoreConfig):
        assert all(key in example.read_text("utf-8") for key in section.model_fields)
