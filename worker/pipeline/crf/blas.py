"""One thread for the matrix products of the grid.

They are small and done in microseconds. On several threads OpenBLAS makes the threads wait for each
other instead, which on a busy machine was measured to take fifty times as long.
"""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any, cast


def one_blas_thread() -> AbstractContextManager[Any]:
    """A context in which numpy's products run on the calling thread.

    Does nothing where threadpoolctl is not installed; `OPENBLAS_NUM_THREADS=1` in the environment
    has the same effect there.
    """
    controller = _controller()
    if controller is None:
        return nullcontext()
    return cast(AbstractContextManager[Any], controller.limit(limits=1))


@cache
def _controller() -> Any:
    """Looking for the loaded libraries takes milliseconds, so it is done once."""
    try:
        threadpoolctl = importlib.import_module("threadpoolctl")
    except ImportError:
        return None
    return threadpoolctl.ThreadpoolController().select(user_api="blas")
