"""Weights that slow processors down become zeros, and nothing else in a graph changes."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from worker.deidentify import reader
from worker.pipeline.onnx_wire import flush_subnormals

SUBNORMAL = np.float32(3e-41)
LEAST = np.finfo(np.float32).tiny


def graph(weights: np.ndarray, bias: np.ndarray) -> onnx.ModelProto:
    """Return the graph of `y = x · weights + bias`."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2])
    nodes = [helper.make_node("Gemm", ["x", "weights", "bias"], ["y"])]
    initializers = [
        numpy_helper.from_array(weights, "weights"),
        numpy_helper.from_array(bias, "bias"),
    ]
    return helper.make_model(helper.make_graph(nodes, "small", [x], [y], initializers))


def test_subnormal_weights_become_zeros_and_no_others() -> None:
    weights = np.array([[1, SUBNORMAL], [-SUBNORMAL, LEAST], [-LEAST, 0]], np.float32)
    bias = np.array([SUBNORMAL, 2.5], np.float32)
    flushed = onnx.load_from_string(flush_subnormals(graph(weights, bias).SerializeToString()))
    expected = np.array([[1, 0], [0, LEAST], [-LEAST, 0]], np.float32)
    assert flushed == graph(expected, np.array([0, 2.5], np.float32))


def test_other_types_keep_their_bits() -> None:
    bits = SUBNORMAL.view(np.int32)
    made = helper.make_model(
        helper.make_graph(
            [helper.make_node("Identity", ["numbers"], ["y"])],
            "small",
            [],
            [helper.make_tensor_value_info("y", TensorProto.INT32, [1])],
            [numpy_helper.from_array(np.array([bits]), "numbers")],
        )
    ).SerializeToString()
    assert flush_subnormals(made) == made


def test_a_file_that_was_cut_is_refused() -> None:
    whole = graph(np.ones((3, 2), np.float32), np.ones(2, np.float32)).SerializeToString()
    with pytest.raises((ValueError, IndexError)):
        flush_subnormals(whole[:-3])


@pytest.mark.parametrize("name", ["PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"])
def test_the_networks_that_read_have_none_left(name: str) -> None:
    original = (reader._folder() / name).read_bytes()
    flushed = onnx.load_from_string(flush_subnormals(original))
    for was, now in zip(
        onnx.load_from_string(original).graph.initializer, flushed.graph.initializer, strict=True
    ):
        before, after = numpy_helper.to_array(was), numpy_helper.to_array(now)
        if after.dtype == np.float32:
            assert not ((after != 0) & (np.abs(after) < LEAST)).any()
            assert np.abs(before - after).max(initial=0) < LEAST
        else:
            assert np.array_equal(before, after)
