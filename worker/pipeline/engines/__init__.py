"""Engines that run a graph: one small interface, ONNX Runtime and OpenVINO behind it."""

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
