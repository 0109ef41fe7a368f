from __future__ import annotations

import pytest

from site_server.ipp.document_format import OCTET_STREAM, sense


@pytest.mark.parametrize(
    ("first_bytes", "name"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"%!PS-Adobe-3.0", "application/postscript"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RaS2Pwg", "image/pwg-raster"),
        (b"%PD", OCTET_STREAM),
        (b"", OCTET_STREAM),
    ],
)
def test_an_unnamed_document_is_known_by_its_first_bytes(first_bytes: bytes, name: str) -> None:
    assert sense(OCTET_STREAM, first_bytes) == name


def test_a_named_document_keeps_its_name() -> None:
    assert sense("text/plain", b"%PDF-1.7") == "text/plain"
