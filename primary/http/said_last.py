"""The texts of the messages that were encoded last.

A head goes to all sites as one object, and so do changes of the registers; a thousand times the
same JSON would be made of it.
"""

from pydantic import BaseModel


class SaidLast:
    """Remembers one message of each kind, and its text."""

    def __init__(self) -> None:
        self._said: dict[type[BaseModel], tuple[BaseModel, str]] = {}

    def text_of(self, message: BaseModel) -> str:
        """The message as JSON."""
        said = self._said.get(type(message))
        if said is None or said[0] is not message:
            said = self._said[type(message)] = (message, message.model_dump_json())
        return said[1]
