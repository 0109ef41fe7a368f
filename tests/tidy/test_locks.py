from __future__ import annotations

import re
import tomllib

import pytest

from tests.tidy.source import ROOT

LOCKS = ("requirements.lock", "tools/build.lock")


def lock(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def canonical(requirement: str) -> str:
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name, requirement
    return re.sub(r"[-_.]+", "-", name.group()).lower()


@pytest.mark.parametrize("name", LOCKS)
def test_everything_is_pinned_by_version_and_checksum(name: str) -> None:
    entries = re.split(r"\n(?=\S)", lock(name).split("\n", 1)[1].strip())

    for entry in entries:
        assert re.match(r"[a-z0-9.-]+==[^ ]+ \\\n", entry), entry
        assert "--hash=sha256:" in entry, entry


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_package_host(name: str) -> None:
    assert not re.search(r"https?://|--index-url|--find-links", lock(name))


def test_every_dependency_of_the_project_file_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
    ]
    locked = {
        canonical(entry)
        for entry in re.findall(r"^[^# ].*==", lock("requirements.lock"), re.MULTILINE)
    }

    missing = {canonical(requirement) for requirement in wanted} - locked
    assert not missing, f"run tools/lock: {missing}"
