"""The interface of every engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class Tensor(NamedTuple):
    """An input or output of a graph: element type (`float32`) and shape, with None where free."""

    type: str
    shape: tuple[int | None, ...]


class Engine(Protocol):
    """A loaded graph. May run in several threads at once; nothing changes after loading."""

    @property
    def provider(self) -> str:
        """The execution provider in use; results of one provider are identical byte for byte."""
        ...

    @property
    def inputs(self) -> Mapping[str, Tensor]: ...

    @property
    def outputs(self) -> Mapping[str, Tensor]: ...

    def run(self, outputs: Sequence[str], batch: Array) -> list[Array]:
        """Return the requested outputs, each with the batch as its first axis.

        Args:
            batch: float32 [N,3,H,W] for the one input `image`.
        """
        ...


_beside = ThreadPoolExecutor(8, thread_name_prefix="view")
"""Threads for additional views; each takes one core, so there are never many."""


def one_by_one(run: Callable[[Array], list[Array]], batch: Array, *, beside: bool) -> list[Array]:
    """Run the items of a batch one at a time and concatenate the outputs.

    On a processor this is faster than one run of the batch: an item's values stay in the caches,
    and two threads that run one item each never wait, while two that share a run wait for each
    other after every layer.

    Args:
        beside: run the items at the same time, on separate threads.
    """
    if len(batch) == 1:
        return run(batch)
    items = [batch[at : at + 1] for at in range(len(batch))]
    if beside:
        others = [_beside.submit(run, item) for item in items[1:]]
        found = [run(items[0]), *(other.result() for other in others)]
    else:
        found = [run(item) for item in items]
    return [np.concatenate(parts) for parts in zip(*found, strict=True)]
