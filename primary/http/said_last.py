"""The text of the message that was encoded last.

A head goes to all sites as one object; a thousand times the same JSON would be made of it.
"""

from pydantic import BaseModel


class SaidLast:
    """Remembers one message and its text."""

    def __init__(self) -> None:
        self._message: BaseModel | None = None
        self._text = ""

    def text_of(self, message: BaseModel) -> str:
        """The message as JSON."""
        if message is not self._message:
            self._text = message.model_dump_json()
            self._message = message
        return self._text
