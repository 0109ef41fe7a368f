"""HTTP Basic in front of IPP (RFC 7617; RFC 8011, 5.4.2): who says who they are may prove it.

Theory of operation
-------------------
A name in `requesting-user-name` is a claim. With credentials in the HTTP header it is looked at by
the `Prover`, and three things can come out:

* it is right: the request counts as sent by that user, whatever `requesting-user-name` says, for
  the name of the job is the most authenticated one there is (RFC 8011, 5.3.6);
* it is wrong: 401, and the client asks its user again;
* nobody can say, or may say any more today: the request goes on as if it had no credentials, and
  where the queue needs a proof the client hears why there is none. A 401 would only make it ask for
  the same right password again.

Credentials are taken over TLS, or from this machine; elsewhere they are not looked at, and nobody
is asked for any: a challenge there would make a computer send a password in clear. Operations that
only look need no proof, so they cost no slow hash.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from pydantic import SecretStr

from site_server.ipp.errors import ChallengeError
from site_server.ipp.service_port import Refusal
from site_server.ipp.vocabulary import Operation

if TYPE_CHECKING:
    from site_server.ipp.request import Request
    from site_server.ipp.service_port import JobService

CHALLENGE: Final = 'Basic realm="holdfast", charset="UTF-8"'
_SCHEME: Final = "basic"
_FOR_A_USER: Final = frozenset(
    {
        Operation.PRINT_JOB,
        Operation.VALIDATE_JOB,
        Operation.CREATE_JOB,
        Operation.SEND_DOCUMENT,
        Operation.CLOSE_JOB,
        Operation.CANCEL_JOB,
        Operation.CANCEL_MY_JOBS,
        Operation.HOLD_JOB,
        Operation.RELEASE_JOB,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What an HTTP client sent of its user."""

    user_name: str
    password: SecretStr


class Prover(Protocol):
    """Knows whether credentials are right."""

    async def prove(
        self, queue_name: str, credentials: Credentials, client_address: str
    ) -> bool | Refusal:
        """Whether they are right by the rules of that queue; a refusal where nobody can say."""
        ...


def read_basic(header: str | None) -> Credentials | None:
    """The credentials in an Authorization header; None without one, or for another scheme.

    Raises:
        ChallengeError: it says Basic, and what follows is not that.

    """
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != _SCHEME:
        return None
    try:
        text = b64decode(token.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ChallengeError from error
    user_name, colon, password = text.partition(":")
    if not colon or not user_name or not password:
        raise ChallengeError
    return Credentials(user_name=user_name, password=SecretStr(password))


async def proven(
    request: Request, credentials: Credentials, service: JobService, prover: Prover
) -> Request:
    """The request with what came of its credentials.

    Raises:
        ChallengeError: they are wrong.

    """
    queue_name = await _queue_name(request, service)
    if queue_name is None or request.operation not in _FOR_A_USER:
        return request
    answer = await prover.prove(queue_name, credentials, request.client_address)
    if isinstance(answer, Refusal):
        return replace(request, unproven_because=answer)
    if not answer:
        raise ChallengeError
    return replace(request, proven_user=credentials.user_name)


async def _queue_name(request: Request, service: JobService) -> str | None:
    if request.queue_name is not None or request.job_id is None:
        return request.queue_name
    job = await service.job(request.job_id)
    return None if job is None else job.queue_name
