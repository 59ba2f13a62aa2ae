"""Calibration and ranking match their definitions, and go into the card."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from models.commands.calibrate import calibrate
from models.evaluation.calibration import ReliabilityCounter, auroc
from models.evaluation.calibration_report import AFTER, BEFORE, SHOWN
from tests.unit.models.graphs import write_dark_finder
from worker.pipeline import Network


def counted(probability: np.ndarray, truth: np.ndarray) -> ReliabilityCounter:
    counter = ReliabilityCounter()
    counter.add(probability.astype(np.float32), truth)
    return counter


def test_probabilities_that_come_true_as_often_as_they_say_have_no_error() -> None:
    rng = np.random.default_rng(0)
    p = rng.random((600, 600))
    found = counted(p, rng.random(p.shape) < p).result()
    assert found.error < 0.005
    assert found.unsure_error < 0.005
    assert found.weight.sum() == pytest.approx(1)


def test_overconfidence_is_the_distance_of_what_is_said_from_what_is_true() -> None:
    rng = np.random.default_rng(0)
    p = np.full((500, 500), 0.9)
    found = counted(p, rng.random(p.shape) < 0.6).result()
    assert found.error == pytest.approx(0.3, abs=0.005)
    sure = np.zeros((500, 500))
    sure[:5] = 0.5
    found = counted(sure, np.zeros(sure.shape, bool)).result()
    assert found.error == pytest.approx(0.005)
    assert found.unsure_error == pytest.approx(0.5), "the sure background hides nothing here"


def test_every_image_counts_alike() -> None:
    counter = ReliabilityCounter()
    counter.add(np.full((100, 100), 0.7, np.float32), np.ones((100, 100), bool))
    counter.add(np.full((10, 10), 0.7, np.float32), np.zeros((10, 10), bool))
    assert counter.result().error == pytest.approx(0.2)


def test_nothing_counted_is_told() -> None:
    with pytest.raises(ValueError, match="no images"):
        ReliabilityCounter().result()


def test_auroc_is_the_share_of_pairs_in_the_right_order() -> None:
    rng = np.random.default_rng(3)
    score = np.round(rng.random(60), 1)  # with ties, which count half
    bad = rng.random(60) < 0.3
    pairs = score[bad][:, None] - score[~bad][None]
    expected = np.mean((pairs > 0) + 0.5 * (pairs == 0))
    found = auroc(score, bad, [str(n // 2) for n in range(60)])
    assert found.value == pytest.approx(expected)
    assert found.low is not None and found.high is not None
    assert found.low < found.value < found.high
    assert (found.bad, found.count) == (int(bad.sum()), 60)


def test_auroc_without_bad_ones_is_not_known() -> None:
    found = auroc(np.array([0.1, 0.2]), np.array([False, False]), ["a", "b"])
    assert found.value is None and found.count == 2


def test_groups_that_repeat_widen_the_interval() -> None:
    rng = np.random.default_rng(5)
    bad = rng.random(40) < 0.4
    score = bad + rng.normal(0, 1, 40)
    alone = auroc(np.repeat(score, 5), np.repeat(bad, 5), [str(n) for n in range(200)])
    together = auroc(np.repeat(score, 5), np.repeat(bad, 5), [str(n // 5) for n in range(200)])
    assert alone.value == together.value
    assert together.high - together.low > 1.5 * (alone.high - alone.low)  # type: ignore[operator]


def test_the_command_writes_figures_and_a_plot(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = {"folder": str(dataset), "train_folds": [1], "validation_folds": [2, 3]}
    folder = write_dark_finder(
        tmp_path / "site" / "models",
        "dark-finder",
        gain=3.0,
        training={"config": {"sources": [source]}},
    )
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(tmp_path / "site"))
    plot = tmp_path / "reliability.png"
    arguments = ["--model", "dark-finder", "--plot", str(plot)]
    dry = CliRunner().invoke(calibrate, [*arguments, "--dry-run"])
    assert dry.exit_code == 0, dry.output
    assert "calibration" not in Network.load(folder).card.metrics
    result = CliRunner().invoke(calibrate, arguments)
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report == json.loads(dry.stdout)
    assert {k: Network.load(folder).card.metrics[k] for k in report} == report
    assert set(report["calibration"]["synthetic"]) == {BEFORE, AFTER, SHOWN}
    assert report["uncertainty"]["held_out"]["all"]["auroc"]["count"] == 8
    assert plot.read_bytes().startswith(b"\x89PNG")
