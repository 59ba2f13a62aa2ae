"""Files that come with a request: the part `file` of a form, its size and digest."""

import hashlib
import re
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Any, Self

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.core.http import too_large
from app.core.problems import Problem

LARGEST_FIELD = 1024
_EXTENDED = re.compile(rb";\s*filename\*\s*=", re.IGNORECASE)
_PLAIN = re.compile(rb";\s*filename\s*=", re.IGNORECASE)
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\";\s]*)", re.IGNORECASE)
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
"""The first bytes of a ZIP with files, and of an empty one (APPNOTE 4.3.7 and 4.3.16)."""


@dataclass(frozen=True, slots=True)
class Upload:
    """Bytes as received: a file positioned at its start, its size in bytes, its SHA-256."""

    file: IO[bytes]
    size: int
    sha256: str

    @classmethod
    def of(cls, file: IO[bytes]) -> Self:
        """Read a file to its end for its size and digest, and rewind it."""
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256")  # type: ignore[arg-type]
        size = file.tell()
        file.seek(0)
        return cls(file, size, digest.hexdigest())

    def is_dicom(self) -> bool:
        """Whether it is a DICOM file (PS3.10, 7.1), which names its own patient."""
        self.file.seek(128)
        prefix = self.file.read(4)
        self.file.seek(0)
        return prefix == b"DICM"

    def require_bytes(self) -> None:
        """Refuse an empty file.

        Raises:
            Problem: 400.
        """
        if self.size == 0:
            raise Problem(400, "empty-file", "The file is empty; choose another one.")

    def require_zip(self, code: str, detail: str) -> None:
        """Refuse a file that does not begin like a ZIP.

        Raises:
            Problem: 400 if it is empty; 415, with this code and detail, if it is not a ZIP.
        """
        self.require_bytes()
        start = self.file.read(4)
        self.file.seek(0)
        if start not in _ZIP_STARTS:
            raise Problem(415, code, detail)


def is_form(request: Request) -> bool:
    """Return whether the body is a multipart form; media types ignore case (RFC 9110, 8.3.1)."""
    kind = request.headers.get("Content-Type", "").partition(";")[0]
    return kind.strip().lower() == "multipart/form-data"


def announced(request: Request) -> int:
    """Return the size of the body in bytes as its sender states it, or 0 if it states none."""
    length = request.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def form_body(**fields: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI request body of a form with a part `file` and these text fields."""
    file = {"type": "string", "format": "binary"}
    schema = {"type": "object", "required": ["file"], "properties": {"file": file, **fields}}
    content = {"multipart/form-data": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


@asynccontextmanager
async def received(
    request: Request, what: str, most: int, fields: Collection[str] = ()
) -> AsyncIterator[tuple[Upload, dict[str, str]]]:
    """Yield the form's file, closed at the end, and the text of its other fields.

    Args:
        what: what the file is, for the person who forgot it.
        most: largest size of the file in bytes.
        fields: names of the fields that there may be.

    Raises:
        Problem: 400 broken form, 413 too large, 422 no file or an unknown field.
    """
    file, text = await receive_form(request, what, fields)
    if file is None:
        raise AssertionError("a form without a file was taken")
    try:
        upload = await run_in_threadpool(Upload.of, file)
        if upload.size > most:
            raise too_large(most)
        yield upload, text
    finally:
        await run_in_threadpool(file.close)


async def receive_form(
    request: Request, what: str, fields: Collection[str] = (), instead: str | None = None
) -> tuple[IO[bytes] | None, dict[str, str]]:
    """Return the form's file, which is on disk if it is large, and the text of its other fields.

    Args:
        what: what the file is, for the person who forgot it.
        fields: names of the fields that there may be.
        instead: the field that may name a file in place of the part `file`.

    Raises:
        Problem: 400 broken form, 422 no file, an unknown field or a NUL character.
    """
    missing = Problem(422, "no-file", f"Send {what} as the part `file` of a form.")
    if not is_form(request):
        raise missing
    charset = _CHARSET.search(request.headers["Content-Type"])
    if charset and charset[1].lower() not in {"utf-8", "utf8", "us-ascii"}:
        # Some of Python's encodings yield text that nothing can store.
        raise _broken("Its text is not UTF-8.", what)
    try:
        form = await _parse(request, len(fields))
    except MultiPartException as error:
        raise _broken(error.message, what) from error
    upload = form.get("file")
    named = instead is not None and "file" not in form and instead in form
    if not isinstance(upload, UploadFile) and not named:
        raise missing
    text: dict[str, str] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            if name not in fields or name in text:
                why = "twice" if name in text else "but this form has none of that name"
                known = ", ".join(f"`{one}`" for one in ("file", *fields))
                raise Problem(
                    422, "unknown-parameter", f"A field was sent {why}; the form takes {known}."
                )
            if "\x00" in value:
                why = f"`{name}` holds a NUL character; send it without."
                raise Problem(422, "invalid-request", why)
            text[name] = value
    return upload.file if isinstance(upload, UploadFile) else None, text


def _broken(why: str, what: str) -> Problem:
    detail = f"The form cannot be read: {why} Send {what} as its part `file`, once."
    return Problem(400, "broken-form", detail)


class _Parser(MultiPartParser):
    """A parser that also treats a part with only an RFC 5987 name (``filename*=``) as a file.

    The name itself is not used, so that it need not be decoded.
    """

    def on_headers_finished(self) -> None:
        part = self._current_part
        disposition = part.content_disposition or b""
        if not _PLAIN.search(disposition):
            part.content_disposition = _EXTENDED.sub(b"; filename=", disposition)
        super().on_headers_finished()


async def _parse(request: Request, most_fields: int) -> FormData:
    parser = _Parser(
        request.headers,
        request.stream(),
        max_files=1,
        # A few more than there are names, so that an unknown one is reported as such.
        max_fields=most_fields + 4,
        max_part_size=LARGEST_FIELD,
    )
    return await parser.parse()
