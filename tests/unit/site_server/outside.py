"""The world around a site of a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from site_server.service.check_secret import Checkers
from site_server.services import Outside

if TYPE_CHECKING:
    from site_server.testing import CounterDouble, PrinterDouble


def outside_of(
    printer: PrinterDouble, counter: CounterDouble, card_key: bytes, checkers: Checkers | None
) -> Outside:
    """One printer, one counter, and whoever looks at secrets."""
    return Outside(
        delivery=printer,
        counters=[counter],
        card_key=card_key,
        checkers=checkers or Checkers(),
    )
