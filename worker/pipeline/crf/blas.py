"""One thread for the matrix products of the grid.

The products are small and take microseconds. With several threads, OpenBLAS makes them wait for
each other, which took fifty times as long when measured on a busy machine.
"""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any, cast


def one_blas_thread() -> AbstractContextManager[Any]:
    """Return a context in which numpy's matrix products run on the calling thread.

    Does nothing if threadpoolctl is not installed; `OPENBLAS_NUM_THREADS=1` in the environment then
    has the same effect.
    """
    controller = _controller()
    if controller is None:
        return nullcontext()
    return cast(AbstractContextManager[Any], controller.limit(limits=1))


@cache
def _controller() -> Any:
    """Finding the loaded libraries takes milliseconds, so it is done once."""
    try:
        threadpoolctl = importlib.import_module("threadpoolctl")
    except ImportError:
        return None
    return threadpoolctl.ThreadpoolController().select(user_api="blas")
