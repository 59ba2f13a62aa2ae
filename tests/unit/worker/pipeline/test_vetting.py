"""A site's graph never serves if it could run for ever, read other files or answer with NaN."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.unit.worker.pipeline.dark import write_dark_model, write_model
from worker.pipeline import BrokenModelError, ModelCard, ModelError, Network, load_default
from worker.pipeline.vetting import VERIFIED, vet

IMAGE = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])
LOGITS = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 1, "h", "w"])
CHANNEL = numpy_helper.from_array(np.full((1, 3, 1, 1), 1 / 3, np.float32), "kernel")
GREY = helper.make_node("Conv", ["image", "kernel"], ["grey"])


def model(nodes: list[onnx.NodeProto], *weights: onnx.TensorProto) -> onnx.ModelProto:
    graph = helper.make_graph([GREY, *nodes], "graph", [IMAGE], [LOGITS], [CHANNEL, *weights])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def endless() -> onnx.ModelProto:
    """Return a graph that loops 2^62 times."""
    names = ("round", "go", "value")
    kinds = (TensorProto.INT64, TensorProto.BOOL, TensorProto.FLOAT)
    inputs = [
        helper.make_tensor_value_info(n, k, [] if n != "value" else ["n", 1, "h", "w"])
        for n, k in zip(names, kinds, strict=True)
    ]
    outputs = [
        helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
        helper.make_tensor_value_info("next", TensorProto.FLOAT, ["n", 1, "h", "w"]),
    ]
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("Identity", ["value"], ["next"]),
        ],
        "body",
        inputs,
        outputs,
    )
    loop = helper.make_node("Loop", ["times", "", "grey"], ["logits"], body=body)
    return model([loop], numpy_helper.from_array(np.int64(2**62), "times"))


def outside() -> onnx.ModelProto:
    """Return a graph whose weights are in an external file."""
    weights = numpy_helper.from_array(np.zeros(1, np.float32), "bias")
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    for key, value in (("location", "../../../etc/passwd"), ("length", "4")):
        entry = weights.external_data.add()
        entry.key, entry.value = key, value
    return model([helper.make_node("Add", ["grey", "bias"], ["logits"])], weights)


def foreign() -> onnx.ModelProto:
    return model([helper.make_node("Gelu", ["grey"], ["logits"], domain="com.example")])


def drawing_lots() -> onnx.ModelProto:
    return model([helper.make_node("RandomUniformLike", ["grey"], ["logits"])])


def with_functions() -> onnx.ModelProto:
    made = model([helper.make_node("Identity", ["grey"], ["logits"])])
    made.functions.append(
        helper.make_function(
            "", "Again", ["a"], ["b"], [helper.make_node("Relu", ["a"], ["b"])], made.opset_import
        )
    )
    return made


def greedy() -> onnx.ModelProto:
    """Return a graph that needs 10^12 values for a small picture."""
    return model(
        [
            helper.make_node("Expand", ["one", "shape"], ["much"]),
            helper.make_node("ReduceMax", ["much"], ["most"], keepdims=0),
            helper.make_node("Add", ["grey", "most"], ["logits"]),
        ],
        numpy_helper.from_array(np.ones((1, 1), np.float32), "one"),
        numpy_helper.from_array(np.array([10**6, 10**6]), "shape"),
    )


def never_finite() -> onnx.ModelProto:
    return model(
        [
            helper.make_node("Sub", ["grey", "grey"], ["zero"]),
            helper.make_node("Div", ["zero", "zero"], ["logits"]),
        ]
    )


def coarse() -> onnx.ModelProto:
    """Return a graph that answers at half the size."""
    pool = helper.make_node("MaxPool", ["grey"], ["logits"], kernel_shape=[2, 2], strides=[2, 2])
    return model([pool])


def finite_but_for_black() -> onnx.ModelProto:
    """Return a graph that computes 0 / 0 if the whole picture is black."""
    return model(
        [
            helper.make_node("ReduceMax", ["grey"], ["most"], keepdims=0),
            helper.make_node("Div", ["grey", "most"], ["logits"]),
        ]
    )


REFUSED = {
    endless: "'Loop'",
    outside: "data outside its file",
    foreign: "'Gelu'",
    drawing_lots: "'RandomUniformLike'",
    with_functions: "functions of its own",
    greedy: "did not come to an end",
    never_finite: "not finite",
    coarse: "shape",
}


@pytest.mark.parametrize("graph", REFUSED, ids=lambda graph: graph.__name__)
def test_a_graph_that_must_not_serve_is_refused_before_it_serves(
    tmp_path: Path, graph: object
) -> None:
    assert callable(graph)
    write_model(tmp_path, graph(), "bad", "1.0.0")
    with pytest.raises(ModelError, match=REFUSED[graph]):
        load_default(tmp_path, name="bad")
    assert not (tmp_path / VERIFIED).exists()


def test_bytes_that_are_no_graph_are_refused(tmp_path: Path) -> None:
    folder = write_dark_model(tmp_path)
    card, whole = ModelCard.read(folder), (folder / "model.onnx").read_bytes()
    for data in (b"", b"\xff" * 40, whole[: len(whole) // 2], b"\x3a\xff\xff\xff\xff\x0f"):
        (folder / "model.onnx").write_bytes(data)
        with pytest.raises(ModelError, match="no intact ONNX file"):
            vet(folder, card)


def test_what_has_passed_is_not_tried_again_until_it_changes(tmp_path: Path) -> None:
    folder = write_dark_model(tmp_path)
    load_default(tmp_path, name="dark")
    (mark,) = (tmp_path / VERIFIED).iterdir()
    assert mark.name.startswith(ModelCard.read(folder).sha256)
    started = time.process_time()
    vet(folder, ModelCard.read(folder))
    assert time.process_time() - started < 0.1
    write_model(tmp_path, never_finite(), "other", "1.0.0")
    with pytest.raises(ModelError, match="not finite"):
        load_default(tmp_path, name="other")


def test_an_answer_that_is_no_number_is_an_error_and_never_no_lesion(tmp_path: Path) -> None:
    write_model(tmp_path, finite_but_for_black(), "dark", "1.0.0")
    network: Network = load_default(tmp_path, name="dark", threads=1)
    assert np.isfinite(network.logits(np.full((64, 64), 9, np.uint8))).all()
    with pytest.raises(BrokenModelError, match="not finite"):
        network.logits(np.zeros((64, 64), np.uint8))
