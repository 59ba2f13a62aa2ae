"""Training really learns, survives a kill, and stops on divergence without losing its work."""

from __future__ import annotations

import gc
import json
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import yaml
from click.testing import CliRunner

from models.commands.train import train
from models.data.augment import AugmentSettings
from models.data.reader_marks import reader_marks
from models.data.samples import DataError, cache_at_area
from models.training.checkpoint import Checkpoint, CheckpointError
from models.training.config import ConfigError, SourceConfig, TrainConfig, training_samples
from models.training.trainer import Trainer, TrainingDiverged, split
from models.training.validation import lesion_iou_by_source
from tests.unit.models.conftest import write_dataset
from tests.unit.models.small_networks import SMALL
from tests.unit.models.training_runs import config, same


class Killed(BaseException):
    """Stands in for a signal: nothing on the way out may handle it."""


def test_a_killed_run_ends_with_the_weights_of_one_that_was_not(
    dataset: Path, tmp_path: Path
) -> None:
    whole = Trainer(config(dataset, epochs=3), tmp_path / "whole")
    whole.run()

    def kill_in_the_second_epoch(epoch: int, step: int, steps: int, loss: float) -> None:
        if (epoch, step) == (1, 2):
            raise Killed

    with pytest.raises(Killed):
        Trainer(config(dataset, epochs=3), tmp_path / "cut").run(kill_in_the_second_epoch)
    resumed = Trainer(config(dataset, epochs=3), tmp_path / "cut")
    assert resumed.epoch == 1
    resumed.run()

    assert same(whole.network.state_dict(), resumed.network.state_dict())
    assert same(whole.average.state_dict(), resumed.average.state_dict())
    losses = [[record["loss"] for record in run.curves] for run in (whole, resumed)]
    assert losses[0] == losses[1]


def test_training_learns_to_outline_the_ellipses(dataset: Path, tmp_path: Path) -> None:
    settings = config(
        dataset,
        epochs=40,
        learning_rate=1e-2,
        encoder_rate_factor=1.0,
        validate_every=40,
        augment=AugmentSettings(
            gain=0, blur=0, speckle=0, attenuation=0, shadow=0, annotations=0, scale=(1, 1)
        ),
    )
    curves = Trainer(settings, tmp_path / "run").run()
    assert curves[-1]["loss"] < 0.5 * curves[0]["loss"]
    assert curves[-1]["validation_iou"]["synthetic"] > 0.5


@pytest.mark.parametrize("name", sorted(SMALL.keys() - {"deeplabv3plus"}))
def test_every_architecture_learns(name: str, dataset: Path, tmp_path: Path) -> None:
    settings = config(
        dataset,
        epochs=25,
        network=SMALL[name],
        learning_rate=1e-2,
        encoder_rate_factor=1.0,
        validate_every=25,
        augment=AugmentSettings(
            gain=0, blur=0, speckle=0, attenuation=0, shadow=0, annotations=0, scale=(1, 1)
        ),
    )
    curves = Trainer(settings, tmp_path / "run").run()
    assert curves[-1]["loss"] < 0.7 * curves[0]["loss"]
    # DeepLab v2 answers at an eighth of 64 px and has no decoder to sharpen it.
    assert curves[-1]["validation_iou"]["synthetic"] > 0.3


def test_curves_are_written_as_one_record_per_epoch(dataset: Path, tmp_path: Path) -> None:
    trainer = Trainer(config(dataset), tmp_path / "run")
    curves = trainer.run()
    lines = (tmp_path / "run" / "curves.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == curves
    assert [record["epoch"] for record in curves] == [1, 2]


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_checkpoint(
    dataset: Path, tmp_path: Path
) -> None:
    trainer = Trainer(config(dataset, epochs=3), tmp_path / "run")

    def poison(epoch: int, step: int, steps: int, loss: float) -> None:
        if epoch == 1:
            with torch.no_grad():
                trainer.network.get_parameter("classifier.bias").fill_(float("nan"))

    with pytest.raises(TrainingDiverged, match="checkpoint of epoch 1 is kept"):
        trainer.run(poison)
    kept = Checkpoint.read(trainer.checkpoint_path)
    assert kept.epochs == 1
    assert all(value.isfinite().all() for value in kept.average.values())


def test_a_folder_of_another_configuration_is_refused(dataset: Path, tmp_path: Path) -> None:
    Trainer(config(dataset, epochs=1), tmp_path / "run").run()
    with pytest.raises(CheckpointError, match="another configuration"):
        Trainer(config(dataset, epochs=2), tmp_path / "run")


def test_a_checkpoint_from_before_the_newer_settings_goes_on(dataset: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    first = Trainer(config(dataset, epochs=2), run)
    first.config = config(dataset, epochs=1)  # stops after one epoch of two
    first.run()
    content = torch.load(first.checkpoint_path, weights_only=True)
    saved = json.loads(content["config"])
    for name in ("unlabelled", "initial_model", "freeze_encoder_epochs", "schedule", "loaders"):
        del saved[name]
    del saved["device"], saved["patience"], content["scaler"]
    saved["phases"][0]["epochs"] = 2
    torch.save({**content, "config": json.dumps(saved)}, first.checkpoint_path)

    resumed = Trainer(config(dataset, epochs=2), run)
    assert resumed.epoch == 1
    resumed.run()
    whole = Trainer(config(dataset, epochs=2), tmp_path / "whole")
    whole.run()
    assert same(whole.average.state_dict(), resumed.average.state_dict())


def test_training_stops_when_validation_brings_nothing_better(
    dataset: Path, tmp_path: Path
) -> None:
    # At this rate nothing is learnt, and every validation is like the first.
    settings = config(dataset, epochs=20, learning_rate=1e-12, patience=2)
    trainer = Trainer(settings, tmp_path / "run")
    assert len(trainer.run()) == 3
    assert Checkpoint.read(trainer.best_path).epochs == 1
    assert Checkpoint.read(trainer.checkpoint_path).epochs == 3

    again = Trainer(settings, tmp_path / "run")
    assert again.finished
    assert len(again.run()) == 3


def test_the_weights_of_the_best_validation_are_kept(dataset: Path, tmp_path: Path) -> None:
    trainer = Trainer(config(dataset, epochs=6, learning_rate=1e-2), tmp_path / "run")
    scores = [r["validation_iou"]["synthetic"] for r in trainer.run()]
    best = Checkpoint.read(trainer.best_path)
    assert best.epochs == 1 + scores.index(max(scores))
    trainer.average.load_state_dict(best.average)
    found = lesion_iou_by_source(trainer.average, trainer.validation, trainer.config.input_area)
    assert found["synthetic"] == pytest.approx(max(scores))


@pytest.mark.parametrize("schedule", ["one-cycle", "cosine"])
def test_the_rate_rises_to_its_peak_and_falls_to_nothing(
    schedule: str, dataset: Path, tmp_path: Path
) -> None:
    settings = config(dataset, epochs=10, schedule=schedule, warmup_share=0.2, validate_every=10)
    trainer = Trainer(settings, tmp_path / "run")
    rates: list[float] = []
    trainer.run(lambda *_: rates.append(max(trainer.schedule.get_last_lr())))
    rates.pop()  # of a step that is not taken
    peak = rates.index(max(rates))
    assert 2 <= peak <= 5  # of 20 steps
    assert rates[peak] == pytest.approx(settings.learning_rate, rel=0.02)
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[-1] < 0.01 * settings.learning_rate


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_learns_and_resumes(precision: str, dataset: Path, tmp_path: Path) -> None:
    settings = config(dataset, epochs=8, precision=precision, learning_rate=1e-2, validate_every=8)
    whole = Trainer(settings, tmp_path / "whole")
    curves = whole.run()
    assert curves[-1]["loss"] < curves[0]["loss"]

    def kill(epoch: int, step: int, steps: int, loss: float) -> None:
        if epoch == 5:
            raise Killed

    with pytest.raises(Killed):
        Trainer(settings, tmp_path / "cut").run(kill)
    resumed = Trainer(settings, tmp_path / "cut")
    resumed.run()
    assert same(whole.average.state_dict(), resumed.average.state_dict())
    assert whole.scaler.state_dict() == resumed.scaler.state_dict()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_said(dataset: Path, tmp_path: Path) -> None:
    assert Trainer(config(dataset), tmp_path / "auto").place.device.type == "cpu"
    with pytest.raises(ConfigError, match="0 GPUs"):
        Trainer(config(dataset, device="cuda"), tmp_path / "cuda")


def test_fine_tuning_starts_from_the_averaged_weights(dataset: Path, tmp_path: Path) -> None:
    first = Trainer(config(dataset, epochs=1), tmp_path / "first")
    first.run()
    second = Trainer(
        config(dataset, epochs=1, initial_checkpoint=first.checkpoint_path), tmp_path / "second"
    )
    assert same(first.average.state_dict(), second.network.state_dict())


def test_batches_prepared_ahead_are_the_same(dataset: Path, tmp_path: Path) -> None:
    inline, ahead = (
        Trainer(config(dataset, loaders=loaders), tmp_path / str(loaders)) for loaders in (0, 3)
    )
    inline.run()
    ahead.run()
    assert same(inline.network.state_dict(), ahead.network.state_dict())
    assert not [t for t in threading.enumerate() if t.name.startswith("loader")]


def test_a_run_that_is_cut_leaves_no_thread_behind(dataset: Path, tmp_path: Path) -> None:
    trainer = Trainer(config(dataset, loaders=2), tmp_path / "run")

    def kill(epoch: int, step: int, steps: int, loss: float) -> None:
        raise Killed

    with pytest.raises(Killed):
        trainer.run(kill)
    gc.collect()
    assert not [t for t in threading.enumerate() if t.name.startswith("loader")]


def test_batches_are_shuffled_anew_each_epoch(dataset: Path, tmp_path: Path) -> None:
    trainer = Trainer(config(dataset, epochs=2), tmp_path / "run")
    curves = trainer.run()
    assert curves[0]["loss"] != curves[1]["loss"]
    assert trainer.steps_per_epoch == 2


def test_an_epoch_draws_its_share_of_each_source(dataset: Path, tmp_path: Path) -> None:
    other = write_dataset(tmp_path / "other", 12)
    sources = (
        SourceConfig(folder=dataset, train_folds=(1, 2), validation_folds=(3,)),
        SourceConfig(folder=other, train_folds=(1, 2), validation_folds=(3,), share=0.5),
    )
    run = Trainer(config(dataset, epochs=2, sources=sources), tmp_path / "run")
    assert run.steps_per_epoch == 3  # 8 of one and 4 of the other, in batches of 4
    orders = []
    for run.epoch in (0, 1):
        order = run.batches.order(run.epoch)
        orders.append(order[order >= 8].tolist())
        assert np.count_nonzero(order < 8) == 8
        assert len(set(order.tolist())) == 12
    assert sorted(orders[0]) != sorted(orders[1])


def test_overlapping_folds_are_refused(dataset: Path) -> None:
    overlapping = config(
        dataset,
        sources=(SourceConfig(folder=dataset, train_folds=(1, 2), validation_folds=(2,)),),
    )
    with pytest.raises(DataError, match="in training and in validation"):
        split(overlapping)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "last.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(CheckpointError, match=r"last\.pt"):
        Checkpoint.read(tmp_path / "last.pt")


def test_the_command_trains_resumes_and_prints_the_checkpoint(
    dataset: Path, tmp_path: Path
) -> None:
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump(config(dataset, epochs=1).model_dump(mode="json")))
    arguments = ["--config", str(path), "--out", str(tmp_path / "run")]
    for _ in range(2):
        result = CliRunner().invoke(train, arguments)
        assert result.exit_code == 0, result.output
        assert result.stdout.strip() == str(tmp_path / "run" / "last.pt")


@pytest.mark.parametrize(
    "path",
    [p for p in sorted(Path("models/configs").glob("*.yaml")) if "phases:" in p.read_text()],
    ids=lambda path: path.stem,
)
def test_the_shipped_configurations_are_valid(path: Path) -> None:
    TrainConfig.read(path)


def test_the_window_grows_with_the_phases() -> None:
    shipped = TrainConfig.read(Path("models/configs/lite0.yaml"))
    assert shipped.size_at(0) == 192
    assert shipped.size_at(shipped.epochs - 1) == 256
    with pytest.raises(IndexError):
        shipped.size_at(shipped.epochs)


@pytest.mark.parametrize(
    ("content", "message"),
    [("a: [", "not valid YAML"), ("seed: x", "not a training configuration")],
)
def test_a_wrong_configuration_is_explained(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=message):
        TrainConfig.read(path)


def test_a_run_that_is_to_stop_early_ends_there_with_a_validation(
    dataset: Path, tmp_path: Path
) -> None:
    whole = Trainer(config(dataset, epochs=2, validate_every=2), tmp_path / "whole")
    part = Trainer(config(dataset, epochs=2, validate_every=2, stop_after=1), tmp_path / "part")
    assert part.steps == whole.steps, "the schedule is that of the whole"
    curves = part.run()
    assert part.finished
    assert [record["epoch"] for record in curves] == [1]
    assert "validation_iou" in curves[0]


def test_samples_without_a_lesion_have_a_share_of_their_own_and_others_come_again(
    dataset: Path, tmp_path: Path
) -> None:
    table = (dataset / "samples.csv").read_text(encoding="utf-8").splitlines()
    rows = [f"{row},{'well' if n % 4 == 0 else 'ill'}" for n, row in enumerate(table[1:])]
    (dataset / "samples.csv").write_text("\n".join([f"{table[0]},class", *rows]), encoding="utf-8")
    source = SourceConfig(
        folder=dataset,
        train_folds=(1, 2),
        validation_folds=(3,),
        share=2.5,
        lesion_free_share=0.5,
        healthy={"class": ("well",)},
    )
    trainer = Trainer(config(dataset, sources=(source,)), tmp_path / "run")
    order = trainer.batches.order(0)
    # Eight images, two of them without a lesion: 6 · 2.5 and 2 · 0.5.
    counts = np.bincount(order, minlength=8)
    assert counts.sum() == 16
    assert sorted(counts[[0, 4]]) == [0, 1]
    assert set(counts[[1, 2, 3, 5, 6, 7]]) == {2, 3}
    assert not np.array_equal(order, trainer.batches.order(1))
    pixels = cache_at_area(training_samples((source,)), 128 * 128)
    batches = list(trainer.batches.of_epoch(0, pixels, []))
    views = np.concatenate([batch.images.numpy() for batch in batches])
    assert len({view.tobytes() for view in views}) == len(views), "no view comes twice"


def test_lesions_of_other_samples_are_set_into_samples_without_one(
    dataset: Path, tmp_path: Path
) -> None:
    table = (dataset / "samples.csv").read_text(encoding="utf-8").splitlines()
    rows = [f"{row},{'well' if n % 2 == 0 else 'ill'}" for n, row in enumerate(table[1:])]
    (dataset / "samples.csv").write_text("\n".join([f"{table[0]},class", *rows]), encoding="utf-8")

    def lesions(**changes: object) -> list[bool]:
        """Return whether each view of an epoch shows a lesion, in the order of the samples."""
        source = SourceConfig.model_validate(
            {
                "folder": dataset,
                "train_folds": (1, 2),
                "validation_folds": (3,),
                "healthy": {"class": ("well",)},
                **changes,
            }
        )
        settings = config(dataset, sources=(source,))
        batches = Trainer(settings, tmp_path / "run").batches
        pixels = cache_at_area(training_samples((source,)), 128 * 128)
        shown = [(one.labels == 1).flatten(1).any(1) for one in batches.of_epoch(0, pixels, [])]
        found = dict(zip(batches.order(0).tolist(), torch.cat(shown).tolist(), strict=True))
        return [found[index] for index in range(len(found))]

    assert lesions() == [False, True] * 4
    inserted = lesions(inserted=1.0, inserted_from=(dataset.name,))
    assert all(inserted[1::2])
    assert sum(inserted[0::2]) >= 2, "a place is found for some"
    with pytest.raises(ConfigError, match="inserted_from"):
        lesions(inserted=1.0)


def test_views_have_their_marks_painted_out_or_those_of_other_samples(
    dataset: Path, tmp_path: Path
) -> None:
    source = SourceConfig(folder=dataset, train_folds=(1, 2), validation_folds=(3,))
    pixels = cache_at_area(training_samples((source,)), 128 * 128)
    for image, _ in pixels[:4]:
        cv2.drawMarker(image, (40, 40), (240, 230, 90), cv2.MARKER_CROSS, 9, 1)

    def marked(**changes: object) -> int:
        """Return how many of an epoch's views show marks; only geometry varies."""
        one = source.model_copy(update=changes)
        still = AugmentSettings(gain=0, blur=0, speckle=0, attenuation=0, annotations=0, grey=0)
        settings = config(dataset, sources=(one,), augment=still)
        batches = Trainer(settings, tmp_path / "run").batches.of_epoch(0, pixels, [])
        views = [view for batch in batches for view in batch.images.permute(0, 2, 3, 1).numpy()]
        return sum(reader_marks(view.astype(np.uint8)).any() for view in views)

    assert marked() >= 3
    assert marked(painted_out=1.0) == 0
    assert marked(borrowed=1.0, borrowed_from=(dataset.name,)) > 3
    with pytest.raises(ConfigError, match="borrowed_from"):
        marked(borrowed=1.0)
