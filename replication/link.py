"""The site link as a site's services see it: somewhere to send to, and someone to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from replication.messages import AnyFromPrimary, AnyFromSite, Welcome


class Link(Protocol):
    """The way to the primary. It comes and goes; nothing waits for it."""

    async def send(self, message: AnyFromSite) -> bool:
        """Whether `message` went out. False where there is no link now; the next `up` comes."""
        ...


class LinkListener(Protocol):
    """Who hears what happens on the link. One call at a time, in order."""

    async def up(self, welcome: Welcome) -> None:
        """The primary answered: a new connection stands, and nothing sent before it counts."""
        ...

    async def heard(self, message: AnyFromPrimary) -> None:
        """The primary said something. Be quick: the next message waits meanwhile."""
        ...

    def down(self) -> None:
        """The connection that was up has gone."""
        ...
