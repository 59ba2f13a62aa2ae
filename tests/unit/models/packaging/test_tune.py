"""Tuning chooses on one half, reports on both, and writes a card that the pipeline loads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from models.commands.tune import tune
from models.data.samples import pair_by_stem, read_samples
from models.evaluation.remembering_network import RememberingNetwork
from models.packaging.parting import halves
from models.packaging.tuning import Score, calibrate
from tests.unit.models.conftest import write_dataset
from tests.unit.models.graphs import write_dark_finder
from worker.pipeline import MorphologySettings, Network, PipelineSettings

BARE = PipelineSettings(morphology=MorphologySettings(enabled=False), crop=False)


def training(dataset: Path) -> dict[str, object]:
    source = {"folder": str(dataset), "train_folds": [1], "validation_folds": [2, 3]}
    return {"config": {"sources": [source]}}


def test_no_group_is_in_both_halves_and_the_halves_do_not_change(dataset: Path) -> None:
    samples = read_samples(dataset)
    many = [replace(s, group=f"{s.group}-{n}") for n in range(50) for s in samples]
    tuning, check = halves(many)
    assert not {s.group for s in tuning} & {s.group for s in check}
    assert len(tuning) + len(check) == len(many)
    assert 0.3 < len(tuning) / len(many) < 0.7
    assert halves(many) == (tuning, check)


@pytest.mark.parametrize(
    ("gain_iou", "gain_boundary", "better"),
    [
        (0.01, 0.0, True),
        (0.0, 0.01, True),
        (0.0005, 0.0005, False),
        (0.01, -0.01, False),
        (-0.0012, 0.013, True),
        (-0.0014, 0.013, False),
        (-0.0009, 0.002, True),
        (-0.0011, 0.002, False),
    ],
)
def test_a_stage_must_help_in_one_figure_and_hardly_harm_the_other(
    gain_iou: float, gain_boundary: float, better: bool
) -> None:
    assert Score(0.7 + gain_iou, 0.5 + gain_boundary).beats(Score(0.7, 0.5)) is better


def test_memory_gives_the_same_logits_without_running_again(dataset: Path, tmp_path: Path) -> None:
    network = Network.load(write_dark_finder(tmp_path / "zoo", "dark-finder"))
    remembering = RememberingNetwork(network, network.card)
    image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    first = remembering.logits(image)
    assert np.array_equal(first, network.logits(image))
    assert np.array_equal(remembering.recalibrated(network.card).logits(image), first)
    assert not np.array_equal(remembering.logits(image[::-1].copy()), first)


def test_calibration_finds_that_a_network_is_too_sure(dataset: Path, tmp_path: Path) -> None:
    samples = pair_by_stem(dataset / "images", dataset / "masks")
    plain, sharp = (
        Network.load(write_dark_finder(tmp_path / str(gain), "dark-finder", gain=gain))
        for gain in (0.6, 1.2)
    )
    # Twice the logits must give twice the temperature, and the threshold stays.
    found, doubled = calibrate(samples, plain, BARE), calibrate(samples, sharp, BARE)
    assert doubled.temperature == pytest.approx(2 * found.temperature, rel=0.02)
    assert doubled.threshold == found.threshold


@pytest.mark.parametrize("patients", [4, 24])
def test_the_command_writes_a_valid_card_judged_by_patients_that_did_not_choose(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patients: int
) -> None:
    if patients > 4:
        dataset = write_dataset(tmp_path / "many" / "synthetic", 72)  # a third for training
    folder = write_dark_finder(
        tmp_path / "site" / "models", "dark-finder", training=training(dataset)
    )
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(tmp_path / "site"))
    before = Network.load(folder).card
    command = ["--model", "dark-finder", *([] if patients == 4 else ["--like", "dark-finder"])]
    if patients > 4:
        result = CliRunner().invoke(tune, [*command, "--dry-run"])
        assert result.exit_code == 0, result.output
        assert Network.load(folder).card == before
    result = CliRunner().invoke(tune, command)
    assert result.exit_code == 0, result.output
    card = Network.load(folder).card
    assert card.pipeline.threshold == card.calibration.threshold
    assert card.sha256 == before.sha256
    assert card.metrics["validation"]["synthetic"]["count"] == 2 * patients
    images, judged = (card.metrics["tuning"][name] for name in ("images", "judged"))
    assert judged["patients"] == {"synthetic": patients}
    rows = {row["settings"]: row for row in card.metrics["tuning"]["ablation"]}
    assert rows["chosen"]["differs"] == {}
    if patients == 4:
        assert judged["by"] == "cross-validation over patients"
        assert (judged["folds"], images) == (4, {"tuning": 8, "check": 8})
        assert "fewer than 10" in judged["because"]
        assert "validation_check_half" not in card.metrics
        assert len(rows) > 3
    else:
        assert "halves" in judged["by"]
        assert images["tuning"] + images["check"] == 48
        assert card.metrics["validation_check_half"]["synthetic"]["count"] == images["check"]
    json.dumps(card.metrics)


def test_a_card_that_names_no_held_out_data_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_dark_finder(tmp_path / "site" / "models", "dark-finder")
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(tmp_path / "site"))
    result = CliRunner().invoke(tune, ["--model", "dark-finder"])
    assert result.exit_code == 1
    assert "does not name the data" in result.stderr
