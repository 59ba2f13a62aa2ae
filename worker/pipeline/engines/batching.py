"""Runs of several callers combined into one batch, to keep a GPU busy."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType

import numpy as np

from worker.pipeline.engines.contract import Array, Engine, Tensor


@dataclass(frozen=True, eq=False)
class _Request:
    batch: Array
    outputs: tuple[str, ...]
    answer: Future[list[Array]]
    at: float


class BatchingEngine:
    """An engine that waits up to a budget for more images of the same size and runs them as one.

    A separate thread runs the underlying engine; callers wait. Requests that arrive while it
    computes form the next batch as soon as it is done, so the budget is waited for only when there
    is little to do.

    Args:
        engine: what runs the batches.
        most: at most this many images per batch.
        budget: at most this many seconds that the first image of a batch waits.
    """

    def __init__(self, engine: Engine, most: int, budget: float) -> None:
        self._engine = engine
        self._most = most
        self._budget = budget
        self._waiting: deque[_Request] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._runs = self._images = 0
        self._thread = threading.Thread(target=self._serve, name="batches", daemon=True)
        self._thread.start()

    def __enter__(self) -> BatchingEngine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Answer waiting requests and end the thread; the underlying engine stays usable."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    @property
    def provider(self) -> str:
        """The underlying engine's provider."""
        return self._engine.provider

    @property
    def inputs(self) -> Mapping[str, Tensor]:
        """Those of the engine beneath."""
        return self._engine.inputs

    @property
    def outputs(self) -> Mapping[str, Tensor]:
        """Those of the engine beneath."""
        return self._engine.outputs

    @property
    def mean_batch(self) -> float:
        """Images per run so far."""
        return self._images / self._runs if self._runs else 0.0

    def run(self, outputs: Sequence[str], batch: Array) -> list[Array]:
        """Run like `Engine.run`; raises whatever the run of the whole batch raised.

        Raises:
            RuntimeError: the engine is closed.
        """
        asked = _Request(batch, tuple(outputs), Future(), time.monotonic())
        with self._changed:
            if self._closed:
                raise RuntimeError("this engine is closed")
            self._waiting.append(asked)
            self._changed.notify_all()
        return asked.answer.result()

    def _serve(self) -> None:
        while taken := self._next():
            batch = np.concatenate([one.batch for one in taken])
            self._runs += 1
            self._images += len(batch)
            try:
                found = self._engine.run(taken[0].outputs, batch)
            except BaseException as error:
                for one in taken:
                    one.answer.set_exception(error)
                continue
            start = 0
            for one in taken:
                end = start + len(one.batch)
                one.answer.set_result([values[start:end] for values in found])
                start = end

    def _next(self) -> list[_Request]:
        """Return the oldest request with all similar ones that fit; empty once closed and done."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            if not self._waiting:
                return []
            first = self._waiting[0]
            until = first.at + self._budget
            while not self._closed and (left := until - time.monotonic()) > 0:
                if sum(len(one.batch) for one in self._alike(first)) >= self._most:
                    break
                self._changed.wait(left)
            taken: list[_Request] = []
            size = 0
            for one in self._alike(first):
                if taken and size + len(one.batch) > self._most:
                    break
                taken.append(one)
                size += len(one.batch)
            for one in taken:
                self._waiting.remove(one)
            return taken

    def _alike(self, first: _Request) -> list[_Request]:
        return [
            one
            for one in self._waiting
            if one.batch.shape[1:] == first.batch.shape[1:] and one.outputs == first.outputs
        ]
