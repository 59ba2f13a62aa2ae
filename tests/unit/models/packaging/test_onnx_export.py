"""The exported graph is the network, at every size, and its card describes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from click.testing import CliRunner
from pydantic import TypeAdapter
from safetensors import safe_open
from safetensors.torch import load

from models.architectures.deeplabv3plus import DeepLabV3Plus
from models.architectures.networks import DeepLabV3PlusConfig, NetworkConfig
from models.commands.export_onnx import export_onnx
from models.data.samples import read_samples
from models.packaging.agreement import IOU_TOLERANCE, iou_agreement
from models.packaging.export import PARITY_TOLERANCE, ExportError, parity
from models.training.checkpoint import Checkpoint, CheckpointError, averaged
from models.training.config import PhaseConfig, SourceConfig, TrainConfig
from models.training.validation import predict_logits
from models.training.weights import WEIGHTS_FILE, weights_file
from worker.pipeline.card import MODEL_FILE, file_sha256
from worker.pipeline.network import Network

NETWORK = DeepLabV3PlusConfig(width=0.25, head_channels=8, imagenet=False)

NOTES = """
name: tiny
version: 0.1.0
title: A network of random weights
intended_use: Tests.
architecture: DeepLabV3+
encoder: EfficientNet-Lite
command: none
licences: [Apache-2.0]
limits: [It has learnt nothing.]
"""


@pytest.fixture(scope="module")
def network() -> DeepLabV3Plus:
    torch.manual_seed(3)
    network = NETWORK.build()
    # Fresh norms would map everything to almost zero; a few batches give them statistics.
    with torch.no_grad():
        for _ in range(3):
            network(torch.rand(4, 3, 64, 64) * 255)
    network.classifier.weight.data *= 20
    return network.eval()


@pytest.fixture(scope="module")
def checkpoint(network: DeepLabV3Plus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    config = TrainConfig(
        sources=(SourceConfig(folder=Path("x"), train_folds=(1,), validation_folds=(2,)),),
        network=NETWORK,
        phases=(PhaseConfig(epochs=1, size=64),),
        input_area=4096,
    )
    state = network.state_dict()
    Checkpoint(config, 1, state, state, {}, {}).write(folder / "last.pt")
    return folder / "last.pt"


@pytest.fixture(scope="module")
def exported(
    network: DeepLabV3Plus, checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> Network:
    """Export two checkpoints whose mean is the network, and load the result; the notes give a
    different input area from the run's."""
    folder = tmp_path_factory.mktemp("exported")
    (folder / "notes.yaml").write_text(NOTES + "input_area: 9216\n")
    arguments = ["--notes", str(folder / "notes.yaml"), "--out", str(folder / "zoo")]
    one = Checkpoint.read(checkpoint)
    for name, step in (("more.pt", 0.02), ("less.pt", -0.02)):
        moved = {k: v + step if v.is_floating_point() else v for k, v in one.average.items()}
        replace(one, average=moved).write(folder / name)
        arguments += ["--checkpoint", str(folder / name)]
    result = CliRunner().invoke(export_onnx, arguments)
    assert result.exit_code == 0, result.output
    made = folder / "zoo" / "tiny" / "0.1.0"
    assert result.stdout.strip() == str(made)
    return Network.load(made, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="module")
def graph(exported: Network) -> onnx.ModelProto:
    return onnx.load(exported.folder / MODEL_FILE)


def test_logits_agree_at_four_sizes(network: DeepLabV3Plus, graph: onnx.ModelProto) -> None:
    differences = parity(network, graph)
    assert len(differences) == 4
    assert max(differences.values()) <= PARITY_TOLERANCE


def test_another_network_is_told_apart(graph: onnx.ModelProto) -> None:
    torch.manual_seed(4)
    other = NETWORK.build()
    other.classifier.bias.data += 1
    with pytest.raises(ExportError, match="differ by"):
        parity(other, graph)


def test_graph_keeps_the_contract_and_tells_nothing_of_this_machine(
    graph: onnx.ModelProto,
) -> None:
    (image,), (logits, embedding) = graph.graph.input, graph.graph.output
    assert (image.name, logits.name, embedding.name) == ("image", "logits", "embedding")
    dimensions = image.type.tensor_type.shape.dim
    assert dimensions[1].dim_value == 3
    assert all(dimensions[axis].dim_param for axis in (0, 2, 3))
    content = graph.SerializeToString()
    assert b".py" not in content
    assert str(Path.cwd()).encode() not in content


def test_the_folder_holds_the_mean_of_the_checkpoints_and_their_facts(
    network: DeepLabV3Plus, exported: Network
) -> None:
    card = exported.card
    assert card.architecture.parameters == sum(p.numel() for p in network.parameters())
    assert (card.training["seed"], card.input.area) == (0, 9216)
    weights = exported.folder / WEIGHTS_FILE
    assert card.files == {WEIGHTS_FILE: file_sha256(weights)}
    with safe_open(weights, "pt") as file:
        found = file.metadata()["network"]
        again = TypeAdapter(NetworkConfig).validate_json(found).build()
        again.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    for name, tensor in network.state_dict().items():
        assert torch.allclose(again.state_dict()[name], tensor, atol=1e-6), name


def test_the_pipeline_fits_images_as_validation_does(
    network: DeepLabV3Plus, exported: Network
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (50, 90, 3), dtype=np.uint8)
    expected = predict_logits(network, image, exported.card.input.area)
    assert np.abs(exported.logits(image) - expected).max() <= PARITY_TOLERANCE


def test_embedding_is_the_mean_of_the_encoders_features(
    network: DeepLabV3Plus, exported: Network
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    found = exported.look(image, exported.fit_size(96, 96)).embedding
    with torch.inference_mode():
        features = network.encoder(torch.from_numpy(image).permute(2, 0, 1)[None].float())
    assert found == pytest.approx(features.coarse.mean((2, 3))[0].numpy(), abs=1e-4)


def test_weights_above_the_limit_are_halved_but_for_the_norms(
    network: DeepLabV3Plus, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = network.state_dict()
    state["encoder.stem.norm.running_var"] = torch.full_like(
        state["encoder.stem.norm.running_var"], 1e6
    )
    whole = weights_file(NETWORK, state)
    monkeypatch.setattr("models.training.weights.LARGEST_BYTES", len(whole) - 1)
    halved = weights_file(NETWORK, state)
    assert len(halved) < 0.75 * len(whole)
    loaded = load(halved)
    assert loaded["classifier.weight"].dtype == torch.float16
    assert torch.equal(
        loaded["encoder.stem.norm.running_var"], state["encoder.stem.norm.running_var"]
    )
    NETWORK.build().load_state_dict(loaded)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name: [", "is not valid YAML"),
        (b"\xff\xfe\x00", "is not valid YAML"),
        (b"name: tiny", "is not a file with the notes of a card"),
    ],
)
def test_notes_that_are_not_complete_are_refused(
    checkpoint: Path, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "notes.yaml").write_bytes(content)
    arguments = ["--checkpoint", str(checkpoint), "--notes", str(tmp_path / "notes.yaml")]
    result = CliRunner().invoke(export_onnx, [*arguments, "--out", str(tmp_path / "zoo")])
    assert result.exit_code == 1
    assert said in result.output
    assert not (tmp_path / "zoo").exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"network": DeepLabV3PlusConfig(head_channels=8, imagenet=False)}, "different networks"),
        ({"sources": ()}, "different folds"),
    ],
)
def test_checkpoints_that_do_not_belong_together_are_refused(
    checkpoint: Path, changed: dict[str, Any], said: str
) -> None:
    one = Checkpoint.read(checkpoint)
    other = replace(one, config=one.config.model_copy(update=changed))
    with pytest.raises(CheckpointError, match=said):
        averaged([one, other])


def test_onnx_and_pytorch_are_compared_where_there_is_a_lesion(
    network: DeepLabV3Plus, exported: Network, dataset: Path
) -> None:
    samples = read_samples(dataset)
    free = [replace(sample, mask=None, source="free") for sample in samples]
    assert iou_agreement(network, exported, free) == {}
    found = iou_agreement(network, exported, samples[:2] + free)
    assert found.keys() == {samples[0].source}
    assert abs(found[samples[0].source]["difference"]) <= IOU_TOLERANCE
