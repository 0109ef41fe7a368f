"""A tiny PDF writer: real documents for scenarios, each with bytes of its own.

A page is an A4 sheet with a line of text, and on a colour page a red bar. The text carries a name
that no other document has, so that a SHA-256 tells one document of a scenario from every other.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

A4_POINTS: Final = (595, 842)
RED_BAR: Final = "0.85 0.1 0.1 rg 72 640 240 40 re f 0 g"


class PageInk(StrEnum):
    """What a page needs from the printer."""

    MONO = "mono"
    COLOUR = "colour"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document to print, and what must arrive."""

    name: str
    content: bytes
    mono_pages: int
    colour_pages: int

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, hex."""
        return hashlib.sha256(self.content).hexdigest()


def write_document(name: str, pages: tuple[PageInk, ...]) -> Document:
    """A PDF with these pages, the same bytes for the same arguments."""
    return Document(
        name=name,
        content=_pdf(name, pages),
        mono_pages=pages.count(PageInk.MONO),
        colour_pages=pages.count(PageInk.COLOUR),
    )


def _pdf(name: str, pages: tuple[PageInk, ...]) -> bytes:
    # Objects 1 to 3 are shared; page n is object 2n + 4 and its content 2n + 5.
    kids = " ".join(f"{2 * n + 4} 0 R" for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n, ink in enumerate(pages):
        objects += [_page(2 * n + 5), _content(f"{name}, page {n + 1} of {len(pages)}", ink)]
    return _file(objects)


def _page(content_number: int) -> bytes:
    width, height = A4_POINTS
    return (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] "
        f"/Resources << /Font << /F1 3 0 R >> >> /Contents {content_number} 0 R >>"
    ).encode()


def _content(text: str, ink: PageInk) -> bytes:
    safe = "".join(char for char in text if char.isalnum() or char in " ,.-")
    drawing = f"BT /F1 18 Tf 72 720 Td ({safe}) Tj ET"
    if ink is PageInk.COLOUR:
        drawing = f"{RED_BAR}\n{drawing}"
    stream = drawing.encode("ascii", errors="replace")
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream)


def _file(objects: list[bytes]) -> bytes:
    body = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        + table
        + b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
        + b"startxref\n%d\n%%%%EOF\n" % len(body)
    )
