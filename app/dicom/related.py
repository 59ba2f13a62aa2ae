"""Bodies of type multipart/related (RFC 2387), part by part, never a whole body in memory."""

import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from app.core.problems import Problem

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

SPOOL_BYTES = 4 * 1024 * 1024
"""A larger part is kept on disk."""
_BOUNDARY = 200
_Event = tuple[str, bytes]


@dataclass
class Part:
    """One part of a body; the recipient closes its file.

    Attributes:
        kind: its content type in lower case, without parameters; empty if it has none.
        file: positioned at its start; None if it is too large.
    """

    kind: str
    file: IO[bytes] | None


def boundary_of(content_type: str) -> tuple[bytes, str]:
    """Return the boundary that a Content-Type states, and the type of its parts.

    Raises:
        Problem: 415 if it is not multipart/related; 400 if it has no boundary.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/related":
        raise Problem(
            415,
            "unsupported-media-type",
            'Send DICOM files as `multipart/related; type="application/dicom"`.',
        )
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= _BOUNDARY:
        raise broken("Its Content-Type names no boundary.")
    return boundary, options.get(b"type", b"").decode("latin-1").lower()


async def parts(body: AsyncIterator[bytes], boundary: bytes, largest: int) -> AsyncIterator[Part]:
    """Yield the parts of a body in the order in which they arrive.

    Args:
        largest: most bytes of a part; the file of a larger one is None.

    Raises:
        Problem: 400 if the body is incomplete or not multipart.
    """
    events: list[_Event] = []
    parser = MultipartParser(boundary, _callbacks(events))
    headers: dict[bytes, bytes] = {}
    name = value = b""
    file: IO[bytes] | None = None
    size, ended, kind = 0, False, ""
    try:
        async for chunk in body:
            try:
                parser.write(chunk)
            except MultipartParseError as error:
                raise broken("Its parts cannot be separated.") from error
            for what, data in events:
                if what == "begin":
                    headers, name, value = {}, b"", b""
                    file, size = tempfile.SpooledTemporaryFile(SPOOL_BYTES), 0  # noqa: SIM115
                elif what == "name":
                    name += data
                elif what == "value":
                    value += data
                elif what == "header":
                    headers[name.lower()] = value
                    name = value = b""
                elif what == "data":
                    size += len(data)
                    if file is not None and size > largest:
                        file.close()
                        file = None
                    if file is not None:
                        if size > SPOOL_BYTES:
                            await run_in_threadpool(file.write, data)
                        else:
                            file.write(data)
                elif what == "part":
                    kind = parse_options_header(headers.get(b"content-type", b""))[0].decode(
                        "latin-1"
                    )
                    if file is not None:
                        file.seek(0)
                    done, file = file, None
                    yield Part(kind, done)
                else:
                    ended = True
            events.clear()
        if not ended:
            raise broken("It ends before its last boundary.")
    finally:
        if file is not None:
            file.close()


def _callbacks(events: list[_Event]) -> "MultipartCallbacks":
    def mark(what: str) -> Callable[[], None]:
        return lambda: events.append((what, b""))

    def piece(what: str) -> Callable[[bytes, int, int], None]:
        return lambda data, start, end: events.append((what, data[start:end]))

    return {
        "on_part_begin": mark("begin"),
        "on_header_field": piece("name"),
        "on_header_value": piece("value"),
        "on_header_end": mark("header"),
        "on_part_data": piece("data"),
        "on_part_end": mark("part"),
        "on_end": mark("end"),
    }


def broken(why: str) -> Problem:
    """Return a 400 for a body that is not multipart."""
    return Problem(
        400, "broken-multipart", f"The body cannot be read: {why} Send it again in full."
    )
