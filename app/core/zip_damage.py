"""Errors that a damaged ZIP raises, and the size of a ZIP's list of files."""

from __future__ import annotations

import errno
import lzma
import struct
import zipfile
import zlib
from typing import IO

DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, OSError, EOFError),
    *(ValueError, NotImplementedError, RuntimeError, OverflowError, IndexError, MemoryError),
)
"""Errors that `zipfile` and its decompressors raise for damaged bytes. A damaged LZMA header may
ask for 4 GiB of memory."""
_OURS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE})
"""Faults of this machine, not of the archive: the last bytes written to a temporary file may reach
the disk only when the file is read."""
_END, _END_64, _LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_LONGEST_COMMENT = 65_535


def is_damage(error: BaseException) -> bool:
    """Return whether an error raised while reading a ZIP means that the ZIP is damaged, and not
    that this machine is out of disk space or of open files."""
    return isinstance(error, DAMAGE) and getattr(error, "errno", None) not in _OURS


def directory_bytes(file: IO[bytes]) -> int:
    """Return the length of the list of files as the ZIP's end states it (APPNOTE 4.3.14 and
    4.3.16).

    `zipfile` reads all of it at once, so its length has to be checked first.
    """
    end = file.seek(0, 2)
    start = max(0, end - _LONGEST_COMMENT - 22 - 20)
    file.seek(start)
    tail = file.read()
    file.seek(0)
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        raise zipfile.BadZipFile
    size = int(struct.unpack_from("<L", tail, at + 12)[0])
    if tail[max(0, at - 20) : at].startswith(_LOCATOR_64):
        file.seek(struct.unpack_from("<Q", tail, at - 12)[0])
        record = file.read(56)
        file.seek(0)
        if record.startswith(_END_64) and len(record) == 56:
            size = max(size if size < 0xFFFFFFFF else 0, struct.unpack_from("<Q", record, 40)[0])
    return size
