"""Versions, addresses and checksums of everything that is not in a Python lock."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file of an upstream release; `sha256` is of the file as downloaded."""

    url: str
    sha256: str


LITESTREAM_VERSION = "0.5.17"

TOXIPROXY_VERSION = "2.12.0"
TOXIPROXY_MODULE = f"github.com/Shopify/toxiproxy/v2/cmd/server@v{TOXIPROXY_VERSION}"
TOXIPROXY_GO_MIN = (1, 23)
"""From its go.mod."""

_TOXIPROXY = f"https://github.com/Shopify/toxiproxy/releases/download/v{TOXIPROXY_VERSION}"
TOXIPROXY_ASSETS = {
    "x86_64": Asset(
        url=f"{_TOXIPROXY}/toxiproxy-server-linux-amd64",
        sha256="556d891134a3c582dc1e1a3f7335fd55142e5965769855a00b944e13e48302fc",
    ),
    "aarch64": Asset(
        url=f"{_TOXIPROXY}/toxiproxy-server-linux-arm64",
        sha256="53e770c1c3035b5a9f1bc629fce537db1f95f62b26f4ebe6e756afd701cf077c",
    ),
}

VERSITYGW_VERSION = "1.8.0"
VERSITYGW_MODULE = f"github.com/versity/versitygw/cmd/versitygw@v{VERSITYGW_VERSION}"
VERSITYGW_GO_MIN = (1, 25)
"""From its go.mod."""

CRSQLITE_VERSION = "0.16.3"
CRSQLITE_PACKAGE = f"@vlcn.io/crsqlite@{CRSQLITE_VERSION}"
CRSQLITE_PACKAGE_SHA512 = (
    "d6b2b2951af62f25b993087f6ba6459afb7b9052be68a2c6933f7e3b5c3d1055"
    "5d1f5d5231483a31fbf14dfa1ccca0b26f7fc4e6abdd3a4d8d0d6fd98a7e8e8d"
)
CRSQLITE_RUST_MIN = (1, 75)
"""The source was written for the nightly of 1.75; tried with 1.95 and with Debian's 1.96."""

CRSQLITE_ASSETS = {
    "x86_64": Asset(
        url=(
            f"https://github.com/vlcn-io/cr-sqlite/releases/download/v{CRSQLITE_VERSION}"
            "/crsqlite-linux-x86_64.zip"
        ),
        sha256="8f6fd31a2be2ba8c3101aad067a504a2e63c8e9b51cc4ace786009c02e7ecbae",
    ),
}

DEBIAN_PROGRAMS = {
    "cupsd": "cups",
    "lp": "cups-client",
    "ipptool": "cups-ipp-utils",
    "ippeveprinter": "cups-ipp-utils",
    "avahi-daemon": "avahi-daemon",
    "dbus-daemon": "dbus",
    "slapd": "slapd",
    "cc": "build-essential",
    "initdb": "postgresql-15",
    "faketime": "faketime",
    "ip": "iproute2",
    "nsenter": "util-linux",
}
"""Program -> Debian package. `ippeveprinter` announces itself, so it needs avahi and dbus running;
`cc` builds the recorder of the power-cut tests; `faketime` brings the library that moves clocks;
`ip` (with `tc`) and `nsenter` are for live faults in network namespaces."""
