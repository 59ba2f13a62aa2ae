"""The beginning and the encoding of a DICOM file's data set (PS3.10 7).

pydicom inflates a deflated data set while it opens the file, so the transfer syntax must be known
first. Scanners and archives also write files without the preamble of 128 bytes, and some without
file meta information; the first element shows which kind it is.
"""

from __future__ import annotations

import struct

from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from worker.ingest.errors import damaged, truncated

_PREAMBLE = 128
_MAGIC = b"DICM"
_META_GROUP = b"\x02\x00"
_LONG_LENGTH_VR = frozenset({b"OB", b"OW", b"OF", b"OD", b"OL", b"SQ", b"UC", b"UN", b"UR", b"UT"})
_FIRST_VR = frozenset({b"UL", b"CS", b"DA", b"LO", b"SH", b"TM", b"UI", b"DT", b"ST"})
"""Possible first elements of a data set or of file meta information; see PS3.6."""
_LAST_FIRST_ELEMENT = 0x0070
"""A data set starts with group length, character set, image type, a UID, a date or a name of group
0008; with a first element beyond this it is not an image's data set.
"""
_MAX_FIRST_LENGTH = 1024
_DELIMITERS, _ITEM = 0xFFFE, 0xE000
_UNDEFINED = 0xFFFFFFFF


def is_bare_dicom(data: bytes) -> bool:
    """Whether a file without the preamble starts like file meta information or a data set."""
    begins_meta = data[:2] == _META_GROUP and _guess(data, 0x0002) is not None
    return begins_meta or _bare_syntax(data) != ""


def transfer_syntax(data: bytes) -> tuple[UID, int]:
    """Return the transfer syntax and the start of the data set.

    If the meta information is missing or does not state it, the first element decides.

    Raises:
        DecodeError: the file ends in its meta information, or it is not a data set.
    """
    at = _PREAMBLE + len(_MAGIC) if data[_PREAMBLE:][: len(_MAGIC)] == _MAGIC else 0
    syntax = ""
    try:
        while data[at : at + 2] == _META_GROUP:
            (element,) = struct.unpack_from("<H", data, at + 2)
            vr = data[at + 4 : at + 6]
            if vr in _LONG_LENGTH_VR:
                (length,) = struct.unpack_from("<I", data, at + 8)
                begin = at + 12
            else:
                (length,) = struct.unpack_from("<H", data, at + 6)
                begin = at + 8
            at = begin + length
            if at > len(data):
                raise truncated()
            if element == 0x0010:
                syntax = data[begin:at].decode("ascii", "replace").strip("\0 ")
    except struct.error:
        raise truncated() from None
    if not syntax:
        if at >= len(data):
            raise truncated()
        syntax = _bare_syntax(data[at : at + _PREAMBLE])
    if not syntax:
        raise damaged()
    return UID(syntax), at


def _bare_syntax(data: bytes) -> str:
    """The transfer syntax indicated by a first element of group 0008, or an empty string."""
    explicit = _guess(data, 0x0008)
    if explicit is not None:
        return ExplicitVRLittleEndian if explicit else ImplicitVRLittleEndian
    if len(data) >= 8 and data[:2] == b"\x00\x08" and data[4:6] in _FIRST_VR:
        return ExplicitVRBigEndian
    return ""


def _guess(data: bytes, group: int) -> bool | None:
    """Whether a little-endian element of the group has an explicit VR; None without such an
    element.
    """
    if len(data) < 8:
        return None
    found, element, length = struct.unpack_from("<HHI", data)
    if found != group or element > _LAST_FIRST_ELEMENT:
        return None
    if data[4:6] in _FIRST_VR:
        return True
    if group == 0x0008 and length <= _MAX_FIRST_LENGTH and length % 2 == 0:
        return False
    return None


def is_cut(data: bytes, at: int, syntax: UID) -> bool:
    """Whether a data set that starts at `at` ends within an element; not for deflated ones.

    pydicom reads what it can and does not report the rest.
    """
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    explicit = syntax != ImplicitVRLittleEndian
    still_open = 0
    while at + 8 <= len(data):
        group, element, length = struct.unpack_from(f"{order}HHI", data, at)
        vr = data[at + 4 : at + 6]
        at += 8
        if group == _DELIMITERS:
            if element != _ITEM:
                still_open -= 1
                continue
        elif explicit and vr in _LONG_LENGTH_VR:
            if at + 4 > len(data):
                return True
            (length,) = struct.unpack_from(f"{order}I", data, at)
            at += 4
        elif explicit:
            (length,) = struct.unpack_from(f"{order}H", data, at - 2)
        if length == _UNDEFINED and vr == b"UN" and explicit:
            return False  # its content is encoded differently (PS3.5 6.2.2)
        if length == _UNDEFINED:
            still_open += 1
        else:
            at += length
    return at != len(data) or still_open > 0
