"""Kernel limits on a process that decodes untrusted bytes, whatever a codec does."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG = 1
_MOST_FILES_OPEN = 64
_FIRST_TO_KILL = "1000"


def leave_network() -> None:
    """Give up network access if the process is permitted to; otherwise do nothing."""
    libc = _libc()
    if libc is not None:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def end_with(parent: int) -> None:
    """Let the kernel kill this process when its parent dies."""
    libc = _libc()
    if libc is not None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def confine(memory_bytes: int) -> None:
    """Forbid written files and core dumps, and limit open files and additional address space."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_KILL)
    _limit(resource.RLIMIT_CORE, 0)  # a dump would contain a patient's picture
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, _MOST_FILES_OPEN)
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        _limit(resource.RLIMIT_AS, pages * resource.getpagesize() + memory_bytes)


def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if sys.platform == "linux" else None


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (most, hard))
