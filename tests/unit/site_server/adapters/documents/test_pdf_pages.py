from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from site_server.adapters.documents.pdf_pages import (
    CountLimits,
    Found,
    Uncountable,
    count_pdf,
    is_coloured,
)
from tests.fixtures.make_documents import BLUE, LETTER, Page, documents, pdf

DOCUMENTS = Path(__file__).parents[4] / "fixtures" / "documents"
LIMITS = CountLimits()


def count(content: bytes, folder: Path, limits: CountLimits = LIMITS) -> Found | Uncountable:
    path = folder / "document"
    path.write_bytes(content)
    return count_pdf(path, limits)


def test_the_fixtures_are_what_their_generator_writes() -> None:
    on_disk = {path.name: path.read_bytes() for path in DOCUMENTS.iterdir()}

    assert on_disk == documents()


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("mono-3-pages.pdf", Found(mono=3, colour=0)),
        ("colour-2-of-5-pages.pdf", Found(mono=3, colour=2)),
        ("document-letter.pdf", Found(mono=1, colour=0)),
        ("encrypted.pdf", Uncountable.ENCRYPTED),
        ("damaged.pdf", Uncountable.DAMAGED),
        ("no-pages.pdf", Uncountable.NO_PAGES),
        ("gray.jpg", Uncountable.DAMAGED),
        ("nowhere.pdf", Uncountable.MISSING),
    ],
)
def test_pages_are_counted_by_colour_or_the_reason_is_told(
    name: str, found: Found | Uncountable
) -> None:
    assert count_pdf(DOCUMENTS / name, LIMITS) == found


def test_an_error_of_the_document_before_is_not_blamed_on_this_one() -> None:
    assert count_pdf(DOCUMENTS / "encrypted.pdf", LIMITS) is Uncountable.ENCRYPTED
    assert count_pdf(DOCUMENTS / "no-pages.pdf", LIMITS) is Uncountable.NO_PAGES
    assert count_pdf(DOCUMENTS / "damaged.pdf", LIMITS) is Uncountable.DAMAGED
    assert count_pdf(DOCUMENTS / "no-pages.pdf", LIMITS) is Uncountable.NO_PAGES


def test_a_thin_coloured_line_makes_a_colour_page(tmp_path: Path) -> None:
    thin = pdf(Page(text="A line")).replace(
        b"0.6 0.6 0.6 rg 72 640 200 60", b"0.9 0.0 0.0 rg 72 640 200 1.", 1
    )

    assert count(thin, tmp_path) == Found(mono=0, colour=1)


def test_a_huge_and_a_tiny_page_are_looked_at_in_bounded_pixels(tmp_path: Path) -> None:
    sizes = [(14_400, 14_400), (1, 1), (14_400, 1), LETTER]
    pages = [Page(text="x", colour=BLUE, size=size) for size in sizes]
    found = count(pdf(*pages), tmp_path)

    assert isinstance(found, Found)
    assert found.mono + found.colour == len(sizes)


def test_more_pages_than_allowed_are_not_counted(tmp_path: Path) -> None:
    pages = [Page(text=str(number)) for number in range(4)]

    assert count(pdf(*pages), tmp_path, CountLimits(pages_max=4)) == Found(mono=4, colour=0)
    assert count(pdf(*pages), tmp_path, CountLimits(pages_max=3)) is Uncountable.TOO_MANY_PAGES


def test_a_document_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    assert count(pdf(Page(text="x")), tmp_path, CountLimits(time_ms_max=0)) is Uncountable.TOO_SLOW


@pytest.mark.parametrize(
    ("pixel", "coloured"),
    [
        ((0, 0, 0), False),
        ((128, 128, 128), False),
        ((250, 244, 240), False),
        ((230, 255, 255), True),
        ((0, 0, 90), True),
    ],
)
def test_nearly_grey_is_grey(pixel: tuple[int, int, int], *, coloured: bool) -> None:
    pixels = bytes((255, 255, 255, 0)) * 50 + bytes((*pixel, 0))

    assert is_coloured(pixels) is coloured


def image_page(*, side: int) -> bytes:
    """A page that is one colour image, which is large only once it is unpacked."""
    packed = zlib.compress(bytes((200, 30, 30)) * side * side)
    image = (
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB"
        b" /BitsPerComponent 8 /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream"
        % (side, side, len(packed), packed)
    )
    plain = pdf(Page(text="image"))
    head, _, tail = plain.partition(b"xref\n")
    drawn = head.replace(b"/Font << /F1 3 0 R >>", b"/XObject << /I 6 0 R >>").replace(
        b"0.6 0.6 0.6 rg 72 640 200 60 re f", b"q 400 0 0 400 0 0 cm /I Do Q           "
    )
    return drawn + b"6 0 obj\n" + image + b"\nendobj\nxref\n" + tail


def test_a_colour_photo_makes_a_colour_page(tmp_path: Path) -> None:
    assert count(image_page(side=200), tmp_path) == Found(mono=0, colour=1)
