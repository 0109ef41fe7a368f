"""Builds the cr-sqlite extension from the source in its npm package.

The source was written for a nightly compiler of 2023. Two edits make it build, and behave, on a
stable one: the feature `concat_idents` is gone from Rust and was not used any more, and three
schema names reach SQLite's C interface as pointers, so they must end with a NUL. Each edit is
counted; a source that does not contain exactly the expected text is refused. The crate versions are
those of the Cargo.lock inside the package (`--locked`).
"""

import hashlib
import re
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools import debian
from tools.console import StepError, answer, run, say
from tools.pins import (
    CRSQLITE_PACKAGE,
    CRSQLITE_PACKAGE_SHA512,
    CRSQLITE_RUST_MIN,
    CRSQLITE_VERSION,
)

BOOKWORM = "12"
BUILD_PROGRAMS = {"npm": "npm", "gcc": "build-essential"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A text that must stand `times` times in a file, and what takes its place."""

    path: str
    old: str
    new: str
    times: int


EDITS = (
    Edit(
        path="rs/sqlite-rs-embedded/sqlite3_capi/src/lib.rs",
        old="#![feature(concat_idents)]\n",
        new="",
        times=1,
    ),
    Edit(
        path="rs/core/src/lib.rs",
        old='("main", args[0].text())',
        new='("main\\0", args[0].text())',
        times=3,
    ),
)


def build(environ: Mapping[str, str]) -> bytes:
    """The bytes of a freshly built `crsqlite.so`. Takes about half a minute on two cores."""
    _ensure_compilers(environ)
    with tempfile.TemporaryDirectory(prefix="holdfast-crsqlite-") as name:
        source = _unpacked(Path(name), environ)
        for edit in EDITS:
            apply(edit, source)
        for pin in source.rglob("rust-toolchain.toml"):
            pin.unlink()
        return _compiled(source, environ)


def apply(edit: Edit, source: Path) -> None:
    """Make one edit below `source`, or raise `StepError` when the text is not there as expected."""
    path = source / edit.path
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise StepError(f"the source of cr-sqlite has no {edit.path}") from error
    found = text.count(edit.old)
    if found != edit.times:
        raise StepError(
            f"{edit.path}: expected {edit.old.strip()!r} {edit.times} times, found it {found} "
            "times; the edits belong to another version of cr-sqlite"
        )
    path.write_text(text.replace(edit.old, edit.new), encoding="utf-8")


def rust_is_fit(version_text: str | None) -> bool:
    """Whether `rustc --version` names a compiler new enough for the source."""
    number = re.match(r"rustc (\d+)\.(\d+)", version_text or "")
    return number is not None and tuple(map(int, number.groups())) >= CRSQLITE_RUST_MIN


def wanted_packages(release: str, *, rust: bool, libclang: bool) -> list[str]:
    """Debian packages for what is missing. In Debian 12 only `cargo-web` is new enough."""
    old = release == BOOKWORM
    packages = []
    if not rust:
        packages.append("cargo-web" if old else "cargo")
    if not libclang:
        packages.append("libclang-14-dev" if old else "libclang-dev")
    return packages


def _ensure_compilers(environ: Mapping[str, str]) -> None:
    cargo = answer(["cargo", "--version"])
    rust = cargo is not None and rust_is_fit(answer(["rustc", "--version"]))
    packages = debian.missing_packages(BUILD_PROGRAMS, environ)
    packages += wanted_packages(debian.release(), rust=rust, libclang=_has_libclang(environ))
    if packages:
        why = "Building cr-sqlite needs npm, a C compiler, Rust and libclang, and some are missing"
        debian.install(packages, environ, why=why)


def _has_libclang(environ: Mapping[str, str]) -> bool:
    if environ.get("LIBCLANG_PATH"):
        return True
    folders = ("usr/lib/llvm-*/lib", "usr/lib/*-linux-gnu", "usr/lib64")
    return any(any(Path("/").glob(f"{folder}/libclang*.so*")) for folder in folders)


def _unpacked(folder: Path, environ: Mapping[str, str]) -> Path:
    run(
        f"npm pack {CRSQLITE_PACKAGE}",
        [
            "npm",
            "pack",
            "--ignore-scripts",
            "--silent",
            "--pack-destination",
            folder,
            CRSQLITE_PACKAGE,
        ],
        environ=environ,
        folder=folder,
        limit_s=180,
    )
    archives = list(folder.glob("*.tgz"))
    if len(archives) != 1:
        raise StepError(f"npm pack left {len(archives)} archives instead of one")
    content = archives[0].read_bytes()
    if hashlib.sha512(content).hexdigest() != CRSQLITE_PACKAGE_SHA512:
        raise StepError(f"{CRSQLITE_PACKAGE} is not the pinned archive (SHA-512): not used")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder)  # noqa: S202  its content is pinned
    return folder / "package"


def _compiled(source: Path, environ: Mapping[str, str]) -> bytes:
    crate = source / "rs" / "bundle_static"
    target = source / "target"
    run(
        "cargo build cr-sqlite (20 s to 2 minutes)",
        ["cargo", "build", "--release", "--locked", "--features", "loadable_extension"],
        environ={
            **environ,
            "RUSTC_BOOTSTRAP": "1",
            "CRSQLITE_COMMIT_SHA": f"npm-{CRSQLITE_VERSION}",
            "CARGO_TARGET_DIR": str(target),
            "CARGO_TERM_COLOR": "never",
        },
        folder=crate,
    )
    library = source / "crsqlite.so"
    sources = [f"src/{name}.c" for name in ("crsqlite", "changes-vtab", "ext-data")]
    rust_part = target / "release" / "libcrsql_bundle_static.a"
    flags = ["-O2", "-std=c99", "-fPIC", "-shared", "-Isrc", "-Isrc/sqlite"]
    run(
        "gcc: linking cr-sqlite", ["gcc", *flags, *sources, rust_part, "-o", library], folder=source
    )
    say(f"  cr-sqlite: built, {library.stat().st_size} bytes")
    return library.read_bytes()
