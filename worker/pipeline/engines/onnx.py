"""ONNX Runtime on TensorRT, CUDA or the processor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from worker.pipeline.card import ModelError
from worker.pipeline.engines.contract import Array, Tensor, one_by_one

if TYPE_CHECKING:
    import onnxruntime

CPU = "CPUExecutionProvider"
PROVIDER_ORDER = ("TensorrtExecutionProvider", "CUDAExecutionProvider", CPU)
"""Execution providers in order of preference; those that are not installed are skipped."""
_TYPES = {"tensor(float)": "float32"}


class OnnxRuntimeEngine:
    """An ONNX Runtime session. On the processor the items of a batch run one by one.

    Args:
        threads: CPU threads; None uses all cores that ONNX Runtime sees.
        beside: images usually come in pairs (with their mirror image), so that two runs share the
            threads.

    Raises:
        ModelError: none of the providers is installed, or the graph cannot be loaded.
    """

    def __init__(
        self,
        path: Path,
        providers: Sequence[str] | None,
        threads: int | None,
        cache: Path | None = None,
        *,
        beside: bool = False,
    ) -> None:
        import onnxruntime  # not by the processes that only decode

        available = onnxruntime.get_available_providers()
        wanted = [p for p in (providers or PROVIDER_ORDER) if p in available]
        if not wanted:
            raise ModelError(
                f"None of the execution providers {list(providers or PROVIDER_ORDER)} is "
                f"installed; this build of ONNX Runtime has {available}."
            )
        if wanted[0] != CPU and hasattr(onnxruntime, "preload_dlls"):
            onnxruntime.preload_dlls()  # CUDA and cuDNN from their wheels, if installed
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        # ONNX Runtime's memory pool would keep the peak of all runs, 40 MiB for an image; memory
        # that malloc keeps between runs costs no time either and can be released (`worker.memory`).
        options.enable_cpu_mem_arena = False
        # Spinning threads would take the cores from the other stages and other workers.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._beside = beside and threads != 1
        if threads is not None:
            # A run computes on its calling thread and on the session's threads, which are one fewer
            # than this number; two runs have two calling threads.
            options.intra_op_num_threads = max(1, threads - 1) if self._beside else threads
            options.inter_op_num_threads = 1
        try:
            self._session: onnxruntime.InferenceSession = onnxruntime.InferenceSession(
                str(path), options, providers=[(p, _options(p, cache)) for p in wanted]
            )
        except Exception as error:  # ONNX Runtime raises many types for an unusable file
            raise ModelError(f"ONNX Runtime cannot load {path}: {error}") from error

    @property
    def provider(self) -> str:
        """The execution provider that actually runs the graph."""
        return str(self._session.get_providers()[0])

    @property
    def inputs(self) -> Mapping[str, Tensor]:
        """By name."""
        return {one.name: _tensor(one) for one in self._session.get_inputs()}

    @property
    def outputs(self) -> Mapping[str, Tensor]:
        """By name."""
        return {one.name: _tensor(one) for one in self._session.get_outputs()}

    def run(self, outputs: Sequence[str], batch: Array) -> list[Array]:
        """As `Engine.run`."""

        def run(part: Array) -> list[Array]:
            found: list[Array] = self._session.run(list(outputs), {"image": part})
            return found

        if self.provider != CPU:
            return run(batch)
        return one_by_one(run, batch, beside=self._beside)


def _options(provider: str, cache: Path | None) -> dict[str, str]:
    """Options of a provider. TensorRT takes minutes to build an engine that is not cached."""
    if provider != PROVIDER_ORDER[0] or cache is None:
        return {}
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": str(cache),
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": str(cache),
    }


def _tensor(value: onnxruntime.NodeArg) -> Tensor:
    shape = tuple(size if isinstance(size, int) else None for size in value.shape)
    return Tensor(_TYPES.get(value.type, value.type), shape)
