import hashlib

import pytest

from primary.store import fleet
from primary.store.directory import Directory
from tests.unit.primary.http.conftest import Api

OSLO = {
    "printer_name": "oslo-laser",
    "site_name": "oslo",
    "printer_uri": "ipp://127.0.0.1:8701/ipp/print",
    "provider_mode": "print_and_log_later",
}
PRICE = {
    "mono_simplex_micros": 1,
    "mono_duplex_micros": 2,
    "colour_simplex_micros": 3,
    "colour_duplex_micros": 4,
}


async def test_printers_are_read(api: Api) -> None:
    every = await (await api.get("/api/v1/printers")).json()

    assert [printer["printer_name"] for printer in every["items"]] == ["lima-laser", "oslo-laser"]
    assert await (await api.get("/api/v1/printers/oslo-laser")).json() == OSLO


async def test_a_printer_is_made_and_changed(api: Api) -> None:
    body = {"site_name": "lima", "printer_uri": "ipps://ink.lima/ipp/print"}

    made = await api.put("/api/v1/printers/lima-ink", json=body)
    changed = await api.patch("/api/v1/printers/lima-ink", json={"provider_mode": "auto"})

    assert (await made.json())["provider_mode"] == "print_and_log_later"
    assert await changed.json() == {"printer_name": "lima-ink", **body, "provider_mode": "auto"}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"site_name": "rome"}, 409),
        ({"site_name": "lima"}, 409),
        ({"printer_uri": "http://10.0.0.1"}, 422),
        ({"printer_uri": "ipp://:99999999/x"}, 422),
        ({"provider_mode": "hope"}, 422),
        ({"colour": True}, 422),
    ],
)
async def test_a_wrong_change_of_a_printer_changes_nothing(
    api: Api, change: dict[str, object], status: int
) -> None:
    response = await api.patch("/api/v1/printers/oslo-laser", json=change)

    assert response.status == status
    assert await (await api.get("/api/v1/printers/oslo-laser")).json() == OSLO


async def test_a_printer_cannot_be_called_default(api: Api) -> None:
    body = {"site_name": "lima", "printer_uri": "ipp://ink/ipp/print"}

    response = await api.put("/api/v1/printers/default", json=body)

    assert response.status == 400


async def test_a_queue_is_made_and_read(api: Api) -> None:
    body = {"site_name": "oslo", "printer_name": "oslo-laser", "hold_mode": "none"}

    await api.put("/api/v1/queues/oslo-direct", json=body)

    assert await (await api.get("/api/v1/queues/oslo-direct")).json() == {
        "queue_name": "oslo-direct",
        **body,
        "needs_proof": False,
    }
    every = await (await api.get("/api/v1/queues")).json()
    assert len(every["items"]) == 2
    assert (await api.get("/api/v1/queues/none")).status == 404


async def test_prices_are_set_for_all_and_for_one(api: Api) -> None:
    await api.put("/api/v1/prices/default", json=PRICE)
    await api.put("/api/v1/prices/oslo-laser", json={**PRICE, "mono_simplex_micros": 9})

    default = await (await api.get("/api/v1/prices/default")).json()
    every = await (await api.get("/api/v1/prices")).json()

    assert default == {"printer_name": "default", **PRICE}
    assert [price["mono_simplex_micros"] for price in every["items"]] == [1, 9]
    assert (await api.get("/api/v1/prices/lima-laser")).status == 404


async def test_a_negative_price_is_refused(api: Api) -> None:
    response = await api.put("/api/v1/prices/default", json={**PRICE, "mono_simplex_micros": -1})

    assert response.status == 422
    default = await (await api.get("/api/v1/prices/default")).json()
    assert default["mono_simplex_micros"] == 50_000


async def test_a_devices_token_is_shown_once_and_kept_as_a_hash(
    api: Api, directory: Directory
) -> None:
    body = {"site_name": "oslo", "printer_name": "oslo-laser"}

    first = await (await api.put("/api/v1/devices/oslo-panel", json=body)).json()
    second = await (await api.put("/api/v1/devices/oslo-panel", json=body)).json()
    listed = await (await api.get("/api/v1/devices")).json()

    with directory.read() as connection:
        (kept,) = fleet.all_devices(connection)
    assert kept.token_hash == hashlib.sha256(second["token"].encode()).hexdigest()
    assert first["token"] != second["token"]
    assert listed["items"] == [{"device_name": "oslo-panel", **body, "enabled": True}]
