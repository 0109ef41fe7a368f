"""What is wrong with a text from outside, as lines for its writer: where, and what to do."""

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from primary.errors import ConfigError


def toml_of(text: str) -> dict[str, Any]:
    """The TOML document that `text` holds. Errors: `ConfigError`."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([f"This is not TOML: {error}"]) from error


def problems_of(error: ValidationError, model: type[BaseModel], where: str = "") -> list[str]:
    """One line for each problem of `error`: where it stands, and what to do."""
    begin = f"{where}: " if where else ""
    return [begin + _line(problem, model) for problem in error.errors(include_url=False)]


def place(parts: Iterable[object]) -> str:
    """Keys and numbers as one path: `link.port`, `cards[2]`."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else str(part)
    return text


def _line(problem: Mapping[str, Any], model: type[BaseModel]) -> str:
    spot = place(problem["loc"])
    if problem["type"] == "extra_forbidden":
        known = ", ".join(_fields_at(model, problem["loc"][:-1]))
        return f"{spot}: there is no such key; correct or remove it (known: {known})"
    if problem["type"] == "missing":
        return f"{spot}: is missing; add it"
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{spot}: {message}" if spot else message


def _fields_at(model: type[BaseModel], path: Iterable[object]) -> Iterable[str]:
    for part in path:
        inner = model.model_fields[str(part)].annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
    return model.model_fields
