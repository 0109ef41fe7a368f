"""Counts the pages of a PDF and finds those with colour, by looking at them.

A page has colour if any pixel of a small rendering is not grey. Reading the drawing operators
instead was rejected: images, shadings, transparency and spot colours make a colour page in many
ways, and a page in a colour space can still be all grey.

Runs in the child process only: a hostile file may kill it.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import pypdfium2
from pypdfium2 import raw

if TYPE_CHECKING:
    from pathlib import Path

GREY_TOLERANCE: Final = 16
"""The noise of a grey photo stored as colour JPEG stays below; a pale yellow marker is above."""


class Uncountable(StrEnum):
    """Why the pages of a document are not known. Stable codes: stored, journaled, shown."""

    FORMAT = "format_not_counted"
    MISSING = "document_missing"
    ENCRYPTED = "document_encrypted"
    DAMAGED = "document_damaged"
    NO_PAGES = "document_without_pages"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_SLOW = "counting_too_slow"
    TOO_MUCH_MEMORY = "counting_too_large"
    KILLED = "counter_killed"
    UNAVAILABLE = "counter_unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLimits:
    """What counting one document may cost.

    `pixels_max` 150,000 is about 40 dots per inch for A4: a line of half a millimetre still shows.
    `time_ms_max` is wall time; `cpu_ms_max` is what the kernel allows, for a file that hangs inside
    the library. `memory_bytes_max` is address space, of which Python and PDFium take 32 MB.
    """

    pages_max: int = 5_000
    pixels_max: int = 150_000
    time_ms_max: int = 60_000
    cpu_ms_max: int = 60_000
    memory_bytes_max: int = 536_870_912


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The pages of one copy."""

    mono: int
    colour: int


def count_pdf(path: Path, limits: CountLimits) -> Found | Uncountable:
    """The pages of this PDF, or why they are not known."""
    if not path.is_file():
        return Uncountable.MISSING
    try:
        document = _open(path)
    except pypdfium2.PdfiumError as error:
        return _why(error)
    try:
        return _count(document, limits)
    except pypdfium2.PdfiumError:
        return Uncountable.DAMAGED
    except MemoryError:
        return Uncountable.TOO_MUCH_MEMORY
    finally:
        document.close()


def _open(path: Path) -> pypdfium2.PdfDocument:
    """The document. PDFium keeps its last error over successes, so set it to one we know first.

    A PDF without pages fails without setting an error at all: then the known one is still there.
    """
    raw.FPDF_LoadDocument(b"", None)
    return pypdfium2.PdfDocument(str(path))


def _why(error: pypdfium2.PdfiumError) -> Uncountable:
    if error.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
        return Uncountable.ENCRYPTED
    if error.err_code == raw.FPDF_ERR_FILE:
        return Uncountable.NO_PAGES
    return Uncountable.DAMAGED


def _count(document: pypdfium2.PdfDocument, limits: CountLimits) -> Found | Uncountable:
    pages = len(document)
    if pages == 0:
        return Uncountable.NO_PAGES
    if pages > limits.pages_max:
        return Uncountable.TOO_MANY_PAGES
    end_ns = time.perf_counter_ns() + limits.time_ms_max * 1_000_000
    colour = 0
    for number in range(pages):
        if time.perf_counter_ns() > end_ns:
            return Uncountable.TOO_SLOW
        colour += _has_colour(document[number], limits.pixels_max)
    return Found(mono=pages - colour, colour=colour)


def _has_colour(page: pypdfium2.PdfPage, pixels_max: int) -> bool:
    width, height = page.get_size()
    scale = min(1.0, math.sqrt(pixels_max / max(width * height, 1.0)))
    try:
        bitmap = page.render(scale=scale, prefer_bgrx=True, may_draw_forms=False)
        try:
            return is_coloured(bytes(bitmap.buffer))
        finally:
            bitmap.close()
    finally:
        page.close()


def is_coloured(pixels: bytes) -> bool:
    """True if a pixel of these is not grey; each has four bytes, blue, green, red and nothing."""
    blue, green, red = pixels[0::4], pixels[1::4], pixels[2::4]
    if blue == green == red:
        return False
    return any(
        max(pixel) - min(pixel) > GREY_TOLERANCE for pixel in zip(blue, green, red, strict=True)
    )
