"""One server per data folder."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

LOCK_FILE = "serve.lock"


@dataclass(frozen=True, slots=True)
class Holder:
    """The running server that holds a data folder."""

    pid: int
    url: str
    """Its address for people."""
    local_url: str
    """Its address on this machine, without any proxy."""


class AlreadyRunningError(Exception):
    """Another server holds the data folder."""

    def __init__(self, data_dir: Path, holder: Holder | None) -> None:
        who = f" (process {holder.pid}): {holder.url}" if holder else "."
        super().__init__(
            f"Sonoloop is already running on the folder {data_dir.absolute()}{who}\n"
            "Use that one, stop it first, or choose another folder with SONOLOOP_DATA_DIR."
        )
        self.holder = holder


@contextmanager
def hold(data_dir: Path) -> Iterator[Callable[[str, str], None]]:
    """Lock the folder during the block; the kernel releases it however the process ends.

    Yields:
        A function that records the server's public and local address for later processes.

    Raises:
        AlreadyRunningError: another process holds it.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = data_dir / LOCK_FILE
    # Do not truncate it before it is locked, and never delete it: a second server could lock a
    # second file under the same name.
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyRunningError(data_dir, _read(path)) from error

        def announce(url: str, local_url: str) -> None:
            holder = Holder(os.getpid(), url, local_url)
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps(asdict(holder)).encode(), 0)

        try:
            yield announce
        finally:
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def holder(data_dir: Path) -> Holder | None:
    """Return the process that serves the folder now, or None."""
    path = data_dir / LOCK_FILE
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _read(path)
    finally:
        os.close(handle)
    return None


def _read(path: Path) -> Holder | None:
    try:
        content = json.loads(path.read_text("utf-8"))
        return Holder(**content)
    except (OSError, ValueError, TypeError):
        return None  # the other process has not written it yet
