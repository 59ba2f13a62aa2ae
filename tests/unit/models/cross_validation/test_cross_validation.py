"""No part of a fold affects the model that judges it, and finished work is not repeated."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from click.testing import CliRunner

from models.commands.cross_validate import cross_validate
from models.cross_validation.config import CrossValidation
from models.cross_validation.fold import Findings, measured, model_folder
from models.cross_validation.report import presence_model
from models.training.config import (
    ConfigError,
    SourceConfig,
    TrainConfig,
    training_samples,
    validation_samples,
)
from tests.unit.models.conftest import write_dataset
from tests.unit.models.evaluation.test_presence_fit import finding
from tests.unit.models.training_runs import config as training
from tests.unit.worker.pipeline.dark import write_dark_model, write_telling_model
from worker.pipeline import InputSpec

FOLDS = (1, 2)


def recipe(folder: Path, one: TrainConfig, **changes: object) -> Path:
    """Write a recipe that cross-validates a training over the data set `crossed`."""
    run = folder / "run.yaml"
    run.write_text(yaml.safe_dump(one.model_dump(mode="json")))
    content = {
        "source": "crossed",
        "folds": list(FOLDS),
        "training": str(run),
        "like": "dark",
        "domain_limit": 4,
        "most_lost": 0.5,
        **changes,
    }
    path = folder / "cross-validate.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def sources(tmp_path: Path) -> tuple[SourceConfig, ...]:
    """Return the data set whose folds are held out, and another with 10 held-out patients."""
    crossed = write_dataset(tmp_path / "crossed", 12)
    other = write_dataset(tmp_path / "other", 30)
    for folder in (crossed, other):
        without_some_lesions(folder)
    return (
        SourceConfig(folder=crossed, train_folds=(1, 2, 3), validation_folds=()),
        SourceConfig(folder=other, train_folds=(1,), validation_folds=(2, 3)),
    )


def without_some_lesions(folder: Path) -> None:
    """Clear every third mask, so that its image shows what only looks like a lesion."""
    for mask in sorted((folder / "masks").iterdir())[::3]:
        cv2.imwrite(str(mask), np.zeros_like(cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE)))


def test_the_training_sees_nothing_of_the_fold_that_is_held_out(tmp_path: Path) -> None:
    one = training(tmp_path, sources=sources(tmp_path))
    config = CrossValidation.read(recipe(tmp_path, one))
    for fold in FOLDS:
        left = config.without(fold)
        own = set(config.held_out(fold))
        assert len(own) == 4
        seen = {*training_samples(left.sources), *validation_samples(left.sources)}
        assert not own & seen
        assert {s.fold for s in seen if s.source == "crossed"} == {1, 2, 3} - {fold}
        assert {s.fold for s in seen if s.source == "other"} == {1, 2, 3}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"source": "nowhere"}, "must learn from the data set nowhere"),
        ({"folds": [1, 4]}, "must learn from fold 4 of crossed"),
    ],
)
def test_a_recipe_that_cannot_leave_the_fold_out_is_refused(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    one = training(tmp_path, sources=sources(tmp_path))
    config = CrossValidation.read(recipe(tmp_path, one, **changes))
    with pytest.raises(ConfigError, match=said):
        config.without(config.folds[-1])


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xff\xfe", "not valid YAML"), (b"folds: [1]", "not a cross-validation")],
)
def test_what_is_no_recipe_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "recipe.yaml").write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        CrossValidation.read(tmp_path / "recipe.yaml")


def test_a_folds_probabilities_are_those_of_other_patients(tmp_path: Path) -> None:
    one = training(tmp_path, sources=sources(tmp_path))
    config = CrossValidation.read(recipe(tmp_path, one))
    rng = np.random.default_rng(2)

    def findings(first: int) -> Findings:
        many = [finding(first + n, n % 3 > 0, float(rng.normal(n % 3, 1.5))) for n in range(120)]
        return Findings(many[:40], many[40:80], many[80:])

    found = {1: findings(0), 2: findings(1000)}
    turned = replace(found[1], own=[replace(one, truth=1000 - one.truth) for one in found[1].own])
    before, after = (
        {fold: presence_model(config, fold, seen) for fold in FOLDS}
        for seen in (found, {**found, 1: turned})
    )
    assert after[1] == before[1], "a fold has no part in what judges it"
    assert after[2] != before[2], "and has one in what judges the other"


def test_each_image_is_judged_once_by_a_model_of_other_folds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The runs resume after the export, with graphs that recognise dark regions."""
    site = tmp_path / "site"
    write_dark_model(site / "models", "dark")
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(site))
    one = training(tmp_path, epochs=1, sources=sources(tmp_path), validate_every=0)
    path, out = recipe(tmp_path, one), tmp_path / "out"
    config = CrossValidation.read(path)
    for fold in FOLDS:
        trained = {"config": config.without(fold).model_dump(mode="json")}
        graph = write_telling_model(
            tmp_path / str(fold),
            embeds=True,
            training=trained,
            input=InputSpec(area=4096, multiple=8),
        )
        shutil.copytree(graph, model_folder(out / f"fold-{fold}"))
    asked = ["--config", str(path), "--out", str(out), "--threads", "1"]

    first = CliRunner().invoke(cross_validate, [*asked, "--fold", "1"])
    assert first.exit_code == 0, first.output
    assert "Left to do: fold 2" in first.stdout
    kept = {
        name: (out / "fold-1" / name).stat().st_mtime_ns
        for name in ("run/last.pt", "findings.json")
    }
    whole = CliRunner().invoke(cross_validate, asked)
    assert whole.exit_code == 0, whole.output
    for name, written in kept.items():
        assert (out / "fold-1" / name).stat().st_mtime_ns == written, "done before"

    report = json.loads((out / "report.json").read_text())
    ids = [image["id"] for image in report["images"]]
    assert sorted(ids) == [f"image-{n:02}" for n in range(8)], "each of both folds once"
    for fold in FOLDS:
        part = report["folds"][str(fold)]
        own = [image for image in report["images"] if image["fold"] == fold]
        ious = [image["lesion_iou"] for image in own if image["truth"]]
        assert part["lesion"]["iou_mean"] == pytest.approx(np.mean(ious))
        assert part["patients"] == 2
        trained = json.loads((model_folder(out / f"fold-{fold}") / "card.json").read_text())
        listed = trained["training"]["config"]["sources"][0]
        assert fold not in [*listed["train_folds"], *listed["validation_folds"]]
    assert report["all"]["count"] == 8
    interval = report["all"]["intervals"]["iou_mean"]
    assert interval["low"] <= interval["mean"] <= interval["high"]

    other = CliRunner().invoke(cross_validate, [*asked, "--fold", "9"])
    assert other.exit_code == 1 and "names no fold 9" in other.output

    assert measured(config, out / "fold-1") is not None
    changed = config.model_copy(update={"domain_limit": config.domain_limit + 1})
    assert measured(changed, out / "fold-1") is None, "found under another configuration"
