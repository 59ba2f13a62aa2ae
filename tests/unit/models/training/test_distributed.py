"""Processes that share each batch train the same network as one process would."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml
from click.testing import CliRunner

from models.architectures.networks import DeepLabV2Config
from models.commands.train import EXPECTED, train
from models.training.config import ConfigError, TrainConfig
from models.training.distributed import ProcessError, Ranks, run_processes
from models.training.trainer import Trainer
from tests.unit.models.training_runs import config, same

WITHOUT_BATCH_NORM = DeepLabV2Config(encoder="timm:test_convnext", output_stride=8)


def train_and_tell(config: TrainConfig, folder: Path, killed_in: int | None, ranks: Ranks) -> None:
    """Train in one of several processes, and save the weights that this one then holds."""
    trainer = Trainer(config, folder, ranks)

    def kill(epoch: int, step: int, steps: int, loss: float) -> None:
        if epoch == killed_in:
            raise ConfigError("stopped by the test")

    trainer.run(kill)
    state = {"network": trainer.network.state_dict(), "average": trainer.average.state_dict()}
    torch.save(state, folder / f"rank-{ranks.rank}.pt")


def train_whole_and_cut(config: TrainConfig, folder: Path, ranks: Ranks) -> None:
    """Train one run to its end, and then another that is cut in its last epoch."""
    train_and_tell(config, folder / "whole", None, ranks)
    train_and_tell(config, folder / "cut", 2, ranks)


def in_two(target: Callable[[Ranks], None]) -> None:
    run_processes(target, 2, backend="gloo", expected=EXPECTED)


def held(folder: Path, rank: int) -> dict[str, dict[str, torch.Tensor]]:
    content: dict[str, dict[str, torch.Tensor]] = torch.load(
        folder / f"rank-{rank}.pt", weights_only=True
    )
    return content


def test_two_processes_end_where_one_does(dataset: Path, tmp_path: Path) -> None:
    # No norms here: statistics over a process's samples would differ from those over the batch.
    settings = config(dataset, epochs=2, network=WITHOUT_BATCH_NORM)
    alone = Trainer(settings, tmp_path / "alone")
    start = {name: value.clone() for name, value in alone.network.state_dict().items()}
    curves = alone.run()
    in_two(functools.partial(train_and_tell, settings, tmp_path / "shared", None))

    first, second = held(tmp_path / "shared", 0), held(tmp_path / "shared", 1)
    assert same(first["network"], second["network"])
    assert same(first["average"], second["average"])
    moved = max((value - start[name]).abs().max() for name, value in first["network"].items())
    apart = max(
        (value - alone.network.state_dict()[name]).abs().max()
        for name, value in first["network"].items()
    )
    assert moved > 1e-3
    assert apart < 0.01 * moved
    shared = Trainer(settings, tmp_path / "shared").curves
    for ours, theirs in zip(shared, curves, strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=1e-4)
        assert ours["validation_iou"] == pytest.approx(theirs["validation_iou"], abs=1e-3)


def test_a_shared_run_that_was_cut_ends_as_one_that_was_not(dataset: Path, tmp_path: Path) -> None:
    settings = config(dataset, epochs=3, freeze_encoder_epochs=1)
    with pytest.raises(ProcessError, match="stopped by the test"):
        in_two(functools.partial(train_whole_and_cut, settings, tmp_path))
    assert Trainer(settings, tmp_path / "cut").epoch == 2
    in_two(functools.partial(train_and_tell, settings, tmp_path / "cut", None))
    whole, first, second = (
        held(tmp_path / "whole", 0),
        held(tmp_path / "cut", 0),
        held(tmp_path / "cut", 1),
    )
    for part in ("network", "average"):
        assert same(whole[part], first[part])
        # The norms' statistics too, although the processes saw different samples.
        assert same(first[part], second[part])


def test_what_is_wrong_with_the_data_is_said_once(dataset: Path, tmp_path: Path) -> None:
    (dataset / "images" / "image-02.png").write_bytes(b"no image")
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump(config(dataset).model_dump(mode="json")))
    result = CliRunner().invoke(
        train, ["--config", str(path), "--out", str(tmp_path / "run"), "--processes", "2"]
    )
    assert result.exit_code == 1
    assert result.output.count("image-02.png") == 1
    assert "Traceback" not in result.output


@pytest.mark.parametrize(("processes", "batch_size"), [(3, 8), (4, 4)])
def test_batches_that_cannot_be_shared_are_refused(
    processes: int, batch_size: int, dataset: Path, tmp_path: Path
) -> None:
    path = tmp_path / "run.yaml"
    settings = config(dataset, batch_size=batch_size)
    path.write_text(yaml.safe_dump(settings.model_dump(mode="json")))
    result = CliRunner().invoke(
        train,
        ["--config", str(path), "--out", str(tmp_path / "run"), "--processes", str(processes)],
    )
    assert result.exit_code == 1
    assert f"a multiple of {processes}" in result.output
