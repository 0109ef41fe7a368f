"""What all parts of the configuration have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """The base of every part: frozen, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
