"""What callers send, and how it is read: bounded in size and time, nothing unknown."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from failure_modes.vocabulary import LinkEvent, Sides
from site_server.ipp.job_template import COPIES_MAX
from site_server.service.charged_to import Charge

if TYPE_CHECKING:
    from aiohttp import web

BODY_BYTES_MAX: Final = 65_536
BODY_MS_MAX: Final = 10_000
"""For a body to arrive whole: a panel stands on the same network."""

T = TypeVar("T", bound=BaseModel)

Pages = Annotated[int, Field(ge=0, le=1_000_000)]
Order = Literal[
    LinkEvent.DRILL_STARTED,
    LinkEvent.DRILL_ENDED,
    LinkEvent.FORCE_STARTED,
    LinkEvent.FORCE_ENDED,
]
"""`failure_modes.link.ORDERS`, spelt out."""


class Body(BaseModel):
    """The base of every body: frozen, strict, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LoginBody(Body):
    """Who stands at the panel: a card, with its PIN or without, or a user name and a password."""

    card_number: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    pin: Annotated[SecretStr, Field(min_length=1, max_length=64)] | None = None
    user_name: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    password: Annotated[SecretStr, Field(min_length=1, max_length=1024)] | None = None

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        by_card = self.card_number is not None and self.user_name is None and self.password is None
        by_password = self.user_name is not None and self.password is not None
        if not by_card and (
            not by_password or self.card_number is not None or self.pin is not None
        ):
            raise ValueError(
                "send card_number, with a pin or without, or else user_name and password"
            )
        return self


class ClaimBody(Body):
    """A card was held to the reader, to be registered."""

    card_number: Annotated[str, Field(min_length=1, max_length=128)]


class ChoiceBody(Body):
    """Who pays, where the person was asked: a shared account, or they themselves."""

    account_name: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    personal: bool = False

    @model_validator(mode="after")
    def _one_pays(self) -> Self:
        if self.personal and self.account_name is not None:
            raise ValueError("either account_name or personal; only one of them can pay")
        return self

    @property
    def charge(self) -> Charge:
        """The same as the services take it."""
        return Charge(account_name=self.account_name, personal=self.personal)


class ReleaseBody(ChoiceBody):
    """Let a job go; to the panel's own printer unless another one is named."""

    printer_name: Annotated[str, Field(min_length=1, max_length=255)] | None = None


class ChangeJobBody(Body):
    """How a held job is wanted from now on; what is left out stays as it is."""

    copies: Annotated[int, Field(ge=1, le=COPIES_MAX)] | None = None
    sides: Sides | None = None
    colour_mode: Literal["auto", "color", "monochrome"] | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if self.copies is None and self.sides is None and self.colour_mode is None:
            raise ValueError("Name at least one of copies, sides and colour_mode.")
        return self


class CopyBody(ChoiceBody):
    """Begin to copy at most `pages` impressions."""

    pages: Annotated[int, Field(ge=1, le=100_000)]
    colour: bool = False
    sides: Sides = Sides.ONE_SIDED
    paper_size: Annotated[str, Field(max_length=255)] = ""


class FinishBody(Body):
    """What the copier counted."""

    mono_pages: Pages
    colour_pages: Pages = 0


class LinkOrderBody(Body):
    """Begin or end a drill or a forced cut."""

    order: Order


class SettleBody(Body):
    """What a person saw of a job whose outcome was unknown."""

    printed: bool


async def read_body(request: web.Request, kind: type[T]) -> T:
    """The body as a value; an empty one is an empty object. Raises pydantic's `ValidationError`."""
    async with asyncio.timeout(BODY_MS_MAX / 1000):
        content = await request.read()
    return kind.model_validate_json(content or b"{}")
