"""The engine that runs a graph, chosen by setting or by rule.

A rule, and not a measurement at every start, because two starts on one machine must give the same
masks. The rule follows from `python -m bench.engines`: OpenVINO runs 8-bit graphs faster and gains
next to nothing in float32. In bfloat16, if the processor has instructions for it, it takes half the
time of float32 and costs one two-thousandth of the IoU; that is for the site to choose.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from worker.pipeline.engines.batching import BatchingEngine
from worker.pipeline.engines.contract import Engine
from worker.pipeline.engines.onnx import CPU, PROVIDER_ORDER, OnnxRuntimeEngine
from worker.pipeline.engines.openvino import OpenVinoEngine, Precision

BUDGET_SECONDS = 0.004
"""Time that an image waits for others on a GPU when several are being processed."""

EngineName = Literal["auto", "onnxruntime", "openvino"]

_HALF = {"avx512_bf16", "amx_bf16"}
_EIGHT_BIT = {"avx512_vnni", "avx_vnni"}
"""Flags in /proc/cpuinfo for instructions that multiply bfloat16 and 8-bit numbers."""


@dataclass(frozen=True)
class Choice:
    """An engine, and the precision in which it computes float32 graphs."""

    name: Literal["onnxruntime", "openvino"]
    precision: Precision = "f32"


REFERENCE = Choice("onnxruntime")


def choose(
    wanted: EngineName, path: Path, providers: Sequence[str] | None, flags: frozenset[str]
) -> Choice:
    """Choose the engine for a graph.

    Args:
        wanted: `auto` applies the rule.
        path: the graph.
        providers: allowed execution providers of ONNX Runtime; None allows any.
        flags: the processor's features, as :func:`processor_flags` returns them.
    """
    if wanted == "onnxruntime":
        return REFERENCE
    eight_bit = is_quantised(path)
    if wanted == "openvino":
        half = bool(flags & _HALF) and not eight_bit
        return Choice("openvino", "bf16" if half else "f32")
    if not installed() or _has_gpu() or list(providers or [CPU]) != [CPU]:
        return REFERENCE
    return Choice("openvino") if eight_bit and flags & _EIGHT_BIT else REFERENCE


def open_engine(
    path: Path,
    choice: Choice,
    providers: Sequence[str] | None,
    threads: int | None,
    *,
    beside: bool,
    callers: int = 1,
    cache_folder: Path | None = None,
) -> Engine:
    """Load a graph.

    Args:
        path: the graph.
        choice: the engine.
        providers: as for `OnnxRuntimeEngine`.
        threads: CPU threads of each caller.
        beside: images usually come in pairs.
        callers: number of threads that run the graph at once.
        cache_folder: where TensorRT caches its compiled engines.

    Raises:
        ModelError: the graph cannot be loaded, or the engine is not installed.
    """
    if choice.name == "openvino":
        return OpenVinoEngine(path, threads, callers, choice.precision)
    engine = OnnxRuntimeEngine(path, providers, threads, cache_folder, beside=beside)
    if callers > 1 and engine.provider != CPU:
        return BatchingEngine(engine, 2 * callers if beside else callers, BUDGET_SECONDS)
    return engine


def is_quantised(path: Path) -> bool:
    """Whether a graph computes in 8 bits: it contains the operator that quantises."""
    return b"QuantizeLinear" in path.read_bytes()


def installed() -> bool:
    """Whether OpenVINO is installed; only on x86, where it was measured."""
    return platform.machine() in ("x86_64", "AMD64") and find_spec("openvino") is not None


def usable_cores() -> int:
    """Number of cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


@cache
def processor_flags() -> frozenset[str]:
    """The processor's flags as /proc/cpuinfo lists them; empty if that file does not exist."""
    try:
        lines = Path("/proc/cpuinfo").read_text("ascii", "replace").splitlines()
    except OSError:
        return frozenset()
    line = next((line for line in lines if line.startswith("flags")), "")
    return frozenset(line.partition(":")[2].split())


def _has_gpu() -> bool:
    import onnxruntime

    return bool(set(PROVIDER_ORDER[:2]) & set(onnxruntime.get_available_providers()))
