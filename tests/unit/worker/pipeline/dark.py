"""A real ONNX model for the tests of the pipeline: it calls dark tissue a lesion."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from worker.pipeline import (
    Architecture,
    Calibration,
    InputSpec,
    ModelCard,
    MorphologySettings,
    PipelineSettings,
    file_sha256,
)
from worker.pipeline.card import ModelClass

BLUR = 9
LEVEL = 115.0
GAIN = 0.1


def write_dark_model(
    root: Path,
    name: str = "dark",
    version: str = "1.0.0",
    gain: float = GAIN,
    level: float = LEVEL,
    **card: Any,
) -> Path:
    """Write a model whose logits are `gain` times how far the blurred grey is below `level`; black
    is not tissue."""
    kernel = np.full((1, 3, BLUR, BLUR), 1 / (3 * BLUR * BLUR), np.float32)
    half = BLUR // 2
    pads = np.array([0, 0, half, half, 0, 0, half, half])
    graph = helper.make_graph(
        [
            helper.make_node("Pad", ["image", "pads"], ["padded"], mode="edge"),
            helper.make_node("Conv", ["padded", "kernel"], ["grey"]),
            helper.make_node("Sub", ["level", "grey"], ["dark"]),
            helper.make_node("Mul", ["dark", "gain"], ["above"]),
            helper.make_node("Sub", ["grey", "black"], ["lit"]),
            helper.make_node("Min", ["above", "lit"], ["logits"]),
        ],
        name,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 1, "h", "w"])],
        [
            numpy_helper.from_array(pads, "pads"),
            numpy_helper.from_array(kernel, "kernel"),
            numpy_helper.from_array(np.float32(level), "level"),
            numpy_helper.from_array(np.float32(gain), "gain"),
            numpy_helper.from_array(np.float32(6), "black"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return write_model(root, model, name, version, **card)


def write_classes_model(
    root: Path,
    name: str = "two-kinds",
    version: str = "1.0.0",
    classes: tuple[str, ...] = ("cyst", "calcification"),
    *,
    tells: bool = False,
    **card: Any,
) -> Path:
    """Write a model of three channels: background, dark pixels (first class), bright ones (second).

    Black is not tissue, so everything outside the sector is background. With `tells`, presence is
    the mean logit.
    """
    third = np.float32(GAIN / 3)
    mean = helper.make_node("ReduceMean", ["logits", "all_axes"], ["presence"], keepdims=0)
    kernel = np.stack([np.zeros(3), np.full(3, -third), np.full(3, third)]).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["image", "kernel", "bias"], ["told"]),
            helper.make_node("ReduceMean", ["image", "axes"], ["grey"], keepdims=1),
            helper.make_node("Sub", ["grey", "black"], ["lit"]),
            helper.make_node("Min", ["told", "lit"], ["lesions"]),
            helper.make_node("Mul", ["lesions", "lesion_channels"], ["logits"]),
            *([mean] * tells),
        ],
        name,
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 3, "h", "w"]),
            *([helper.make_tensor_value_info("presence", TensorProto.FLOAT, ["n"])] * tells),
        ],
        [
            numpy_helper.from_array(kernel[..., None, None], "kernel"),
            numpy_helper.from_array(np.array([0, GAIN * 70, GAIN * -170], np.float32), "bias"),
            numpy_helper.from_array(np.array([1]), "axes"),
            *([numpy_helper.from_array(np.array([1, 2, 3]), "all_axes")] * tells),
            numpy_helper.from_array(np.float32(6), "black"),
            numpy_helper.from_array(
                np.array([0, 1, 1], np.float32).reshape(1, 3, 1, 1), "lesion_channels"
            ),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    fields = {"classes": tuple(ModelClass(name=one) for one in classes), **card}
    return write_model(root, model, name, version, **fields)


def write_grey_model(root: Path, **card: Any) -> Path:
    """Write a model: dark pixels are lesion; the embedding is the mean grey in three channels."""
    kernel = np.full((1, 3, 1, 1), -GAIN / 3, np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["image", "kernel", "bias"], ["logits"]),
            helper.make_node("ReduceMean", ["image", "axes"], ["embedding"], keepdims=0),
        ],
        "grey",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 1, "h", "w"]),
            helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 3]),
        ],
        [
            numpy_helper.from_array(kernel, "kernel"),
            numpy_helper.from_array(np.array([GAIN * LEVEL], np.float32), "bias"),
            numpy_helper.from_array(np.array([2, 3]), "axes"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return write_model(root, model, "grey", "1.0.0", **card)


def write_telling_model(root: Path, *, embeds: bool = False, **card: Any) -> Path:
    """Write a model: dark pixels are lesion, and presence rises with the share of dark pixels; with
    `embeds` the embedding is the image's mean grey in three channels."""
    kernel = np.full((1, 3, 1, 1), -GAIN / 3, np.float32)
    mean = helper.make_node("ReduceMean", ["image", "sides"], ["embedding"], keepdims=0)
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["image", "kernel", "bias"], ["logits"]),
            helper.make_node("Sigmoid", ["logits"], ["dark"]),
            helper.make_node("ReduceMean", ["dark", "axes"], ["share"], keepdims=0),
            helper.make_node("Mul", ["share", "gain"], ["much"]),
            helper.make_node("Add", ["much", "offset"], ["presence"]),
            *([mean] * embeds),
        ],
        "telling",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 1, "h", "w"]),
            *([helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 3])] * embeds),
            helper.make_tensor_value_info("presence", TensorProto.FLOAT, ["n"]),
        ],
        [
            numpy_helper.from_array(kernel, "kernel"),
            numpy_helper.from_array(np.array([GAIN * 75], np.float32), "bias"),
            numpy_helper.from_array(np.array([1, 2, 3]), "axes"),
            numpy_helper.from_array(np.array([2, 3]), "sides"),
            numpy_helper.from_array(np.float32(100), "gain"),
            numpy_helper.from_array(np.float32(-3), "offset"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return write_model(root, model, "telling", "1.0.0", **card)


def write_model(root: Path, model: onnx.ModelProto, name: str, version: str, **card: Any) -> Path:
    """Write the graph to its folder, with a card, and return the folder."""
    folder = root / name / version
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    fields: dict[str, Any] = {
        "name": name,
        "version": version,
        "title": "Dark regions",
        "intended_use": "Tests.",
        "created": date(2026, 1, 1),
        "sha256": file_sha256(folder / "model.onnx"),
        "architecture": Architecture(
            name="mean filter", encoder="none", output_stride=1, parameters=0, macs=0
        ),
        "input": InputSpec(area=65536, multiple=32),
        "calibration": Calibration(),
        # The opening removes the dim seam that blurring leaves along the sector.
        "pipeline": PipelineSettings(
            morphology=MorphologySettings(opening_radius=4, min_area_fraction=0.01)
        ),
    }
    ModelCard(**{**fields, **card}).write(folder)
    return folder
