"""Make bytes survive a kill and a power cut, and recognise a full disk. Needs only the standard
library, because workers and models use it as well."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Error numbers that mean there is no room for a file."""
_POSTGRES_DISK_FULL = "53100"


def is_full(error: BaseException) -> bool:
    """Return whether an error of the operating system or the database means a full disk."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, OSError):
        return cause.errno in FULL
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(cause, "sqlstate", None) == _POSTGRES_DISK_FULL


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that replaces `path` when the block ends without an error.

    A reader of `path` finds the old content or the new one, never a part, even after a kill. Only
    one process at a time may write a path; a partial file that a kill left is overwritten.

    Raises:
        OSError: the folder does not exist or cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in the way of :func:`replacing`.

    Raises:
        OSError: the folder does not exist or cannot be written.
    """
    with replacing(path) as file:
        file.write(content)


def sync(path: Path) -> None:
    """Sync a file or a folder."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:  # the object is already deleted, perhaps with its folder
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
