"""A network learns lesion classes, also from images in which only some classes are labelled."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pydantic import ValidationError

from models.architectures.channels import lesion_logits
from models.architectures.networks import DeepLabV3PlusConfig
from models.commands.evaluate import class_labels_of, report_of
from models.commands.options import samples_of
from models.data.classes import ClassLabels, Words, write_class_names
from models.data.labels import ANY_CLASS, IGNORED
from models.data.samples import read_samples
from models.evaluation.class_scores import ClassScores, confusion
from models.evaluation.per_image import evaluate_samples
from models.packaging.export import CardNotes, export_checkpoint
from models.training.checkpoint import Checkpoint, CheckpointError
from models.training.class_loss import class_loss
from models.training.initial import with_classes
from models.training.trainer import Trainer
from tests.unit.models.small_networks import SMALL, settled
from tests.unit.models.training_runs import config
from worker.pipeline import CrfSettings, Frame, Network, PipelineSettings, segment
from worker.pipeline.card import ModelCard
from worker.pipeline.lesions import Lesion

NAMES = ("dark", "bright")
NETWORK = DeepLabV3PlusConfig(width=0.25, head_channels=16, imagenet=False, presence=True)


def picture(seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a dark and a bright ellipse on noise, and the class number of each pixel."""
    rng = np.random.default_rng(seed)
    classes = np.zeros((64, 96), np.uint8)
    for number, column in zip((1, 2), rng.permutation([26, 70]), strict=True):
        axes = (int(rng.integers(10, 16)), int(rng.integers(10, 16)))
        cv2.ellipse(classes, (int(column), 32), axes, 0, 0, 360, number, -1)
    level = np.array([110, 20, 220])[classes]
    return np.clip(rng.normal(level, 12), 0, 255).astype(np.uint8), classes


@pytest.fixture(scope="module")
def classed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write sixteen images; in every fourth, nobody looked for the bright class."""
    folder = tmp_path_factory.mktemp("sets") / "classed"
    for name in ("images", "masks", "classes"):
        (folder / name).mkdir(parents=True)
    rows = []
    for index in range(16):
        image, classes = picture(index)
        if index % 4 == 0:
            classes[classes == 2] = 0
        name = f"{index:02}"
        cv2.imwrite(str(folder / "images" / f"{name}.png"), image)
        cv2.imwrite(str(folder / "masks" / f"{name}.png"), (classes > 0).astype(np.uint8) * 255)
        cv2.imwrite(str(folder / "classes" / f"{name}.png"), classes)
        looked_for = "dark" if index % 4 == 0 else ""
        rows.append({"id": name, "patient": name, "fold": 1 + index // 8, "labelled": looked_for})
    write_class_names(folder, NAMES)
    with (folder / "samples.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.fixture(scope="module")
def trained(classed: Path, tmp_path_factory: pytest.TempPathFactory) -> Trainer:
    settings = config(
        classed,
        epochs=12,
        classes=NAMES,
        network=SMALL["unet"],
        learning_rate=2e-2,
        validate_every=4,
        sources=({"folder": classed, "train_folds": (1,), "validation_folds": (2,)},),
    )
    trainer = Trainer(settings, tmp_path_factory.mktemp("run"))
    trainer.run()
    return trainer


def test_what_a_short_run_learnt_serves_its_classes_through_the_pipeline(
    trained: Trainer, classed: Path, tmp_path: Path
) -> None:
    plain = PipelineSettings(crop=False, crf=CrfSettings(engine="none"))
    scores = trained.curves[-1]["validation_classes"]["classed"]
    assert scores["mean_iou"] == trained.curves[-1]["validation_iou"]["classed"] > 0.7
    assert set(scores["iou"]) == set(NAMES)
    notes = CardNotes(
        name="two-kinds",
        version="1.0.0",
        title="Two kinds",
        intended_use="Tests.",
        architecture="U-Net",
        encoder="none",
        command="none",
    )
    export_checkpoint(Checkpoint.read(trained.checkpoint_path), notes, tmp_path)
    folder = tmp_path / "two-kinds" / "1.0.0"
    assert ModelCard.read(folder).class_names == NAMES
    network = Network.load(folder)
    held_out = samples_of(f"{classed}:2")
    labels = class_labels_of(network, held_out, None, ())
    results = evaluate_samples(held_out, network, plain, labels=labels)
    found = report_of(results, network, plain, 1.0)["overall"]["classes"]
    assert min(found["iou"].values()) > 0.6
    assert found["pixel_accuracy"] > 0.9
    image, classes = picture(99)
    said = segment(Frame(image), network, plain)
    largest: dict[str | None, Lesion] = {}
    for lesion in said.lesions:
        largest.setdefault(lesion.class_name, lesion)
    for number, name in enumerate(NAMES, 1):
        row, column = np.argwhere(classes == number).mean(axis=0)
        box = largest[name].box
        assert box.left <= column < box.left + box.width
        assert box.top <= row < box.top + box.height


def test_a_class_that_nobody_looked_for_is_learnt_from_the_other_images_alone() -> None:
    logits = torch.zeros(1, 3, 4, 4, requires_grad=True)
    labels = torch.zeros(1, 4, 4, dtype=torch.uint8)
    labels[0, :2] = 1
    all_classes, first = torch.tensor([[True, True]]), torch.tensor([[True, False]])
    class_loss(logits, labels, first).backward()
    assert logits.grad is not None
    silent = logits.grad[:, :, 2:].clone()
    # Background or the class that was not looked for: the label does not say which.
    assert torch.allclose(silent[:, 0], silent[:, 2])
    assert (silent[:, 1] > 0).all()
    logits.grad = None
    class_loss(logits, labels, all_classes).backward()
    assert (logits.grad[:, 2, 2:] > 0).all()
    assert (logits.grad[:, 0, 2:] < 0).all()


def test_a_lesion_of_no_named_class_teaches_that_it_is_one_and_not_which() -> None:
    logits = torch.zeros(1, 3, 4, 4, requires_grad=True)
    labels = torch.full((1, 4, 4), ANY_CLASS, dtype=torch.uint8)
    labels[0, 3] = IGNORED
    class_loss(logits, labels, torch.tensor([[True, True]])).backward()
    assert logits.grad is not None
    assert torch.allclose(logits.grad[:, 1], logits.grad[:, 2])
    assert (logits.grad[:, 1, :3] < 0).all()
    assert not logits.grad[:, :, 3].any()


def test_right_and_sure_costs_nothing() -> None:
    labels = torch.randint(0, 3, (2, 8, 8), dtype=torch.uint8)
    logits = torch.nn.functional.one_hot(labels.long(), 3).permute(0, 3, 1, 2).float() * 40
    known = torch.ones(2, 2, dtype=torch.bool)
    assert class_loss(logits, labels, known).item() == pytest.approx(0, abs=1e-4)
    assert class_loss(-logits, labels, known).item() > 10


def test_a_network_of_one_kind_becomes_one_of_classes_that_sees_the_same_lesions() -> None:
    torch.manual_seed(1)
    one = settled(NETWORK.build())
    several = NETWORK.model_copy(update={"channels": 4})
    network = several.build()
    state = with_classes(one.state_dict(), several, (), ("a", "b", "c"))
    network.load_state_dict(state)
    image = torch.rand(1, 3, 64, 64) * 255
    with torch.inference_mode():
        logits = network.eval()(image)
        assert torch.allclose(lesion_logits(logits), one(image), atol=1e-4)
    again = with_classes(state, several, ("a", "b", "c"), ("C", "new", "A"))
    kernel = state["classifier.weight"]
    assert torch.equal(again["classifier.weight"][1], kernel[3])
    assert torch.equal(again["classifier.weight"][3], kernel[1])
    with pytest.raises(CheckpointError, match="tell 3 classes apart"):
        with_classes(state, NETWORK, ("a", "b", "c"), ())


@pytest.mark.parametrize("name", SMALL)
def test_every_architecture_has_a_channel_for_each_class(name: str) -> None:
    network = SMALL[name].model_copy(update={"channels": 4}).build().eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 96, 96)).shape == (1, 4, 96, 96)


def test_classes_are_read_by_picture_by_column_and_by_the_names_of_the_data_set(
    classed: Path,
) -> None:
    sample = read_samples(classed)[1]
    _, classes = picture(1)
    mask = (classes > 0).astype(np.uint8)
    swapped = ClassLabels(("bright", "Dark"), {})
    assert np.array_equal(swapped.of(sample, mask), np.array([0, 2, 1], np.uint8)[classes])
    other = ClassLabels(("solid",), {"classed": Words(names={"dark": "solid"})})
    assert np.array_equal(other.of(sample, mask), np.array([0, 1, IGNORED], np.uint8)[classes])
    column = ClassLabels(("a",), {"classed": Words(column="labelled", names={"dark": "a"})})
    assert np.array_equal(column.of(read_samples(classed)[0], mask), mask)
    assert np.array_equal(column.of(sample, mask), mask * ANY_CLASS)
    assert ClassLabels(NAMES, {}).looked_for(read_samples(classed)[0]).tolist() == [True, False]


def test_scores_count_what_the_truth_says_and_no_more() -> None:
    truth = np.array([[0, 0, 1, 1, 2, ANY_CLASS, IGNORED]], np.uint8)
    found = np.array([[0, 2, 1, 2, 2, 1, 1]], np.uint8)
    scores = ClassScores.of(confusion(found, truth, 3), ("a", "b", "c"))
    assert scores.iou == {"a": 1 / 2, "b": 1 / 3, "c": None}
    assert scores.background_iou == 1 / 2
    assert scores.mean_iou == pytest.approx((1 / 2 + 1 / 3 + 1 / 2) / 3)
    assert scores.pixel_accuracy == 3 / 5
    partly = confusion(found, truth, 3, np.array([True, False, True]))
    assert ClassScores.of(partly, ("a", "b", "c")).background_iou == 1


def test_what_does_not_fit_is_refused(classed: Path) -> None:
    with pytest.raises(ValidationError, match="same name"):
        config(classed, classes=("a", "A"))
    with pytest.raises(ValidationError, match="a class for each channel"):
        config(classed, network=NETWORK.model_copy(update={"channels": 3}))
