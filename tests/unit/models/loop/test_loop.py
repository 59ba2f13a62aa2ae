"""One command makes a candidate of a pool and the model that serves."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from pathlib import Path

import pytest
import torch

from models.data.samples import DataError
from models.loop.mixing import best
from models.loop.recipe import Recipe, network_of
from models.loop.run import Standing, run
from models.training.weights import WEIGHTS_FILE, weights_file
from tests.unit.models.training_runs import config
from worker.pipeline import Architecture, Calibration, InputSpec, ModelCard, PipelineSettings
from worker.pipeline.artifact import read_artifact, require_files
from worker.pipeline.vetting import check_graph, verify

AREA = 4096


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model with weights, and a pipeline that is its own; training needs no graph."""
    folder = tmp_path_factory.mktemp("parent") / "tiny" / "1.0.0"
    folder.mkdir(parents=True)
    network = config(folder).network
    torch.manual_seed(3)
    (folder / WEIGHTS_FILE).write_bytes(weights_file(network, network.build().state_dict()))
    ModelCard(
        name="tiny",
        version="1.0.0",
        title="Tiny",
        intended_use="Tests.",
        created=date(2026, 1, 1),
        sha256="0" * 64,
        architecture=Architecture(
            name="DeepLabV3+", encoder="lite0", output_stride=16, parameters=1, macs=1
        ),
        input=InputSpec(area=AREA),
        calibration=Calibration(temperature=1.5, threshold=0.4),
        pipeline=PipelineSettings(threshold=0.4, denoise_sigma=1.0),
    ).write(folder)
    return folder


def recipe(dataset: Path, parent: Path) -> Recipe:
    return Recipe(
        data=dataset,
        parent=parent,
        name="tiny-pool",
        version="1.0.0",
        epochs=1,
        size=64,
        batch_size=4,
        threads=1,
    )


def test_a_run_makes_a_candidate_that_passes_its_verification(
    dataset: Path, parent: Path, tmp_path: Path
) -> None:
    told: list[Standing] = []
    outcome = run(recipe(dataset, parent), tmp_path / "run", tmp_path / "zoo", told.append)
    assert outcome.folder
    assert outcome.mixing.share == 0.5
    assert not outcome.mixing.judged
    assert any("Too few patients" in note for note in outcome.notes)
    assert set(outcome.mixing.curve) == {"0", "0.25", "0.5", "0.75", "1"}
    assert told[-1].stage == "packaging"
    assert told[-1].curve
    made = read_artifact(outcome.folder)
    require_files(made)
    before = ModelCard.read(parent)
    assert made.card.training["parent"] == "tiny@1.0.0"
    assert (made.card.pipeline, made.card.calibration) == (before.pipeline, before.calibration)
    assert made.card.input.area == AREA
    assert str(tmp_path) not in (outcome.folder / "card.json").read_text()
    assert network_of(outcome.folder) == network_of(parent), "it can be trained further"
    check_graph(outcome.folder / "model.onnx")
    assert verify(outcome.folder)["milliseconds"] > 0


def test_a_pool_that_cannot_validate_and_a_parent_without_weights_are_said_before_anything_runs(
    dataset: Path, parent: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "bare" / "1.0.0"
    shutil.copytree(parent, bare)
    (bare / "weights.safetensors").unlink()
    with pytest.raises(DataError, match="no weights"):
        run(recipe(dataset, bare), tmp_path / "run", tmp_path / "zoo")
    table = dataset / "samples.csv"
    rows = [row for row in csv.DictReader(table.open()) if row["fold"] != "2"]
    with table.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(DataError, match="no validation image"):
        run(recipe(dataset, parent), tmp_path / "run", tmp_path / "zoo")


@pytest.mark.parametrize(
    ("new", "old", "share"),
    [
        ((0.50, 0.54, 0.55, 0.5505, 0.52), (0.8, 0.8, 0.8, 0.8, 0.8), 0.5),
        ((0.50, 0.54, 0.56, 0.60, 0.62), (0.8, 0.8, 0.795, 0.78, 0.7), 0.5),
        ((0.50, 0.49, 0.48, 0.47, 0.40), (0.8, 0.8, 0.8, 0.8, 0.8), 0.0),
        ((0.50, 0.5005, 0.5, 0.5, 0.5), (0.8, 0.8, 0.8, 0.8, 0.8), 0.0),
    ],
    ids=["the best", "the old data loses no more than 0.01", "worse", "no gain"],
)
def test_the_curve_chooses_the_share_nearest_to_the_parent_that_gains(
    new: tuple[float, ...], old: tuple[float, ...], share: float
) -> None:
    shares = ("0", "0.25", "0.5", "0.75", "1")
    curve = {s: {"pool": n, "old": o} for s, n, o in zip(shares, new, old, strict=True)}
    assert best(curve, "pool") == share
