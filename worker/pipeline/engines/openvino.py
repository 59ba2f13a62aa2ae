"""OpenVINO on x86: another engine for the same graphs, optional (`sonoloop[openvino]`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Literal

import numpy as np

from worker.pipeline.card import ModelError
from worker.pipeline.engines.contract import Array, Tensor

Precision = Literal["f32", "bf16"]
_TYPES = {"f32": "float32"}


class OpenVinoEngine:
    """A graph compiled by OpenVINO for this processor, for inputs of any size.

    Compiling one graph per size is 3 % faster and takes the same memory again for each.

    Args:
        path: the graph.
        threads: CPU threads of each caller; None takes all cores.
        callers: number of threads that run the graph at once.
        precision: precision of convolutions in float32 graphs; 8-bit graphs are unaffected.

    Raises:
        ModelError: OpenVINO is not installed or cannot load the graph.
    """

    def __init__(self, path: Path, threads: int | None, callers: int, precision: Precision) -> None:
        try:
            import openvino
        except ImportError as error:
            raise ModelError(
                "The engine OpenVINO is not installed; install the extra 'openvino' or set "
                "SONOLOOP_ENGINE=onnxruntime."
            ) from error
        # Each stream computes one item and never waits; there are rarely more threads than items.
        # In bfloat16, running all items together on the threads of one stream is half as fast
        # again.
        self._together = precision == "bf16"
        options: dict[str, Any] = {"INFERENCE_PRECISION_HINT": precision, "NUM_STREAMS": callers}
        if threads is not None:
            options["INFERENCE_NUM_THREADS"] = threads * callers
            if not self._together:
                options["NUM_STREAMS"] = threads * callers
        try:
            core = openvino.Core()
            self._compiled = core.compile_model(core.read_model(str(path)), "CPU", options)
        except Exception as error:  # OpenVINO raises RuntimeError for nearly everything
            raise ModelError(f"OpenVINO cannot load {path}: {error}") from error
        self._precision = precision
        self._idle: SimpleQueue[Any] = SimpleQueue()

    @property
    def provider(self) -> str:
        """`OpenVINO-CPU`, with the precision if it is not float32."""
        return "OpenVINO-CPU" + ("" if self._precision == "f32" else f"-{self._precision}")

    @property
    def inputs(self) -> Mapping[str, Tensor]:
        """By name."""
        return {one.get_any_name(): _tensor(one) for one in self._compiled.inputs}

    @property
    def outputs(self) -> Mapping[str, Tensor]:
        """By name."""
        return {one.get_any_name(): _tensor(one) for one in self._compiled.outputs}

    def run(self, outputs: Sequence[str], batch: Array) -> list[Array]:
        """Run like `Engine.run`; in float32 and 8 bits, each item is a separate, parallel run."""
        parts = [batch] if self._together else [batch[at : at + 1] for at in range(len(batch))]
        requests = [self._request() for _ in parts]
        try:
            for request, part in zip(requests, parts, strict=True):
                request.start_async({"image": part})
            for request in requests:
                request.wait()
            # The next run overwrites the request's memory.
            return [
                np.concatenate([request.get_tensor(name).data for request in requests])
                for name in outputs
            ]
        finally:
            for request in requests:
                self._idle.put(request)

    def _request(self) -> Any:
        try:
            return self._idle.get_nowait()
        except Empty:
            return self._compiled.create_infer_request()


def _tensor(value: Any) -> Tensor:
    shape = tuple(
        int(size.get_length()) if size.is_static else None for size in value.partial_shape
    )
    name = value.element_type.get_type_name()
    return Tensor(_TYPES.get(name, name), shape)
