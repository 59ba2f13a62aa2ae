"""Finding the type of a file takes time linear in its length."""

from __future__ import annotations

import time

import pytest

from worker.ingest import DecodeError, DecodeLimits, decode

SECONDS = 2.0
"""A hundred times what the slowest takes; the unfixed code would exceed it by far."""

HOSTILE = {
    "empty comments": b"<!---->" * 500 + b"x",
    "comments that never end": b"<!--" * 1000,
    "comments apart": b"<!-- -- > -->  \n" * 250 + b"<",
    "blanks": b" " * 4000 + b"<",
    "declarations": b"<?xml " * 600 + b">",
    "document types": b"<!DOCTYPE svg" + b" " * 4000,
    "fill bytes of a JPEG": b"\xff\xd8\xff" + b"\xff" * 4_000_000 + b"\x00",
    "fill bytes in a scan": b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x08\x00\x08\x01\x01\x11\x00"
    b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\xff" * 4_000_000 + b"\x00",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_holds_the_scanner_longer_than_its_length(name: str) -> None:
    started = time.process_time()
    with pytest.raises(DecodeError):
        decode(HOSTILE[name], DecodeLimits())
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"<!----><!-- a --> <svg>", "unsupported-svg"),
        (b'<?xml version="1.0"?>\n<!-- a --><!DOCTYPE svg PUBLIC "-">\n<svg ', "unsupported-svg"),
        (b"\xef\xbb\xbf  <!doctype  html><p>", "unsupported-html"),
        (b"<!-- a -- b --><html>", "unsupported-html"),
        (b"<!-- never ends <svg>", "unsupported-format"),
    ],
)
def test_drawings_and_pages_are_still_told_apart(text: bytes, code: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(text, DecodeLimits())
    assert caught.value.code == code
