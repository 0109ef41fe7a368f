"""What is sent to have a decision explained."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from failure_modes.vocabulary import LinkState, Sides
from site_server.http.bodies import Body
from site_server.service.supposed import ABOUT_JOBS, MAY_SAY, Asked, Supposed

NAME_CHARS_MAX: Final = 255

Name = Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
Text = Annotated[str, Field(max_length=NAME_CHARS_MAX)]


class ExplainBody(Body):
    """Would this be allowed, and why? Without `link` as the link is now."""

    user_name: Name
    printer_name: Name
    asked: Asked = Asked.RELEASE
    pages: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    colour: bool = False
    mono_pages: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    copies: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    sides: Sides = Sides.ONE_SIDED
    paper_size: Text = ""
    document_name: Text = ""
    document_type: Text = ""
    spool_bytes: Annotated[int, Field(ge=0, le=1 << 40)] = 0
    account_name: Name | None = None
    link: LinkState | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        foreign = sorted((self.model_fields_set & ABOUT_JOBS) - MAY_SAY[self.asked])
        if foreign:
            raise ValueError(f"{', '.join(foreign)}: this means nothing for a {self.asked}")
        if "pages" in MAY_SAY[self.asked] and self.pages < 1:
            raise ValueError(f"pages: a {self.asked} has at least one page")
        if self.mono_pages and not self.colour:
            raise ValueError("mono_pages: only a job with colour has pages in black besides")
        if self.mono_pages > self.pages:
            raise ValueError(f"mono_pages: there are only {self.pages} pages")
        return self

    @property
    def supposed(self) -> Supposed:
        """The same as the service takes it."""
        return Supposed(**dict(self))
