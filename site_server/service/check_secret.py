"""Whether a PIN or a password is right, found out before anything is decided.

Comparing is slow on purpose, and a directory in the branch may need its time, too. So it happens
before the writer's transaction, which everybody waits for; the decision is made inside, as any
other, from what came out here. Headquarters is never asked.

Nobody hears from the time it takes whether there is such a user: who has no secret is compared with
a hash that nothing matches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from failure_modes.facts import PasswordCheck
from failure_modes.vocabulary import PasswordLogin, Reason
from replication.adapters.hashing import Hashing
from replication.errors import HashingBusyError
from replication.slow_hash import CredentialKind
from site_server.causes import Cause
from site_server.refusals import refusal, refusal_for
from site_server.service.tries import Trier, Tries, TryLimits

if TYPE_CHECKING:
    from pydantic import SecretStr

    from site_server.ports import BranchDirectory
    from site_server.service.ground import Ground
    from site_server.service.view import Decider


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkers:
    """Who can look at a secret, and how often they may be asked."""

    hashing: Hashing = field(default_factory=Hashing)
    branch_directory: BranchDirectory | None = None
    try_limits: TryLimits = field(default_factory=TryLimits)


class CheckSecret:
    """Compares PINs and passwords. Raises `RefusedError` where too many were tried."""

    def __init__(self, ground: Ground, decider: Decider, checkers: Checkers) -> None:
        self._ground = ground
        self._decider = decider
        self._checkers = checkers
        self._tries = Tries(ground.clock, checkers.try_limits)

    async def pin(self, user_name: str, pin: SecretStr, place: str) -> bool:
        """Whether this is the user's PIN; a user who has none has no right one."""
        hashed, _ = self._known(user_name, CredentialKind.PIN)
        trier = Trier(kind=CredentialKind.PIN, user_name=user_name, place=place, secret=pin)

        async def look() -> bool:
            return await self._matches(hashed, pin)

        return await self._tries.one(trier, look) is True

    async def password(
        self, user_name: str, password: SecretStr, *, printer_name: str, place: str
    ) -> PasswordCheck:
        """How the password compares where the policy of that printer lets it be compared."""
        policy = self._decider.policy_now(self._decider.known(user_name, printer_name).policy)
        trier = Trier(
            kind=CredentialKind.PASSWORD, user_name=user_name, place=place, secret=password
        )
        if policy.password_login is PasswordLogin.BRANCH_DIRECTORY:
            ok = await self._tries.one(trier, lambda: self._ask_directory(user_name, password))
            return PasswordCheck(directory_ok=ok)
        if policy.password_login is PasswordLogin.REPLICATED_HASH:
            ok = await self._tries.one(trier, lambda: self._compare(user_name, password))
            return PasswordCheck(hash_ok=ok)
        return PasswordCheck()

    async def _ask_directory(self, user_name: str, password: SecretStr) -> bool | None:
        directory = self._checkers.branch_directory
        if directory is None:
            return None
        return await directory.check(user_name, password.get_secret_value())

    async def _compare(self, user_name: str, password: SecretStr) -> bool | None:
        hashed, is_known = self._known(user_name, CredentialKind.PASSWORD)
        is_right = await self._matches(hashed, password)
        return None if is_known and hashed is None else is_right

    async def _matches(self, hashed: str | None, secret: SecretStr) -> bool:
        try:
            return await self._checkers.hashing.matches(hashed, secret.get_secret_value())
        except HashingBusyError as error:
            raise refusal(Cause.TOO_MANY_LOGINS) from error

    def _known(self, user_name: str, kind: CredentialKind) -> tuple[str | None, bool]:
        """The slow hash in the replica, and whether there is such a user at all."""
        with self._ground.directory.read() as snapshot:
            if snapshot is None:
                raise refusal_for(Reason.NO_REPLICA)
            return snapshot.slow_hash(user_name, kind), snapshot.person(user_name) is not None
