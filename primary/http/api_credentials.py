"""What users know: their PINs and passwords. They come in, and nothing but a slow hash is kept."""

from typing import Final

from aiohttp import web
from pydantic import SecretStr
from sqlalchemy import Connection

from primary.http.api_users import shown
from primary.http.exchange import SERVICES, answer, body_of, user_name_of
from primary.names import FromOutside, Password, Pin
from primary.store import people
from primary.store.people import User
from replication.slow_hash import CredentialKind

PIN: Final = "/api/v1/users/{user_name}/pin"
PASSWORD: Final = "/api/v1/users/{user_name}/password"  # noqa: S105 - an address

routes: Final = web.RouteTableDef()


class PinBody(FromOutside):
    """A PIN, which counts only with its user's card."""

    pin: Pin


class PasswordBody(FromOutside):
    """A password, for sites that check passwords in their replica."""

    password: Password


@routes.put(PIN)
async def put_pin(request: web.Request) -> web.Response:
    """Give a user a PIN instead of any that they had."""
    return await _put(request, CredentialKind.PIN, (await body_of(request, PinBody)).pin)


@routes.delete(PIN)
async def delete_pin(request: web.Request) -> web.Response:
    """Take a user's PIN away."""
    return await _delete(request, CredentialKind.PIN)


@routes.put(PASSWORD)
async def put_password(request: web.Request) -> web.Response:
    """Give a user a password instead of any that they had."""
    secret = (await body_of(request, PasswordBody)).password
    return await _put(request, CredentialKind.PASSWORD, secret)


@routes.delete(PASSWORD)
async def delete_password(request: web.Request) -> web.Response:
    """Take a user's password away."""
    return await _delete(request, CredentialKind.PASSWORD)


async def _put(request: web.Request, kind: CredentialKind, secret: SecretStr) -> web.Response:
    services, user_name = request.app[SERVICES], user_name_of(request)
    slow_hash = await services.hashing.make(secret.get_secret_value())

    def work(connection: Connection) -> User:
        people.put_credential(connection, user_name, kind, slow_hash)
        return people.user(connection, user_name)

    return answer(shown(await services.directory.write(work)))


async def _delete(request: web.Request, kind: CredentialKind) -> web.Response:
    user_name = user_name_of(request)

    def work(connection: Connection) -> User:
        people.drop_credential(connection, user_name, kind)
        return people.user(connection, user_name)

    return answer(shown(await request.app[SERVICES].directory.write(work)))
