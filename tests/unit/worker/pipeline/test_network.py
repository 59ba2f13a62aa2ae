"""The network stage keeps geometry, and refuses models that it cannot trust."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from tests.synthetic import EllipseLesion, ultrasound
from tests.unit.worker.pipeline.dark import GAIN, LEVEL, write_dark_model, write_model
from worker.pipeline import Calibration, InputSpec, ModelError, Network, PipelineSettings, fit_size
from worker.pipeline.network import pad_to_fit, resize_to_fit, to_probability, unfit

sides = st.integers(1, 3000)


@given(sides, sides)
def test_fit_size_keeps_area_and_aspect(height: int, width: int) -> None:
    size = fit_size(height, width, 65536, 32)
    assert size.padded_height % 32 == size.padded_width % 32 == 0
    assert 0 <= size.padded_height - size.height < 32
    assert 0 <= size.padded_width - size.width < 32
    assert max(size.height, size.width) <= 1024
    if max(height, width) <= 16 * min(height, width):
        assert size.height == pytest.approx(height * size.scale, abs=0.51)
        assert size.width == pytest.approx(width * size.scale, abs=0.51)
        assert size.height * size.width == pytest.approx(65536, rel=0.02)


def test_fit_size_refuses_nothing() -> None:
    with pytest.raises(ValueError, match="positive"):
        fit_size(0, 10, 65536, 32)


@pytest.mark.parametrize("shape", [(500, 700), (90, 60), (100, 100, 3)])
def test_a_mask_comes_back_where_it_was(shape: tuple[int, ...]) -> None:
    mask = EllipseLesion((shape[0] * 0.4, shape[1] * 0.6), (shape[1] / 5, shape[0] / 6)).mask(
        *shape[:2]
    )
    image = (mask * np.uint8(255)).astype(np.uint8)
    size = fit_size(*shape[:2], 65536, 32)
    padded = pad_to_fit(resize_to_fit(image, size), size)
    assert padded.shape == (size.padded_height, size.padded_width)
    back = unfit(padded.astype(np.float32), size, *shape[:2]) >= 127.5
    assert (back & mask).sum() / (back | mask).sum() > 0.97


def test_the_border_is_repeated_not_black() -> None:
    size = fit_size(200, 330, 65536, 32)
    padded = pad_to_fit(np.full((size.height, size.width), 77, np.uint8), size)
    assert (padded == 77).all()


def test_probability_is_the_calibrated_sigmoid() -> None:
    logits = np.array([[-500, -2, 0, 2, 500]], np.float32)
    found = to_probability(logits, 2.0)
    assert found.dtype == np.float32
    assert found[0] == pytest.approx([0, 0.26894142, 0.5, 0.73105858, 1], abs=1e-6)


def test_logits_are_those_of_the_graph(network: Network) -> None:
    flat = np.full((256, 256), 60, np.uint8)
    assert network.logits(flat) == pytest.approx(GAIN * (LEVEL - 60), abs=1e-3)
    assert network.logits(np.repeat(flat[..., None], 3, axis=2)) == pytest.approx(
        network.logits(flat), abs=1e-5
    )


def write_lopsided_model(root: Path) -> Path:
    """Write a model: logits look one pixel to the left; the embedding is the mean colour."""
    kernel = np.zeros((1, 3, 1, 3), np.float32)
    kernel[..., 0] = 1.0
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["image", "kernel"], ["logits"], pads=[0, 1, 0, 1]),
            helper.make_node("ReduceMean", ["image", "axes"], ["embedding"], keepdims=0),
        ],
        "lopsided",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 1, "h", "w"]),
            helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 3]),
        ],
        [
            numpy_helper.from_array(kernel, "kernel"),
            numpy_helper.from_array(np.array([2, 3]), "axes"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return write_model(root, model, "lopsided", "1.0.0")


def test_flip_averages_the_image_and_its_mirror_image(tmp_path: Path) -> None:
    network = Network.load(write_lopsided_model(tmp_path))
    image = np.random.default_rng(0).integers(0, 255, (200, 250, 3), np.uint8)
    mirror = np.ascontiguousarray(image[:, ::-1])
    size = network.fit_size(200, 250)
    resized, mirrored = resize_to_fit(image, size), resize_to_fit(mirror, size)
    plain, other = (network.look(each, size).logits for each in (resized, mirrored))
    assert plain.shape == (size.height, size.width) != (size.padded_height, size.padded_width)
    assert np.abs(plain - other[:, ::-1]).max() > 1, "the graph must tell left from right"
    flipped = network.look(resized, size, "flip").logits
    assert flipped == pytest.approx((plain + other[:, ::-1]) / 2, rel=1e-5)
    again = network.look(mirrored, size, "flip").logits
    assert flipped == pytest.approx(again[:, ::-1], rel=1e-5)


def test_embedding_is_given_by_graphs_that_have_it(tmp_path: Path, network: Network) -> None:
    with_embedding = Network.load(write_lopsided_model(tmp_path))
    image = np.random.default_rng(0).integers(0, 255, (256, 256, 3), np.uint8)
    size = with_embedding.fit_size(256, 256)
    for tta in ("none", "flip"):
        found = with_embedding.look(image, size, tta).embedding
        assert found == pytest.approx(image.mean((0, 1)), rel=1e-4)
    assert network.look(image, size).embedding is None


@pytest.mark.parametrize("size", [(1, 1), (37, 512), (512, 37), (300, 400)])
def test_any_size_gives_a_probability_for_every_pixel(
    network: Network, size: tuple[int, int]
) -> None:
    image = np.random.default_rng(0).integers(0, 255, size, np.uint8)
    found = network.probability(image)
    assert found.shape == size and found.dtype == np.float32
    assert found.min() >= 0 and found.max() <= 1


def test_threads_share_a_network(network: Network) -> None:
    images = [ultrasound(200, 240, seed).pixels for seed in range(4)]
    alone = [network.logits(image) for image in images]
    together: dict[int, bool] = {}

    def run(number: int) -> None:
        results = [np.array_equal(network.logits(images[number]), alone[number]) for _ in range(5)]
        together[number] = all(results)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == dict.fromkeys(range(4), True)


def test_the_provider_is_told(network: Network) -> None:
    assert network.provider == "CPUExecutionProvider"


def test_providers_that_are_not_there_are_passed_over(models: Path) -> None:
    folder = models / "dark" / "1.0.0"
    wanted = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    assert Network.load(folder, providers=wanted).provider in wanted
    with pytest.raises(ModelError, match="NoSuchProvider"):
        Network.load(folder, providers=["NoSuchProvider"])


def test_an_altered_model_is_refused(tmp_path: Path) -> None:
    folder = write_dark_model(tmp_path)
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelError, match="SHA-256"):
        Network.load(folder)


def test_a_missing_model_or_card_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"card\.json"):
        Network.load(tmp_path)
    folder = write_dark_model(tmp_path)
    (folder / "model.onnx").unlink()
    with pytest.raises(ModelError, match="missing"):
        Network.load(folder)


@pytest.mark.parametrize("shape", [["n", 3, 64, 64], [1, 3, "h", "w"]], ids=["size", "batch"])
def test_a_graph_that_breaks_the_contract_is_refused(
    tmp_path: Path, shape: list[int | str]
) -> None:
    fixed = helper.make_graph(
        [helper.make_node("ReduceMean", ["image"], ["logits"], keepdims=1)],
        "fixed",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [shape[0], 1, 1, 1])],
    )
    model = helper.make_model(fixed, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    folder = write_model(tmp_path, model, "fixed", "1.0.0")
    with pytest.raises(ModelError, match="contract"):
        Network.load(folder)


def test_a_file_that_is_no_graph_is_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path, onnx.ModelProto(), "nothing", "1.0.0")
    with pytest.raises(ModelError, match="ONNX Runtime"):
        Network.load(folder)


def test_the_card_knows_one_threshold(tmp_path: Path) -> None:
    folder = write_dark_model(
        tmp_path,
        calibration=Calibration(temperature=2.0, threshold=0.4),
        pipeline=PipelineSettings(threshold=0.4),
        input=InputSpec(area=4096, multiple=16),
    )
    network = Network.load(folder)
    assert PipelineSettings.for_card(network.card).threshold == 0.4
    card = json.loads((folder / "card.json").read_text())
    card["pipeline"]["threshold"] = 0.7
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="calibrated"):
        Network.load(folder)
