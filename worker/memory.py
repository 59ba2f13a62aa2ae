"""Memory of worker processes: a limit, and releasing it after large jobs."""

import ctypes
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

BACKGROUND_BYTES = 4 * 1024**3
"""Memory limit of an import or an export; one that needs more fails alone."""
KEPT_BYTES = 512 * 1024**2
"""Resident size above which a process returns freed memory to the machine."""
MOST_KEPT_KIB = 1536 * 1024
"""Resident size, in KiB as in Celery, above which a process is replaced after its task."""


def limit_background() -> None:
    """Make this process fail with MemoryError before the machine runs out of memory."""
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
    """After a job, return freed memory to the machine if there is much.

    This is not done after every job: memory obtained again must be cleared page by page, which
    takes more time per image than decoding.
    """
    _jobs.ended += 1
    if _pages(1) * resource.getpagesize() > KEPT_BYTES:
        _trim()


def rest() -> bool:
    """Called every few seconds: return freed memory once after a series of jobs, when nobody waits.

    Returns:
        Whether memory was returned now.
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
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # exists in glibc, not in musl
        if trim is not None:
            trim(0)


def _pages(column: int) -> int:
    """A value of /proc/self/statm: 0 address space, 1 resident; 0 if the file does not exist."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[column])
    except OSError:
        return 0
