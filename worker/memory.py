"""Memory of worker processes: a limit, and giving back what a large job needed."""

import ctypes
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

BACKGROUND_BYTES = 4 * 1024**3
"""Memory limit of an import or an export; one that needs more fails by itself."""
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


@dataclass
class _Jobs:
    ended: int = 0
    at_last_look: int = -1
    trimmed_at: int = -1


_jobs = _Jobs()


def give_back() -> None:
    """After a job: return freed memory to the machine where there is much.

    Not after every job: memory that comes back has to be cleared page by page, which costs an image
    more time than all of decoding.
    """
    _jobs.ended += 1
    if _pages(1) * resource.getpagesize() > KEPT_BYTES:
        _trim()


def rest() -> bool:
    """Every few seconds: return freed memory once after the last of some jobs, when nobody waits.

    Returns:
        Whether that was done now.
    """
    ended, idle = _jobs.ended, _jobs.ended == _jobs.at_last_look
    _jobs.at_last_look = ended
    if not idle or _jobs.trimmed_at == ended:
        return False
    _jobs.trimmed_at = ended
    _trim()
    return True


def _trim() -> None:
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc; musl has none
        if trim is not None:
            trim(0)


def _pages(column: int) -> int:
    """A figure of /proc/self/statm: 0 address space, 1 resident; 0 where there is none."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[column])
    except OSError:
        return 0
