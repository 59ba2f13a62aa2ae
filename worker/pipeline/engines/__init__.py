"""Engines that run a graph: one small interface for ONNX Runtime and OpenVINO."""

from worker.pipeline.engines.choice import (
    Choice,
    EngineName,
    choose,
    open_engine,
    usable_cores,
)
from worker.pipeline.engines.contract import Engine, Tensor
from worker.pipeline.engines.openvino import Precision

__all__ = [
    "Choice",
    "Engine",
    "EngineName",
    "Precision",
    "Tensor",
    "choose",
    "open_engine",
    "usable_cores",
]
