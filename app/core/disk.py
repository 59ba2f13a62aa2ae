"""Making bytes survive a power cut, and recognising a full disk."""

import errno
import os
import sqlite3
from pathlib import Path

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Numbers of errors that say that there is no room for a file."""
_POSTGRES_DISK_FULL = "53100"


def is_full(error: BaseException) -> bool:
    """Whether an error of the operating system or of the database says that a disk is full."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, OSError):
        return cause.errno in FULL
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(cause, "sqlstate", None) == _POSTGRES_DISK_FULL


def sync(path: Path) -> None:
    """Sync a file or a folder."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:  # the object was deleted already, and perhaps its folder with it
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
