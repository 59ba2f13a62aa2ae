"""A run starts from a model of the zoo or from a checkpoint, if it is of the same network."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from models.training.checkpoint import CheckpointError
from models.training.trainer import Trainer
from models.training.weights import WEIGHTS_FILE, weights_file
from tests.unit.models.small_networks import SMALL
from tests.unit.models.training_runs import config, same
from worker.pipeline.card import Architecture, ModelCard

NETWORK = SMALL["deeplabv3plus-resnet18"]


@pytest.fixture
def zoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the model `small` for a site in two versions, the older without weights."""
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(tmp_path / "site"))
    for version in ("1.0.0", "1.1.0"):
        folder = tmp_path / "site" / "models" / "small" / version
        ModelCard(
            name="small",
            version=version,
            title="Small",
            intended_use="Tests.",
            created=date(2026, 1, 1),
            sha256="0" * 64,
            architecture=Architecture(
                name="DeepLabV3+", encoder="lite0", output_stride=16, parameters=1, macs=1
            ),
        ).write(folder)
    torch.manual_seed(99)
    (folder / WEIGHTS_FILE).write_bytes(weights_file(NETWORK, NETWORK.build().state_dict()))
    return folder


def expected() -> dict[str, torch.Tensor]:
    torch.manual_seed(99)
    return NETWORK.build().state_dict()


@pytest.mark.parametrize("name", ["small", "small@1.1.0"])
def test_training_starts_from_a_model_of_the_zoo(
    name: str, zoo: Path, dataset: Path, tmp_path: Path
) -> None:
    trainer = Trainer(config(dataset, initial_model=name), tmp_path / "run")
    assert same(expected(), trainer.network.state_dict())
    assert same(expected(), trainer.average.state_dict())


def test_halved_weights_serve_as_well(
    zoo: Path, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.training.weights.LARGEST_BYTES", 1000)
    (zoo / WEIGHTS_FILE).write_bytes(weights_file(NETWORK, expected()))
    trainer = Trainer(config(dataset, initial_model="small"), tmp_path / "run")
    for name, value in trainer.network.state_dict().items():
        assert value.dtype == expected()[name].dtype
        assert torch.allclose(value.float(), expected()[name].float(), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nobody", "There is no model 'nobody'"),
        ("small@1.0.0", "has no weights.safetensors"),
    ],
)
def test_a_model_that_cannot_be_started_from_is_named(
    name: str, message: str, zoo: Path, dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(CheckpointError, match=message):
        Trainer(config(dataset, initial_model=name), tmp_path / "run")


@pytest.mark.parametrize("content", [b"", b"no weights", bytes(200)])
def test_damaged_weights_are_named(
    content: bytes, zoo: Path, dataset: Path, tmp_path: Path
) -> None:
    (zoo / WEIGHTS_FILE).write_bytes(content)
    with pytest.raises(CheckpointError, match=r"weights\.safetensors is damaged"):
        Trainer(config(dataset, initial_model="small"), tmp_path / "run")


def test_weights_of_another_network_are_refused_by_what_differs(
    zoo: Path, dataset: Path, tmp_path: Path
) -> None:
    wider = NETWORK.model_copy(update={"head_channels": 16})
    with pytest.raises(CheckpointError, match=r"head_channels: 8, but .* head_channels: 16"):
        Trainer(config(dataset, initial_model="small", network=wider), tmp_path / "run")
    first = Trainer(config(dataset, epochs=1), tmp_path / "first")
    first.run()
    with pytest.raises(CheckpointError, match=r"architecture: deeplabv3plus.* architecture: unet"):
        Trainer(
            config(dataset, initial_checkpoint=first.checkpoint_path, network=SMALL["unet"]),
            tmp_path / "run",
        )


def test_dropout_may_differ_from_that_of_the_model(
    zoo: Path, dataset: Path, tmp_path: Path
) -> None:
    other = NETWORK.model_copy(update={"dropout": 0.5})
    trainer = Trainer(config(dataset, initial_model="small", network=other), tmp_path / "run")
    assert same(expected(), trainer.network.state_dict())


def test_a_frozen_encoder_stands_still_and_then_learns(
    zoo: Path, dataset: Path, tmp_path: Path
) -> None:
    settings = config(
        dataset, epochs=2, initial_model="small", freeze_encoder_epochs=1, learning_rate=1e-2
    )
    trainer = Trainer(settings, tmp_path / "run")
    states: list[dict[str, torch.Tensor]] = []
    trainer.run(
        epoch_done=lambda: states.append(
            {name: value.clone() for name, value in trainer.network.state_dict().items()}
        )
    )
    encoder = [name for name in expected() if name.startswith("encoder.")]
    head = [name for name in expected() if not name.startswith("encoder.")]
    start = expected()
    # Its norms' statistics as well.
    assert all(torch.equal(start[name], states[0][name]) for name in encoder)
    assert not any(
        torch.equal(start[name], states[0][name]) for name in head if name.endswith("weight")
    )
    moved = [name for name in encoder if not torch.equal(states[0][name], states[1][name])]
    assert any(name.endswith("running_mean") for name in moved)
    assert any(name.endswith("weight") for name in moved)


def test_what_contradicts_itself_is_refused(dataset: Path) -> None:
    with pytest.raises(ValidationError, match="not both"):
        config(dataset, initial_model="small", initial_checkpoint=Path("last.pt"))
    with pytest.raises(ValidationError, match="no encoder of its own"):
        config(dataset, freeze_encoder_epochs=1, network=SMALL["unet"])
    with pytest.raises(ValidationError, match="initial_model"):
        config(dataset, initial_model="../../etc")
