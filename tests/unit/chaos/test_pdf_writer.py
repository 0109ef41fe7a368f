"""The documents of the scenarios are real PDFs."""

from __future__ import annotations

import pypdfium2

from chaos.pdf_writer import PageInk, write_document

PAGES = (PageInk.MONO, PageInk.COLOUR, PageInk.MONO)


def rendered_colours(page: pypdfium2.PdfPage) -> set[tuple[int, int, int]]:
    picture = page.render(scale=0.1)
    data, stride, depth = bytes(picture.buffer), picture.stride, picture.n_channels
    return {
        tuple(data[row * stride + column * depth :][:3])  # type: ignore[misc]
        for row in range(picture.height)
        for column in range(picture.width)
    }


def test_a_document_is_a_pdf_with_the_pages_asked_for() -> None:
    document = write_document("report", PAGES)
    pdf = pypdfium2.PdfDocument(document.content)
    assert len(pdf) == 3
    texts = [page.get_textpage().get_text_bounded() for page in pdf]
    assert texts == [f"report, page {n} of 3" for n in (1, 2, 3)]
    pdf.close()
    assert (document.mono_pages, document.colour_pages) == (2, 1)


def test_only_a_colour_page_shows_a_colour() -> None:
    pdf = pypdfium2.PdfDocument(write_document("report", PAGES).content)
    colourful = [
        any(max(colour) - min(colour) > 50 for colour in rendered_colours(page)) for page in pdf
    ]
    assert colourful == [False, True, False]
    pdf.close()


def test_two_names_make_two_documents_and_one_name_always_the_same() -> None:
    first = write_document("first", PAGES)
    assert first.sha256 == write_document("first", PAGES).sha256
    assert first.sha256 != write_document("second", PAGES).sha256


def test_a_name_cannot_break_out_of_its_text() -> None:
    pdf = pypdfium2.PdfDocument(write_document("a) Tj (b\\", PAGES).content)
    assert len(pdf) == 3
    pdf.close()
