"""A quantised model is written as a model of the zoo that names its origin, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from click.testing import CliRunner, Result
from onnx import TensorProto, helper, numpy_helper

from models.commands.quantize import quantize
from models.data.samples import read_samples
from models.packaging.quantize import PipelineImages, first_in_float, kept_in_float
from tests.unit.models.graphs import write_dark_finder
from worker.pipeline import Network, PipelineSettings, file_sha256


@pytest.fixture
def site(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    source = {"folder": str(dataset), "train_folds": [1, 2], "validation_folds": [3]}
    training = {"config": {"sources": [source]}}
    folder = tmp_path / "site" / "models"
    # Weights of a few hundredths and logits of up to twenty: neither fits into 8 bits by chance.
    write_dark_finder(folder, "dark-finder", training=training)
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(tmp_path / "site"))
    return folder


def run(site: Path, *arguments: str) -> Result:
    return CliRunner().invoke(
        quantize, ["--model", "dark-finder", "--out", str(site), "--samples", "8", *arguments]
    )


@pytest.mark.parametrize("ranges", ["minmax", "average"])
def test_the_new_model_outlines_nearly_the_same_and_names_the_old_one(
    site: Path, ranges: str
) -> None:
    result = run(site, "--ranges", ranges)
    assert result.exit_code == 0, result.output
    whole = Network.load(site / "dark-finder" / "1.0.0")
    small = Network.load(site / "dark-finder-int8" / "1.0.0")
    lineage = small.card.training["quantized_from"]
    assert lineage["sha256"] == whole.card.sha256
    assert (lineage["images"], lineage["ranges"]) == (8, ranges)
    assert small.card.pipeline == whole.card.pipeline
    report = json.loads(result.stdout)
    assert small.card.metrics == {"float_and_int8": report}
    # Only two patients are held out, so training images are judged too, by others' ranges.
    assert report["synthetic"]["count"] == 4 + 8
    assert "cross-validation" in lineage["judged"]
    assert report["synthetic"]["change"] >= -0.005
    graph = onnx.load(small.folder / "model.onnx")
    assert "QuantizeLinear" in {node.op_type for node in graph.graph.node}
    image = np.random.default_rng(0).integers(60, 120, (64, 64, 3), dtype=np.uint8)
    before, after = whole.logits(image), small.logits(image)
    assert not np.array_equal(before, after)
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.99


def test_a_model_that_loses_too_much_is_not_written(site: Path) -> None:
    result = run(site, "--most-loss", "-1")
    assert result.exit_code == 1
    assert "nothing was written" in result.stderr
    assert not (site / "dark-finder-int8").exists()


def test_weights_and_domain_of_the_float_model_are_not_claimed(site: Path) -> None:
    folder = site / "dark-finder" / "1.0.0"
    (folder / "weights.safetensors").write_bytes(b"weights")
    card = Network.load(folder).card
    files = {"weights.safetensors": file_sha256(folder / "weights.safetensors")}
    card.model_copy(update={"files": files}).write(folder)
    assert run(site, "--name", "smaller", "--check", "2").exit_code == 0
    small = Network.load(site / "smaller" / "1.0.0")
    assert small.card.files == {}
    assert sorted(path.name for path in small.folder.iterdir()) == ["card.json", "model.onnx"]


def test_ranges_are_taken_from_what_the_pipeline_shows_the_network(
    site: Path, dataset: Path
) -> None:
    network = Network.load(site / "dark-finder" / "1.0.0")
    samples = read_samples(dataset)[:3]
    reader = PipelineImages(samples, network, PipelineSettings())
    seen = [reader.get_next() for _ in range(4)]
    assert seen[3] is None
    for batch in seen[:3]:
        assert batch is not None
        image = batch["image"]
        assert image.dtype == np.float32 and image.shape[:2] == (1, 3)
        assert image.shape[2] % 8 == image.shape[3] % 8 == 0
        assert image.max() > 1, "raw values, not normalised ones"


def graph_of_layers() -> onnx.ModelProto:
    """Return a graph of stem, decoder and classifier; its output is the sum of the last two."""
    weights = [
        numpy_helper.from_array(np.ones((1, 1, 1, 1), np.float32), f"{layer}.weight")
        for layer in ("stem", "decoder", "classifier")
    ]
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["image", "stem.weight"], ["s"], name="stem"),
            helper.make_node("Relu", ["s"], ["t"], name="clip"),
            helper.make_node("Conv", ["t", "decoder.weight"], ["a"], name="decoder"),
            helper.make_node("Conv", ["a", "classifier.weight"], ["b"], name="classifier"),
            helper.make_node("Relu", ["a"], ["c"], name="beside"),
            helper.make_node("Add", ["b", "c"], ["logits"], name="sum"),
        ],
        "graph",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, 4, 4])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 1, 4, 4])],
        weights,
    )
    return helper.make_model(graph)


def test_the_last_layer_and_all_after_it_stay_in_float() -> None:
    assert kept_in_float(graph_of_layers(), "classifier") == ["classifier", "sum"]


def test_the_first_layers_stay_in_float_and_a_graph_without_them_is_quantised_whole() -> None:
    assert first_in_float(graph_of_layers(), "stem") == ["stem", "clip"]
    assert first_in_float(graph_of_layers(), "another") == []
    assert first_in_float(graph_of_layers(), "stem", "decoder", "classifier") == []
