"""What headquarters takes on at once, and how it says that it does not."""

import asyncio
import logging
from contextlib import ExitStack

import pytest

from primary.errors import TooBusyError
from primary.service.admission import ARRIVALS_MAX, CALM_MS, Admission, Bounds, Load, sentence
from primary.service.links import Links
from primary.testing import PairedWire
from replication.testing import ManualClock


def of(admission: Admission, links: Links | None = None) -> Load:
    return admission.load(connected=links.count if links else 0, handshakes=0, fell_behind=0)


def admission_of(clock: ManualClock | None = None, **bounds: int) -> Admission:
    return Admission(clock=clock or ManualClock(), bounds=Bounds(**bounds))


def test_a_site_beyond_the_bound_is_asked_to_wait_and_one_that_is_there_is_not() -> None:
    admission, links = admission_of(sites_max=2), Links()
    with admission.call("oslo", links), admission.call("lima", links):
        links.add("oslo", PairedWire())
        with (
            pytest.raises(TooBusyError, match="sites_max") as refused,
            admission.call("rome", links),
        ):
            pass
        with admission.call("oslo", links):  # its old connection is a dead one
            pass
    with admission.call("rome", links):
        pass

    assert refused.value.wait.seconds == 60
    assert of(admission).asked_to_wait["sites"] == 1


def test_too_many_at_the_door_are_asked_to_wait_but_not_for_those_inside() -> None:
    admission, links = admission_of(), Links()
    with ExitStack() as stack:
        for number in range(ARRIVALS_MAX + 1):
            stack.enter_context(admission.call(f"site-{number}", links))
            if number == 0:
                links.add("site-0", PairedWire())  # welcomed: it arrives no longer
        with pytest.raises(TooBusyError), admission.call("oslo", links):
            pass
        assert of(admission, links).arriving == ARRIVALS_MAX


def test_files_beyond_the_bound_are_refused_at_once() -> None:
    admission = admission_of(downloads_max=1)
    admission.check_file()
    with admission.file(), pytest.raises(TooBusyError, match="downloads_max"):
        admission.check_file()
    admission.check_file()
    with admission.file():
        assert of(admission).downloads == 1
    assert of(admission).downloads == 0


async def test_deltas_stand_in_line_and_each_gets_its_turn() -> None:
    admission = admission_of(deltas_max=2)
    most, done = 0, 0

    async def take() -> None:
        nonlocal most, done
        async with admission.delta():
            most = max(most, of(admission).deltas)
            await asyncio.sleep(0)
            done += 1

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(take())

    assert (most, done) == (2, 50)
    assert of(admission).asked_to_wait["deltas"] == 0


async def test_who_leaves_the_line_takes_no_turn_with_them() -> None:
    admission = admission_of(deltas_max=1)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        async with admission.delta():
            waiting = group.create_task(admission.delta().__aenter__())
            await asyncio.sleep(0)
            waiting.cancel()
        async with admission.delta():
            assert of(admission).deltas == 1


def test_it_is_said_once_that_sites_wait_and_once_that_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    clock = ManualClock()
    admission = admission_of(clock, downloads_max=1)
    with admission.file():
        for _ in range(100):
            with pytest.raises(TooBusyError):
                admission.check_file()
    busy = of(admission)
    clock.advance(CALM_MS + 1)
    calm = of(admission)

    assert (busy.busy, calm.busy) == (("files",), ())
    assert calm.asked_to_wait["files"] == 100
    assert "downloads_max" in sentence(busy, 3)
    assert sentence(calm, 3) == "0 of 3 sites"
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_connections_that_waited_too_long_are_told() -> None:
    admission = admission_of()
    admission.waited_too_long()

    assert of(admission).busy == ("handshakes",)
    assert "handshakes" in sentence(of(admission), 3)
