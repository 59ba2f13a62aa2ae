"""A ZIP archive written in parts that are finished one by one.

Files are stored, not deflated: nearly all are PNG already, and a download can then resume anywhere.
A part is a sequence of whole files with their local headers; the last part ends with the central
directory (ZIP64 if necessary). The archive is the concatenation of the parts. Only one part's list
of files is in memory at a time. Format: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.3.

The same files give the same bytes: every file is dated 1980-01-01, the earliest that ZIP knows.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import IO

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")

_UTF8 = 0x0800
_STORED = 0
_TIME, _DATE = 0, 0x0021
_VERSION, _VERSION64 = 20, 45
_UNIX = 3 << 8
_REGULAR_FILE = 0o100644 << 16
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a part.

    Attributes:
        name: path in the archive, with slashes.
        size: bytes.
        crc32: as ZIP requires it.
        sha256: hexadecimal.
        offset: start of its local header, from the beginning of the part.
    """

    name: str
    size: int
    crc32: int
    sha256: str
    offset: int


class FileTooLargeError(ValueError):
    """A file of 4 GiB or more, too large for the local headers written here."""


def add_file(part: IO[bytes], name: str, pieces: Iterable[bytes]) -> Entry:
    """Append one file to a part, which must be readable and seekable.

    Raises:
        FileTooLargeError: the file does not fit.
    """
    offset = part.tell()
    encoded = name.encode()
    part.write(_LOCAL.pack(b"PK\x03\x04", *([0] * 10)) + encoded)
    size, crc, digest = 0, 0, hashlib.sha256()
    for piece in pieces:
        part.write(piece)
        size += len(piece)
        crc = zlib.crc32(piece, crc)
        digest.update(piece)
        if size >= _FULL32:
            raise FileTooLargeError(f"{name} has 4 GiB or more")
    end = part.tell()
    # Size and checksum are known only now, but belong before the bytes.
    part.seek(offset)
    part.write(
        _LOCAL.pack(
            *(b"PK\x03\x04", _VERSION, _UTF8, _STORED, _TIME, _DATE),
            *(crc, size, size, len(encoded), 0),
        )
    )
    part.seek(end)
    return Entry(name, size, crc, digest.hexdigest(), offset)


def encode_entries(entries: Iterable[Entry]) -> bytes:
    """Encode entries as JSON lines, to be stored beside a part."""
    return b"".join(json.dumps(asdict(entry)).encode() + b"\n" for entry in entries)


def decode_entries(data: bytes) -> Iterator[Entry]:
    """Read the entries that `encode_entries` wrote."""
    return (Entry(**json.loads(line)) for line in data.splitlines())


def central_directory(files: Iterable[tuple[int, Entry]], start: int) -> Iterator[bytes]:
    """Yield the end of an archive in pieces.

    Args:
        files: every file with the offset of its part in the archive, in order.
        start: offset of the directory in the archive.
    """
    count = size = 0
    for base, entry in files:
        piece = _central(base + entry.offset, entry)
        yield piece
        count, size = count + 1, size + len(piece)
    if count >= _FULL16 or size >= _FULL32 or start >= _FULL32:
        end64 = start + size
        yield _END64.pack(
            *(b"PK\x06\x06", _END64.size - 12, _UNIX | _VERSION64, _VERSION64, 0, 0),
            *(count, count, size, start),
        )
        yield _LOCATOR64.pack(b"PK\x06\x07", 0, end64, 1)
    yield _END.pack(
        *(b"PK\x05\x06", 0, 0, min(count, _FULL16), min(count, _FULL16)),
        *(min(size, _FULL32), min(start, _FULL32), 0),
    )


def _central(offset: int, entry: Entry) -> bytes:
    name = entry.name.encode()
    far = offset >= _FULL32
    extra = struct.pack("<2HQ", 1, 8, offset) if far else b""
    version = _VERSION64 if far else _VERSION
    head = _CENTRAL.pack(
        *(b"PK\x01\x02", _UNIX | version, version, _UTF8, _STORED, _TIME, _DATE),
        *(entry.crc32, entry.size, entry.size, len(name), len(extra), 0, 0, 0),
        *(_REGULAR_FILE, _FULL32 if far else offset),
    )
    return head + name + extra
