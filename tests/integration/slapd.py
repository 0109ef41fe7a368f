"""A real OpenLDAP server on loopback: a folder, a process, a certificate of its own CA."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.integration.loopback_certificate import write_certificates
from tools.debian import DAEMON_PATH

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

READY_S = 20
BASE = "dc=oslo,dc=example"
USER_DN = f"uid={{user_name}},ou=people,{BASE}"

_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
argsfile {folder}/slapd.args
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
database mdb
maxsize 10485760
suffix "dc=oslo,dc=example"
directory {folder}/data
"""
_TREE = """
dn: dc=oslo,dc=example
objectClass: dcObject
objectClass: organization
o: Oslo
dc: oslo

dn: ou=people,dc=oslo,dc=example
objectClass: organizationalUnit
ou: people
"""


@dataclass(frozen=True, slots=True)
class Slapd:
    """A running directory, and whom to trust about it."""

    folder: Path
    process: asyncio.subprocess.Process
    ldap_port: int
    ldaps_port: int

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


def program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{DAEMON_PATH}")
    assert found, f"{name} is missing: apt-get install -y --no-install-recommends slapd"
    return found


@asynccontextmanager
async def slapd(folder: Path, people: Mapping[str, str]) -> AsyncIterator[Slapd]:
    """A directory of these people, by user name, with their passwords."""
    folder.mkdir(exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    write_certificates(folder, "127.0.0.1")
    config, tree = folder / "slapd.conf", folder / "tree.ldif"
    config.write_text(_CONFIG.format(folder=folder))
    tree.write_text(_TREE + "".join(_entry(name, people[name]) for name in people))
    if not list((folder / "data").iterdir()):
        await _run(program("slapadd"), "-f", str(config), "-l", str(tree))
    ldap_port, ldaps_port = free_port(), free_port()
    process = await asyncio.create_subprocess_exec(
        program("slapd"),
        *("-d", "0", "-f", str(config)),
        *("-h", f"ldap://127.0.0.1:{ldap_port} ldaps://127.0.0.1:{ldaps_port}"),
    )
    running = Slapd(folder, process, ldap_port, ldaps_port)
    try:
        await _listens(running)
        yield running
    finally:
        await running.stop()


def free_port() -> int:
    """A port that was free a moment ago: slapd cannot say which one it took by itself."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _entry(user_name: str, password: str) -> str:
    escaped = "".join(f"\\{each:02x}" for each in user_name.encode())
    return (
        f"\ndn: uid={escaped},ou=people,{BASE}\nobjectClass: inetOrgPerson\n"
        f"uid: {user_name}\ncn: {user_name}\nsn: {user_name}\n"
        + (f"userPassword: {password}\n" if password else "")
    )


async def _run(*argv: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode(errors="replace")


async def _listens(running: Slapd) -> None:
    async with asyncio.timeout(READY_S):
        while not await _answers(running.ldaps_port):
            assert running.process.returncode is None, "slapd ended at its start"


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
