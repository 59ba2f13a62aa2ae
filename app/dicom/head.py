"""The header of a DICOM file before its pixels: the instance's UID and class.

The api may read no further. This reads a bounded part of a file, allocates nothing by the lengths
it states, and decodes no values except four UIDs.
"""

import re
import struct
import zlib
from dataclasses import dataclass
from typing import IO

HEAD_BYTES = 1024 * 1024
"""The UIDs are within it, unless private elements of that size precede them."""
_PREAMBLE = 128
_META_GROUP = 0x0002
_UID = re.compile(r"[0-9][0-9.]{0,63}")
_LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"UC", b"UN", b"UR", b"UT"})
_LONG |= frozenset({b"SV", b"UV"})
_IMPLICIT = "1.2.840.10008.1.2"
_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_DEFLATED = "1.2.840.10008.1.2.1.99"
_UNDEFINED = 0xFFFFFFFF
_DELIMITERS = 0xFFFE
_CLASS, _INSTANCE, _STUDY = 0x00080016, 0x00080018, 0x0020000D
_META_CLASS, _META_INSTANCE, _META_SYNTAX = 0x00020002, 0x00020003, 0x00020010


@dataclass(frozen=True, slots=True)
class Head:
    """UIDs of a file, empty if it states none. The last two may lead to a patient, so they are
    neither stored nor logged."""

    sop_class: str
    transfer_syntax: str
    instance: str
    study: str

    def __repr__(self) -> str:
        return f"Head({self.sop_class!r}, {self.transfer_syntax!r})"


def read_head(file: IO[bytes]) -> Head | None:
    """Return the head of a Part 10 file and rewind it; None if it is not such a file."""
    file.seek(0)
    data = file.read(HEAD_BYTES)
    file.seek(0)
    if data[_PREAMBLE : _PREAMBLE + 4] != b"DICM":
        return None
    found: dict[int, str] = {}
    at = _walk(data, _PREAMBLE + 4, "<", explicit=True, last=0x0002FFFF, found=found)
    syntax = found.get(_META_SYNTAX, "")
    if not syntax:
        return None
    body = data[at:]
    if syntax == _DEFLATED:
        try:
            body = zlib.decompressobj(-zlib.MAX_WBITS).decompress(body, HEAD_BYTES)
        except zlib.error:
            body = b""
    order = ">" if syntax == _BIG_ENDIAN else "<"
    _walk(body, 0, order, explicit=syntax != _IMPLICIT, last=_STUDY, found=found)
    return Head(
        found.get(_CLASS) or found.get(_META_CLASS, ""),
        syntax,
        found.get(_INSTANCE) or found.get(_META_INSTANCE, ""),
        found.get(_STUDY, ""),
    )


_WANTED = {_CLASS, _INSTANCE, _STUDY, _META_CLASS, _META_INSTANCE, _META_SYNTAX}


def _walk(
    data: bytes, at: int, order: str, *, explicit: bool, last: int, found: dict[int, str]
) -> int:
    """Collect the wanted UIDs up to the tag `last`; return where the next element begins."""
    depth = 0
    while at + 8 <= len(data):
        group, element, length = struct.unpack_from(f"{order}HHI", data, at)
        tag = group << 16 | element
        if depth == 0 and tag > last and group != _DELIMITERS:
            break
        vr = data[at + 4 : at + 6]
        begin = at + 8
        if group == _DELIMITERS:
            if element != 0xE000:
                depth = max(0, depth - 1)
                length = 0
        elif explicit and vr in _LONG:
            if begin + 4 > len(data):
                break
            (length,) = struct.unpack_from(f"{order}I", data, begin)
            begin += 4
        elif explicit:
            (length,) = struct.unpack_from(f"{order}H", data, at + 6)
        if length == _UNDEFINED:
            depth += 1
            at = begin
            continue
        if depth == 0 and tag in _WANTED:
            text = data[begin : begin + min(length, 70)].decode("ascii", "replace").strip("\0 ")
            if _UID.fullmatch(text):
                found[tag] = text
        at = begin + length
    return at
