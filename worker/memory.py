"""Memory of worker processes: a limit, and giving back what a large job needed."""

import ctypes
import resource
import sys
from pathlib import Path

BACKGROUND_BYTES = 4 * 1024**3
"""What an import or an export may have in memory; one that wants more fails by itself."""
KEPT_BYTES = 512 * 1024**2
"""Resident size above which a process returns what it has freed."""
MOST_KEPT_KIB = 1536 * 1024
"""Resident size, in KiB as Celery counts, above which a process is replaced after its task."""


def limit_background() -> None:
    """Let this process fail with MemoryError before the machine has no memory left."""
    used = _pages(0) * resource.getpagesize()
    if used:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (used + BACKGROUND_BYTES, hard))


def give_back() -> None:
    """Return freed memory to the machine where there is much.

    Not after every job: memory that comes back has to be cleared page by page, which costs an image
    more time than all of decoding.
    """
    if _pages(1) * resource.getpagesize() > KEPT_BYTES and sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc; musl has none
        if trim is not None:
            trim(0)


def _pages(column: int) -> int:
    """A figure of /proc/self/statm: 0 address space, 1 resident; 0 where there is none."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[column])
    except OSError:
        return 0
