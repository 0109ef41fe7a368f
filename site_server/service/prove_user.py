"""Whether a print client's user name and password belong together, by the rules of its queue."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from failure_modes.facts import LoginFacts
from failure_modes.vocabulary import HoldMode, PasswordLogin, Reason, Unauthenticated
from replication.errors import ReplicationError
from site_server.causes import Cause
from site_server.errors import RefusedError
from site_server.refusals import refusal, refusal_for, refusal_of
from site_server.service.ipp_refusals import refused

if TYPE_CHECKING:
    from failure_modes.decision import Decision
    from site_server.ipp.basic import Credentials
    from site_server.ipp.service_port import Refusal
    from site_server.service.check_secret import CheckSecret
    from site_server.service.ground import Ground
    from site_server.service.known import Known
    from site_server.service.view import Decider
    from site_server.store.directory import Snapshot
    from site_server.store.directory_rows import Queue

WRONG: Final = frozenset({Reason.WRONG_PASSWORD, Reason.UNKNOWN_USER, Reason.USER_DISABLED})
"""What a client hears as a plain "wrong": a stranger on the network learns no user names here."""


class ProveUser:
    """The `Prover` of this site's IPP endpoint."""

    def __init__(self, ground: Ground, decider: Decider, check_secret: CheckSecret) -> None:
        self._ground = ground
        self._decider = decider
        self._check_secret = check_secret

    def asks(self, snapshot: Snapshot, queue: Queue) -> bool:
        """Whether a job without credentials would be cancelled that some could save."""
        if not queue.needs_proof or queue.hold_mode is not HoldMode.NONE:
            return False
        policy = self._decider.policy_now(snapshot.policy(queue.printer_name))
        return (
            policy.unauthenticated is Unauthenticated.CANCEL
            and policy.password_login is not PasswordLogin.DENY
        )

    async def prove(
        self, queue_name: str, credentials: Credentials, client_address: str
    ) -> bool | Refusal:
        """Whether they are right; a refusal where nobody can say."""
        try:
            decision, currency = await self._decision(queue_name, credentials, client_address)
        except RefusedError as error:
            return refused(error)
        except ReplicationError:
            return refused(refusal(Cause.STORE_BUSY))
        if decision.allowed:
            return True
        if decision.reasons[0] in WRONG:
            return False
        return refused(refusal_of(decision, currency))

    async def _decision(
        self, queue_name: str, credentials: Credentials, client_address: str
    ) -> tuple[Decision, str]:
        printer_name = self._printer_of(queue_name)
        user_name = credentials.user_name
        checked = await self._check_secret.password(
            user_name,
            credentials.password,
            printer_name=printer_name,
            place=f"address {client_address}",
        )
        known = self._decider.known(user_name, printer_name)
        return self._ask(known, LoginFacts(card_known=False, password=checked)), known.currency

    def _ask(self, known: Known, facts: LoginFacts) -> Decision:
        with self._ground.store.read() as site:
            view = self._decider.view(site, known)
        # A password proves at any hour who somebody is; the job itself meets the opening hours.
        return self._decider.foresee(replace(view, local_minute=None), known, facts)

    def _printer_of(self, queue_name: str) -> str:
        with self._ground.directory.read() as snapshot:
            if snapshot is None:
                raise refusal_for(Reason.NO_REPLICA)
            queue = snapshot.queue(queue_name)
        if queue is None:
            raise refusal(Cause.NO_SUCH_QUEUE)
        return queue.printer_name
