"""Users, their money and their cards."""

import dataclasses
from http import HTTPStatus
from typing import Annotated, Any, Final

from aiohttp import web
from pydantic import Field
from sqlalchemy import Connection

from primary.http import money
from primary.http.exchange import (
    SERVICES,
    answer,
    body_of,
    limit_of,
    page,
    user_name_of,
)
from primary.names import CardNumber, FromOutside, ThingName, Title
from primary.store import people
from primary.store.people import User, UserFields
from replication.card_hash import card_hash
from replication.entry_bodies import user_payer
from replication.slow_hash import CredentialKind

routes: Final = web.RouteTableDef()

GroupNames = Annotated[tuple[ThingName, ...], Field(max_length=1_000)]


class UserBody(FromOutside):
    """All that can be said of a user; what is left out takes its default."""

    full_name: Title
    enabled: bool = True
    restricted: bool = True
    groups: GroupNames = ()


class UserChange(FromOutside):
    """What changes of a user; what is left out stays."""

    full_name: Title = "-"
    enabled: bool = True
    restricted: bool = True
    groups: GroupNames = ()


class CardBody(FromOutside):
    """A card. Its number stands in the body, never in an address, which would be logged."""

    card_number: CardNumber


@routes.get("/api/v1/users")
async def list_users(request: web.Request) -> web.Response:
    """A page of users, by name."""
    directory, limit = request.app[SERVICES].directory, limit_of(request)
    with directory.read() as connection:
        found = people.page_of_users(connection, after=request.query.get("after", ""), limit=limit)
    return answer(page([shown(user) for user in found], limit, "user_name"))


@routes.get("/api/v1/users/{user_name}")
async def get_user(request: web.Request) -> web.Response:
    """One user."""
    with request.app[SERVICES].directory.read() as connection:
        return answer(shown(people.user(connection, user_name_of(request))))


@routes.put("/api/v1/users/{user_name}")
async def put_user(request: web.Request) -> web.Response:
    """Make a user, with nothing in their balance, or say all of one anew."""
    user_name = user_name_of(request)
    fields = UserFields(**(await body_of(request, UserBody)).model_dump())

    def work(connection: Connection) -> tuple[bool, User]:
        is_new = people.put_user(connection, user_name, fields)
        return is_new, people.user(connection, user_name)

    is_new, user = await request.app[SERVICES].directory.write(work)
    return answer(shown(user), HTTPStatus.CREATED if is_new else HTTPStatus.OK)


@routes.patch("/api/v1/users/{user_name}")
async def change_user(request: web.Request) -> web.Response:
    """Change some of what is said of a user."""
    user_name = user_name_of(request)
    changes = (await body_of(request, UserChange)).model_dump(exclude_unset=True)

    def work(connection: Connection) -> User:
        fields = people.user(connection, user_name).fields
        people.put_user(connection, user_name, dataclasses.replace(fields, **changes))
        return people.user(connection, user_name)

    return answer(shown(await request.app[SERVICES].directory.write(work)))


@routes.get("/api/v1/users/{user_name}/balance")
async def get_balance(request: web.Request) -> web.Response:
    """What headquarters knows of a user's money: all entries that have arrived."""
    with request.app[SERVICES].directory.read() as connection:
        user_name = people.user(connection, user_name_of(request)).user_name
    return money.balance(request, user_payer(user_name), {"user_name": user_name})


@routes.post("/api/v1/users/{user_name}/adjustments")
async def adjust_balance(request: web.Request) -> web.Response:
    """Change a balance by hand, once for each `request_id`."""
    user_name = user_name_of(request)
    return await money.adjust(request, user_payer(user_name), {"user_name": user_name})


@routes.put("/api/v1/users/{user_name}/cards")
async def put_card(request: web.Request) -> web.Response:
    """Give a user a card."""
    user_name, hashed = await _card(request)

    def work(connection: Connection) -> User:
        people.put_card(connection, user_name, hashed)
        return people.user(connection, user_name)

    return answer(shown(await request.app[SERVICES].directory.write(work)))


@routes.delete("/api/v1/users/{user_name}/cards")
async def revoke_card(request: web.Request) -> web.Response:
    """Revoke a user's card."""
    user_name, hashed = await _card(request)

    def work(connection: Connection) -> User:
        people.revoke_card(connection, user_name, hashed)
        return people.user(connection, user_name)

    return answer(shown(await request.app[SERVICES].directory.write(work)))


async def _card(request: web.Request) -> tuple[str, str]:
    user_name = user_name_of(request)
    body = await body_of(request, CardBody)
    return user_name, card_hash(body.card_number, request.app[SERVICES].card_key)


def shown(user: User) -> dict[str, Any]:
    """A user as JSON has them; of secrets only whether there are any."""
    return {
        "user_name": user.user_name,
        "full_name": user.fields.full_name,
        "enabled": user.fields.enabled,
        "restricted": user.fields.restricted,
        "groups": list(user.fields.groups),
        "cards": user.cards,
        "has_pin": CredentialKind.PIN in user.credentials,
        "has_password": CredentialKind.PASSWORD in user.credentials,
        "balance_micros": user.balance_micros,
    }
