"""What the site reads from its replica."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from failure_modes.policy import Policy
from failure_modes.vocabulary import CreditPolicy, HoldMode, Layer, ProviderMode
from replication.schema import directory as schema
from replication.testing import ManualClock
from site_server.store.directory import Directory
from site_server.testing import DirectoryFile
from tests.unit.site_server.a_site import HELD, PRICE_MICROS, PRINTER, SITE, fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from site_server.store.directory import Snapshot

NOW_MS: Final = ManualClock().wall_ms()


@pytest.fixture
def replica(tmp_path: Path) -> Iterator[DirectoryFile]:
    replica = DirectoryFile(tmp_path / "replica.db")
    fill(replica)
    yield replica
    replica.close()


@pytest.fixture
def snapshot(replica: DirectoryFile) -> Iterator[Snapshot]:
    with Directory(replica, SITE).read() as snapshot:
        assert snapshot is not None
        yield snapshot


def test_without_a_replica_there_is_no_snapshot(replica: DirectoryFile) -> None:
    replica.ready = False
    with Directory(replica, SITE).read() as snapshot:
        assert snapshot is None


def test_a_printer_without_a_price_of_its_own_has_the_default(snapshot: Snapshot) -> None:
    view = snapshot.printer_view_at(PRINTER, NOW_MS)
    assert view is not None
    assert view.provider_mode is ProviderMode.PRINT_AND_LOG_LATER
    assert (view.price.mono_simplex_micros, view.tariff) == (PRICE_MICROS, None)


def test_a_price_of_its_own_comes_first(replica: DirectoryFile) -> None:
    replica.put(
        schema.prices,
        printer_name=PRINTER,
        mono_simplex_micros=1,
        mono_duplex_micros=1,
        colour_simplex_micros=1,
        colour_duplex_micros=1,
    )
    with Directory(replica, SITE).read() as snapshot:
        assert snapshot is not None
        view = snapshot.printer_view_at(PRINTER, NOW_MS)
    assert view is not None
    assert view.price.mono_simplex_micros == 1


def test_the_things_of_another_site_are_not_here(replica: DirectoryFile) -> None:
    with Directory(replica, "lima").read() as snapshot:
        assert snapshot is not None
        assert snapshot.printer(PRINTER) is None
        assert snapshot.printer_view_at(PRINTER, NOW_MS) is None
        assert snapshot.queue(HELD) is None
        assert snapshot.queues() == ()
        assert snapshot.watermarks() == {}


def test_queues_come_by_name(snapshot: Snapshot) -> None:
    direct, held = snapshot.queues()
    assert (direct.queue_name, direct.hold_mode) == ("oslo-direct", HoldMode.NONE)
    assert snapshot.queue(HELD) == held


def test_watermarks_are_those_of_every_own_epoch(replica: DirectoryFile) -> None:
    for site_name, epoch, seq in ((SITE, 1, 7), (SITE, 2, 3), ("lima", 1, 9)):
        replica.put(
            schema.watermarks, site_name=site_name, epoch=epoch, seq=seq, entry_hash="0" * 64
        )
    with Directory(replica, SITE).read() as snapshot:
        assert snapshot is not None
        assert snapshot.watermarks() == {(SITE, 1): 7, (SITE, 2): 3}


def test_a_policy_is_laid_over_by_the_nearer_layer(replica: DirectoryFile) -> None:
    rows = (
        ("global", "", '{"copies_max": 10, "credit": "allow_overdraft"}'),
        ("site", SITE, '{"copies_max": 20}'),
        ("site", "lima", '{"copies_max": 99}'),
        ("printer", PRINTER, '{"pages_max": 5}'),
    )
    for layer, scope, body in rows:
        replica.put(schema.policies, layer=layer, scope=scope, version=1, body=body)
    with Directory(replica, SITE).read() as snapshot:
        assert snapshot is not None
        policy, elsewhere = snapshot.policy(PRINTER), snapshot.policy("other")
    assert (policy.copies_max, policy.pages_max) == (20, 5)
    assert policy.credit is CreditPolicy.ALLOW_OVERDRAFT
    assert policy.layer_of("pages_max") is Layer.PRINTER
    assert elsewhere.pages_max == Policy().pages_max


@pytest.mark.parametrize("body", ['{"credit": "free_for_all"}', "not json", '{"x": 1}'])
def test_rules_that_cannot_be_used_leave_the_careful_built_in_ones(
    replica: DirectoryFile, body: str
) -> None:
    replica.put(schema.policies, layer="global", scope="", version=1, body=body)
    with Directory(replica, SITE).read() as snapshot:
        assert snapshot is not None
        assert snapshot.policy(PRINTER) == Policy()


def test_who_is_not_there_has_nothing(snapshot: Snapshot) -> None:
    assert snapshot.person("nobody") is None
    assert snapshot.card("0" * 64) is None
    assert snapshot.balance_micros("user:nobody") == 0
    assert snapshot.device("0" * 64) is None
