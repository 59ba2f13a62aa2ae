"""Small file systems, so that tests can fill them."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.processes import wait_until


@contextmanager
def small_disk(folder: Path, megabytes: int = 3) -> Iterator[Path]:
    """Mount a small file system on a folder; needs root."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder.mkdir(parents=True, exist_ok=True)
    size = f"size={megabytes}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        # Lazily, because a process that the test stops may still have a file open there.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, leave: int = 0) -> Path:
    """Write a file that leaves this many bytes free, and return its path.

    Other processes may write to the disk at the same time.
    """
    filler = disk / "filler"

    def filled() -> bool:
        found = os.statvfs(disk)
        try:
            filler.write_bytes(b"\0" * max(0, found.f_bavail * found.f_frsize - leave))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return not leave and filler.exists()
        return True

    wait_until(filled, what="for the disk to be full")
    return filler
