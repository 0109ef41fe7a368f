import os
import socket
from pathlib import Path

from primary import config, doctor
from primary.pki import CertificateAuthority
from replication.adapters.system_clock import SystemClock
from replication.testing import ManualClock

YEAR_MS = 365 * 86_400_000


def test_everything_a_primary_stands_on_is_looked_at(tmp_path: Path) -> None:
    settings = config.load(
        f'data_dir = "{tmp_path}"\nlink.listen_host = "127.0.0.1"\nlink.port = 0\napi.port = 0', {}
    )

    found = {one.name: one for one in doctor.look(settings, os.environ)}

    assert {name for name, one in found.items() if one.required} == {
        "python",
        "pysqlite3",
        "litestream",
        "cr-sqlite",
        "disk",
        "clock",
        "open files",
        "ledger",
        "port 0",
    }
    missing = [f"{one.name}: {one.hint}" for one in found.values() if not one.found]
    assert missing == ["certificates: none yet: holdfast-primary run makes them"]


def test_a_port_that_the_running_primary_holds_is_no_fault(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = config.load(
            f'data_dir = "{tmp_path}"\n'
            f'link.listen_host = "127.0.0.1"\nlink.port = {port}\napi.port = 0',
            {},
        )
        stranger = {one.name: one for one in doctor.look(settings, os.environ)}
        (tmp_path / "ports.json").write_text("{}")
        own = {one.name: one for one in doctor.look(settings, os.environ)}

    assert not stranger[f"port {port}"].found
    assert own[f"port {port}"].found


def test_certificates_that_end_soon_are_told_with_what_to_do(tmp_path: Path) -> None:
    settings = config.load(f'data_dir = "{tmp_path}"', {})
    now_ms = SystemClock().wall_ms()
    CertificateAuthority(tmp_path / "pki", SystemClock()).server_files([])
    assert "server 729 days" in doctor.certificates(settings).version
    (tmp_path / "pki" / "server.cert.pem").unlink()
    CertificateAuthority(tmp_path / "pki", ManualClock(wall_ms=now_ms - 2 * YEAR_MS)).server_files(
        []
    )
    assert "start the primary" in doctor.certificates(settings).hint
    (tmp_path / "pki" / "server.cert.pem").write_text("damaged")
    assert "backup" in doctor.certificates(settings).hint
