"""The document formats of our queues, and what the first bytes say about an unnamed one."""

from __future__ import annotations

from typing import Final

PDF: Final = "application/pdf"
OCTET_STREAM: Final = "application/octet-stream"

FORMATS: Final = (
    OCTET_STREAM,
    PDF,
    "application/postscript",
    "image/jpeg",
    "image/pwg-raster",
    "text/plain",
)
"""What is accepted. Only the pages of PDF are counted; the others pass through as bytes."""

_SIGNATURES: Final = (
    (b"%PDF-", PDF),
    (b"%!PS", "application/postscript"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"RaS2", "image/pwg-raster"),
)


def sense(declared: str, first_bytes: bytes) -> str:
    """The format: what was declared, or for octet-stream what the first bytes look like."""
    if declared != OCTET_STREAM:
        return declared
    return next(
        (name for signature, name in _SIGNATURES if first_bytes.startswith(signature)), declared
    )
