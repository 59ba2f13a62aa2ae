"""Imports of a program that stay until its end."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lasting_imports() -> Iterator[None]:
    """What is imported within is no garbage, neither now nor later.

    The collector would go through the modules time and again while they come, and once more at the
    end of the process: a third of the processor time of a start and a stop.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
