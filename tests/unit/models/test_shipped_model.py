"""The model in the zoo is what its card says."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.config import TrainConfig, validation_samples
from models.evaluation import evaluate_samples
from models.metrics import summarise
from worker.pipeline import Network, load_default

CONFIG = Path("models/configs/lite0.yaml")
LARGEST_BYTES = 30_000_000
BAR = 0.72
EVERY = 10
"""Every so many held-out images are run; the card has the figures of all."""


@pytest.fixture(scope="module")
def network() -> Network:
    return load_default(name="sonoloop-lite0", threads=1)


def test_file_is_small_and_tells_nothing_of_the_machine_it_was_made_on(network: Network) -> None:
    content = (network.folder / "model.onnx").read_bytes()
    assert len(content) <= LARGEST_BYTES
    for trace in (b"site-packages", b"/home", b"/root", b"/tmp", b".py"):
        assert trace not in content
    card = (network.folder / "card.json").read_text()
    assert '"/' not in card


def test_card_reports_both_organs_above_the_bar(network: Network) -> None:
    metrics = network.card.metrics
    assert {name: values["count"] for name, values in metrics["validation"].items()} == {
        "bus-bra": 365,
        "mmotu": 200,
    }
    for values in metrics["validation"].values():
        assert values["lesion_iou_mean"] >= BAR
    for values in metrics["validation_iou_pytorch_and_onnx"].values():
        assert abs(values["difference"]) <= 0.002
    assert max(metrics["onnx_parity_max_logit_difference"].values()) <= 1e-3


def test_card_names_the_configuration_it_was_trained_with(network: Network) -> None:
    trained = TrainConfig.model_validate(network.card.training["config"])
    assert trained == TrainConfig.read(CONFIG)
    assert network.card.training["epochs"] == trained.epochs


@pytest.mark.parametrize("source", ["bus-bra", "mmotu"])
def test_held_out_images_are_outlined_as_the_card_says(network: Network, source: str) -> None:
    sources = [s for s in TrainConfig.read(CONFIG).sources if s.folder.name == source]
    if not sources[0].folder.is_dir():
        pytest.skip(f"{sources[0].folder} is not here")
    results = evaluate_samples(validation_samples(sources)[::EVERY], network, network.card.pipeline)
    found = summarise(result.metrics for result in results)
    # A tenth of the images scatters by about as much around the figure of all.
    assert found["lesion_iou_mean"] >= BAR - 0.03
