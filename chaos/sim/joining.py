"""The administrator in a simulation: what is asked of headquarters' API, and sites that join.

What is typed at a site (`holdfast-site join`, also `--again`) is the product's; only the one call
to headquarters that belongs to it goes over the simulated line.
"""

from __future__ import annotations

import asyncio
import errno
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from chaos.errors import NotReadyError, UnexpectedAnswerError
from chaos.history import Event, Operation, Outcome
from chaos.sim.door import Asked
from chaos.sim.handshake import Papers, dialling
from chaos.sim.organisation import HEADQUARTERS
from primary.service.who_calls import JOIN_PATH
from replication.adapters.downloads import LinkDownError
from replication.adapters.private_file import write_private
from site_server.adapters.identity import JoinFailedError, Wish, join_by, read_answer
from site_server.adapters.registers_anew import begin_registers_anew
from site_server.data_folder import DataFolder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chaos.history import Fact
    from chaos.sim.door import Answered
    from chaos.sim.machine import Machine
    from chaos.sim.world import World
    from replication.adapters.link_client import LinkAddress
    from replication.join_token import JoinAnswer, JoinRequest, JoinToken
    from site_server.adapters.identity import Identity

TIMES_MAX: Final = 400
AGAIN_S: Final = 5.0
COME_AGAIN: Final = frozenset({HTTPStatus.INSUFFICIENT_STORAGE, HTTPStatus.SERVICE_UNAVAILABLE})
"""What headquarters answers where its disk is full."""
SITES: Final = "/api/v1/sites"


async def administer(
    world: World, method: str, path: str, body: Mapping[str, object] | None = None
) -> Answered:
    """What headquarters' API answers; asked again for as long as nobody answers."""
    asked = Asked(method=method, path=path, body=json.dumps(body or {}).encode())
    machine = world.machines[HEADQUARTERS]
    for _ in range(TIMES_MAX):
        if world.primary is not None and world.primary.is_open:
            call = world.loop.create_task(world.primary.administer(asked))
            gone = world.loop.create_task(machine.gone.wait())
            await asyncio.wait({call, gone}, return_when=asyncio.FIRST_COMPLETED)
            gone.cancel()
            if not call.done():
                call.cancel()
            elif call.result().status not in COME_AGAIN:
                return _sound(call.result(), path)
        await asyncio.sleep(AGAIN_S)
    raise NotReadyError("Headquarters' API never answered.")


def _sound(answered: Answered, path: str) -> Answered:
    """The administrator may be refused; an API that breaks has failed."""
    if answered.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise UnexpectedAnswerError(f"{path} answered {answered.status}: {answered.body[:500]!r}")
    return answered


async def join(world: World, machine: Machine, *, again: bool = False) -> Identity:
    """Make `machine`, whose server is stopped, the site that it is named for."""
    for _ in range(TIMES_MAX):
        token = await token_of(world, machine.site_name)
        try:
            joined = await _join_with(world, machine, token, again=again)
        except JoinFailedError:
            await asyncio.sleep(AGAIN_S)
        except OSError as error:  # its disk is full just now
            if error.errno != errno.ENOSPC:
                raise
            await asyncio.sleep(AGAIN_S)
        else:
            facts: dict[str, Fact] = {"site_name": joined.site_name, "epoch": joined.epoch}
            tell(world, Operation.ADMIT, facts)
            return joined
    raise NotReadyError(f"{machine.site_name} never got in.")


def tell(world: World, operation: Operation, facts: Mapping[str, Fact]) -> int:
    """Write into the history that the administrator did this just now; when that is."""
    clock = world.machines[HEADQUARTERS].clock
    told = world.history.event(
        Event(
            operation=operation,
            node=HEADQUARTERS,
            monotonic_ms=clock.monotonic_ms(),
            wall_ms=clock.wall_ms(),
            latency_us=0,
            outcome=Outcome.OK,
            facts=facts,
        )
    )
    return told.monotonic_ms


async def lift(world: World, site_name: str) -> None:
    """Let a revoked site join anew; where it is not revoked that is refused, and well."""
    await administer(world, "DELETE", f"{SITES}/{site_name}/revocation")


async def token_of(world: World, site_name: str) -> str:
    """A new join token for that site."""
    answered = await administer(world, "POST", f"{SITES}/{site_name}/join-tokens")
    if answered.status == HTTPStatus.CONFLICT:  # it is revoked, in a directory of before
        await lift(world, site_name)
        answered = await administer(world, "POST", f"{SITES}/{site_name}/join-tokens")
    if answered.status != HTTPStatus.CREATED:
        raise UnexpectedAnswerError(f"No token for {site_name}: {answered.body!r}")
    return str(answered.json()["token"])


async def _join_with(world: World, machine: Machine, token: str, *, again: bool) -> Identity:
    async def ask(
        folder: Path, token: JoinToken, _dial: LinkAddress, request: JoinRequest
    ) -> JoinAnswer:
        cert, key = folder / "token.cert.pem", folder / "token.key.pem"
        write_private(cert, token.cert_pem.encode())
        write_private(key, token.key_pem.encode())
        context = dialling(cert=cert, key=key, ca_pem=token.ca_pem)
        cert.unlink()
        key.unlink()
        papers = Papers(context=context, kind="join", site_name=token.site_name)
        body = request.model_dump_json().encode()
        return await _brought(world, papers, Asked(method="POST", path=JOIN_PATH, body=body))

    folder = DataFolder(machine.folder)
    if again:
        await begin_registers_anew(folder.registers, world.extension, machine.site_name)
    return await join_by(ask, token, folder.identity, Wish(again=again))


async def _brought(world: World, papers: Papers, asked: Asked) -> JoinAnswer:
    machine = world.machines[HEADQUARTERS]
    call = world.loop.create_task(world.ask(papers, asked))
    gone = world.loop.create_task(machine.gone.wait())
    await asyncio.wait({call, gone}, return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    if not call.done():
        call.cancel()
        raise JoinFailedError
    try:
        answered = call.result()
    except LinkDownError as error:
        raise JoinFailedError from error
    if answered is None or answered.status != HTTPStatus.OK:
        raise JoinFailedError(f"{JoinFailedError.__doc__} {answered}")
    return read_answer(answered.body.decode())
