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
from primary.store.postgres import PostgresAddress


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


def test_the_ledger_is_a_file_in_the_data_folder_until_a_url_is_given() -> None:
    config = load('data_dir = "/srv/holdfast"', {})

    assert config.ledger_place == Path("/srv/holdfast/ledger.db")


def test_the_ledgers_postgresql_is_named_without_its_password() -> None:
    config = load(
        'ledger_url = "postgresql://holdfast@db.hq.example:5433/holdfast?sslmode=verify-full"\n'
        'ledger_password_file = "/run/secrets/ledger"',
        {},
    )

    assert isinstance(config.ledger_place, PostgresAddress)
    assert str(config.ledger_place) == "postgresql://holdfast@db.hq.example:5433/holdfast"
    assert config.ledger_place.password_file == Path("/run/secrets/ledger")


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("postgresql://holdfast:hunter2@db/holdfast", "must not hold a password"),
        ("postgresql://db/holdfast?password=hunter2", "must not hold a password"),
        ("mysql://db/holdfast?hunter2", "must be like postgresql://user@host/database"),
        ("postgresql://db/holdfast?hunter2=1", "must be like postgresql://user@host:5432"),
    ],
)
def test_a_ledger_url_that_cannot_be_used_is_refused_and_not_repeated(
    url: str, advice: str
) -> None:
    with pytest.raises(ConfigError, match=advice) as wrong:
        load(f'ledger_url = "{url}"', {})

    assert "hunter2" not in str(wrong.value)
