"""One command makes a candidate from a pool and the model that serves."""

from __future__ import annotations

import csv
import json
import random
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner

from models.commands.loop import loop
from models.data.classes import write_class_names
from models.data.samples import DataError
from models.loop.__main__ import main as work_here
from models.loop.mixing import best, cautious
from models.loop.recipe import Recipe, network_of
from models.loop.run import run
from models.training.weights import WEIGHTS_FILE, weights_file
from tests.unit.models.conftest import write_dataset
from tests.unit.models.training_runs import config
from worker.pipeline import Architecture, Calibration, InputSpec, ModelCard, PipelineSettings
from worker.pipeline.artifact import read_artifact, require_files
from worker.pipeline.vetting import check_graph, verify

AREA = 4096
SHORT = {"epochs": 2, "size": 64, "batch-size": 4, "threads": 1}


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a tiny model with weights and a pipeline of its own; training needs no graph."""
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


def name_classes(dataset: Path) -> None:
    """Name every other lesion a cyst and the others solid; a third class never occurs."""
    (dataset / "classes").mkdir()
    for number, path in enumerate(sorted((dataset / "masks").iterdir())):
        mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(dataset / "classes" / path.name), (mask > 0) * np.uint8(1 + number % 2))
    write_class_names(dataset, ("cyst", "solid", "calcification"))


@pytest.fixture(scope="module")
def command(parent: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """Return the candidate that `sonoloop loop run` makes from a pool with classes, its 8-bit
    version, and the command's messages."""
    folder = tmp_path_factory.mktemp("command")
    data = write_dataset(folder / "breast", 12)
    name_classes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SONOLOOP_MODELS_DIR", str(parent.parents[1]))
        told = {"data": data, "parent": "tiny", "name": "tiny-pool", "out": folder / "out", **SHORT}
        arguments = [one for name, value in told.items() for one in (f"--{name}", str(value))]
        done = CliRunner().invoke(loop, ["run", *arguments])
    assert done.exit_code == 0, done.output
    made, small = map(Path, done.stdout.strip().splitlines())
    return made, small, done.stderr


@pytest.mark.timeout(1800)
def test_the_command_makes_a_candidate_that_passes_its_verification(
    command: tuple[Path, Path, str], parent: Path
) -> None:
    folder, small, said = command
    assert "packaging 47%" in said and "quantising 73%" in said
    assert "Too few patients" in said
    assert "Temperature and threshold are the parent's. Patients who validate: 2; 10" in said
    assert "The same in 8 bits is a candidate of its own: tiny-pool-int8 1.0.0." in said
    made = read_artifact(folder)
    require_files(made)
    before = ModelCard.read(parent)
    training = made.card.training
    assert training["parent"] == "tiny@1.0.0"
    assert (training["mixing"]["share"], training["mixing"]["judged"]) == (0.5, False)
    assert set(training["mixing"]["curve"]) == {"0", "0.25", "0.5", "0.75", "1"}
    assert (made.card.pipeline, made.card.calibration) == (before.pipeline, before.calibration)
    fitted = training["fitted"]
    assert (fitted["calibration"], fitted["domain"]) == ("parent", "own")
    assert set(fitted["limits"]) <= set(made.card.limits), "people read the limits"
    assert made.card.input.area == AREA
    assert made.card.class_names == ("cyst", "solid"), "what no training image shows is not learnt"
    assert str(folder.parents[3]) not in (folder / "card.json").read_text()
    assert network_of(folder).channels == 3, "it can be trained further"
    for one in (folder, small):
        check_graph(one / "model.onnx")
        assert verify(one)["milliseconds"] > 0
    eight = read_artifact(small)
    require_files(eight)
    assert "domain.safetensors" in eight.files, "8-bit features are not those of the float graph"
    assert eight.card.training["quantized_from"]["sha256"] == made.card.sha256
    assert "cross-validation" in eight.card.training["quantized_from"]["judged"]
    assert str(folder.parents[3]) not in (small / "card.json").read_text()


def renamed(folder: Path) -> Path:
    """Return the same pool as another program would write it: other names, order, class numbers
    and file encoding."""
    data = write_dataset(folder / "before", 12)
    name_classes(data)
    rows = list(csv.DictReader((data / "samples.csv").open()))
    other = folder / "snapshot"
    for kind in ("images", "masks", "classes"):
        (other / kind).mkdir(parents=True)
        for number, row in enumerate(reversed(rows)):
            pixels = cv2.imread(str(data / kind / f"{row['id']}.png"), cv2.IMREAD_UNCHANGED)
            if kind == "classes":
                pixels = np.array([0, 2, 1], np.uint8)[pixels]
            path = other / kind / f"{number:06d}.png"
            cv2.imwrite(str(path), pixels, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    write_class_names(other, ("solid", "cyst"))
    with (other / "samples.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, ["id", "patient", "fold"])
        writer.writeheader()
        for number, row in enumerate(reversed(rows)):
            who = f"S-{row['patient']}"
            writer.writerow({"id": f"{number:06d}", "patient": who, "fold": row["fold"]})
    return other


def work(folder: Path, share: float = 2.0) -> None:
    """Continue a worker's run, and kill it once this share of it is done."""
    process = subprocess.Popen([sys.executable, "-m", "models.loop", str(folder)])
    try:
        while process.poll() is None:
            with suppress(FileNotFoundError):
                found = json.loads((folder / "progress.json").read_text("utf-8"))
                if found["fraction"] >= share:
                    process.kill()
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()


@pytest.mark.timeout(1800)
def test_a_workers_run_that_is_killed_at_any_instant_makes_the_bytes_of_the_command(
    command: tuple[Path, Path, str], parent: Path, tmp_path: Path
) -> None:
    recipe = {
        "data": str(renamed(tmp_path)),
        "parent": str(parent),
        "name": "tiny-pool",
        "version": "1.0.0",
        **{name.replace("-", "_"): value for name, value in SHORT.items()},
    }
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    instants = sorted(random.uniform(0, 0.73) for _ in range(2))
    for share in instants:
        work(tmp_path, share)
        (tmp_path / "progress.json").unlink()
    work(tmp_path)
    outcome = json.loads((tmp_path / "outcome.json").read_text())
    for kind, by_command in zip(("folder", "in_8_bits"), command[:2], strict=True):
        made = read_artifact(Path(outcome[kind]))
        require_files(made)
        assert made.files == read_artifact(by_command).files, instants


def test_what_an_older_version_left_of_a_workers_run_is_begun_anew(
    dataset: Path, parent: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "bare" / "1.0.0"
    shutil.copytree(parent, bare)
    (bare / "weights.safetensors").unlink()  # the new run ends early, and says why
    (tmp_path / "recipe.json").write_text(recipe(dataset, bare).model_dump_json())
    left = tmp_path / "run" / "pool"
    left.mkdir(parents=True)
    (left / "samples.csv").write_text("id\nof-an-older-version\n")
    work_here(tmp_path)
    outcome = json.loads((tmp_path / "outcome.json").read_text())
    assert "no weights" in outcome["problem"], outcome
    assert "of-an-older-version" not in (left / "samples.csv").read_text()


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


@pytest.mark.parametrize(
    ("new", "old", "share"),
    [
        ((0.50, 0.51, 0.52, 0.60, 0.70), (0.8, 0.8, 0.8, 0.8, 0.8), 0.5),
        ((0.874, 0.876, 0.87, 0.86, 0.80), (0.8, 0.8, 0.8, 0.8, 0.8), 0.25),
        ((0.50, 0.51, 0.52, 0.60, 0.70), (0.8, 0.795, 0.78, 0.7, 0.7), 0.25),
        ((0.874, 0.87, 0.86, 0.86, 0.80), (0.8, 0.8, 0.8, 0.8, 0.8), 0.0),
    ],
    ids=["half, never more", "half is worse", "half loses old data", "the parent is better"],
)
def test_few_patients_choose_nothing_and_keep_the_parent_where_it_is_better(
    new: tuple[float, ...], old: tuple[float, ...], share: float
) -> None:
    shares = ("0", "0.25", "0.5", "0.75", "1")
    curve = {s: {"pool": n, "old": o} for s, n, o in zip(shares, new, old, strict=True)}
    assert cautious(curve, "pool") == share
