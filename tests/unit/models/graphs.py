"""Real ONNX graphs that need no training."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from worker.pipeline import Architecture, InputSpec, ModelCard, file_sha256


def write_dark_finder(
    zoo: Path,
    name: str,
    *,
    level: float = 75.0,
    gain: float = 1.0,
    training: dict[str, Any] | None = None,
) -> Path:
    """Write a model: logits are 0.2 `gain` times how far the 7×7 mean of grey is below `level`."""
    scale = 0.2 * gain
    kernel = np.full((1, 3, 7, 7), -scale / (3 * 49), np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Pad", ["image", "pads"], ["padded"], mode="edge"),
            helper.make_node("Conv", ["padded", "kernel", "bias"], ["logits"]),
        ],
        name,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 1, "h", "w"])],
        [
            numpy_helper.from_array(np.array([0, 0, 3, 3, 0, 0, 3, 3]), "pads"),
            numpy_helper.from_array(kernel, "kernel"),
            numpy_helper.from_array(np.array([scale * level], np.float32), "bias"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    folder = zoo / name / "1.0.0"
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    ModelCard(
        name=name,
        version="1.0.0",
        title="Dark regions",
        intended_use="Tests.",
        created=date(2026, 1, 1),
        sha256=file_sha256(folder / "model.onnx"),
        architecture=Architecture(
            name="mean filter", encoder="none", output_stride=1, parameters=148, macs=147 * 4096
        ),
        input=InputSpec(area=4096, multiple=8),
        training=training or {},
    ).write(folder)
    return folder
