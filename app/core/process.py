"""Lifetime and priority of processes: they end with the one that started them."""

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
# Loaded at import, because nothing may be loaded after a fork.
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent dies, however it dies.

    Call it in a child right after the fork, before it starts threads. The parent must fork from a
    thread that lives as long as the parent, because the kernel watches that thread. Outside Linux
    this does nothing.

    Args:
        parent: process id of the parent, read before the fork; this process ends at once if the
            parent died in between.
    """
    if _LIBC is None:
        return
    if _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    if os.getppid() != parent:
        os._exit(1)


def lower_priority(nice: int) -> None:
    """Give this process, and those that it starts, a lower priority.

    Call it after `setsid`: Linux weighs sessions against each other, and a process's own niceness
    counts only within its session.

    Args:
        nice: increase of the niceness, 1 to 19.
    """
    os.nice(nice)
    with suppress(OSError):  # no groups of sessions on this system, or it refuses
        Path("/proc/self/autogroup").write_text(str(nice), encoding="ascii")


def wait_until_closed(handle: int) -> None:
    """Return when every copy of the writing end of a pipe is closed.

    Args:
        handle: file descriptor of the pipe's reading end.
    """
    while os.read(handle, 1):
        pass
