"""Presence is fitted on held-out patients, and its operating point keeps its promise."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from models.commands.fit_presence import fit_presence
from models.commands.presence import presence
from models.data.samples import DataError, Sample
from models.evaluation.presence import (
    ImageFinding,
    Outlined,
    find,
    fit,
    fit_logistic,
    needs_correction,
    operating_point,
)
from tests.unit.worker.pipeline.dark import (
    write_classes_model,
    write_dark_model,
    write_telling_model,
)
from worker.pipeline import InputSpec, ModelCard, Network, PipelineSettings
from worker.pipeline.presence import Evidence


def finding(index: int, lesion: bool, strength: float, *, outlined: bool = True) -> ImageFinding:
    """Return an image of its own patient; its outline has the lesion's size and this `strength`."""
    features = {
        "presence": strength,
        "peak": strength + 1,
        "confidence": strength,
        "dice": strength / 2,
        "area": -3.0,
        "smaller": 0.0,
    }
    truth = 1000 if lesion else 0
    inside = 900 if lesion else 0
    return ImageFinding(
        source="set",
        group=f"set/{index}",
        truth=truth,
        evidence=Evidence(
            presence=strength,
            peak=strength,
            doubt=0.2,
            distance=0.9,
            outlines=(features,) if outlined else (),
        ),
        outlines=(Outlined(1000, inside, truth),) if outlined else (),
    )


def population(count: int, seed: int = 0) -> list[ImageFinding]:
    rng = np.random.default_rng(seed)
    return [finding(n, n % 3 > 0, rng.normal(2.0 if n % 3 else -2.0, 1.5)) for n in range(count)]


def test_regression_finds_the_coefficients_that_made_the_answers() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 2)) * (1.0, 5.0)
    p = 1 / (1 + np.exp(-(0.5 + 1.2 * x[:, 0] - 0.3 * x[:, 1])))
    rows = [{"a": a, "b": b} for a, b in x]
    found = fit_logistic(rows, list(p), ["a", "b"])  # soft targets
    assert found.bias == pytest.approx(0.5, abs=0.02)
    assert found.weights["a"] == pytest.approx(1.2, abs=0.03)
    assert found.weights["b"] == pytest.approx(-0.3, abs=0.02)


def test_the_operating_point_loses_as_many_as_the_rule_allows_and_no_more() -> None:
    images = [finding(n, True, 0.0) for n in range(400)]
    probabilities = [[(n + 1) / 500] for n in range(400)]
    point, promise = operating_point(images, probabilities, most=0.01)
    # (lost + 1) / (400 + 1) ≤ 0.01 allows three.
    assert promise["lost"] == 3
    assert promise["bound_on_expected_loss"] <= 0.01
    assert sum(p < point for (p,) in probabilities) == 3
    assert point == pytest.approx(4 / 500)


def test_a_small_set_with_faint_lesions_is_kept_as_much_of_as_a_large_one() -> None:
    clear = [finding(n, True, 0.0) for n in range(400)]
    faint = [replace(finding(n, True, 0.0), source="small") for n in range(49)]
    probabilities = [[0.9]] * 400 + [[(n + 1) / 100] for n in range(49)]
    pooled, _ = operating_point([*clear, *faint], probabilities, most=0.05)
    point, promise = operating_point([*clear, *faint], probabilities, 0.05, 0.1)
    assert (pooled, point) == (pytest.approx(0.22), pytest.approx(0.05))
    assert promise["by_source"]["small"]["lost"] == 4  # (4 + 1) / (49 + 1) is a tenth
    assert promise["by_source"]["set"]["lost"] == 0
    with pytest.raises(DataError, match="49 outlined lesions of small are too few"):
        operating_point([*clear, *faint], probabilities, 0.05, 0.01)


def test_the_promise_holds_on_images_that_had_no_part_in_it() -> None:
    lost = []
    for seed in range(40):
        images = population(600, seed)
        own = [[1 / (1 + np.exp(-one.evidence.presence))] for one in images]
        point, _ = operating_point(images[:300], own[:300], most=0.02)
        rest = [p for one, (p,) in zip(images[300:], own[300:], strict=True) if one.truth]
        lost.append(np.mean([p < point for p in rest]))
    assert np.mean(lost) <= 0.02 + 0.005


def test_too_few_lesions_promise_nothing() -> None:
    images = [finding(n, True, 0.0) for n in range(50)]
    with pytest.raises(DataError, match="50 outlined lesions are too few"):
        operating_point(images, [[0.9]] * 50, most=0.01)


def test_fitting_silences_what_is_none_and_ranks_answers_that_need_correction() -> None:
    images = population(900)
    model = fit(images, most_lost=0.01)
    drawn = [
        [model.outline.probability(f) >= model.operating_point for f in one.evidence.outlines]
        for one in images
    ]
    lesions = [d for one, d in zip(images, drawn, strict=True) if one.truth]
    free = [d for one, d in zip(images, drawn, strict=True) if not one.truth]
    assert np.mean([not any(d) for d in lesions]) <= 0.02
    assert np.mean([any(d) for d in free]) < 0.7
    said = [model.image.probability({"presence": one.evidence.presence}) for one in images]
    assert np.mean(said) == pytest.approx(np.mean([one.truth > 0 for one in images]), abs=0.02)


def test_without_images_that_show_no_lesion_nothing_can_be_fitted() -> None:
    with pytest.raises(DataError, match="both kinds"):
        fit([finding(n, True, 1.0) for n in range(300)])


def test_lesions_of_two_classes_that_touch_are_measured_apart(tmp_path: Path) -> None:
    # Flat grey does not count as echo and would become black.
    image = np.random.default_rng(0).integers(100, 141, (160, 160)).astype(np.uint8)
    image[50:110, 40:80] = 40  # a cyst, and beside it …
    image[50:110, 80:100] = 220  # … a calcification, which nobody drew
    truth = np.zeros((160, 160), np.uint8)
    truth[50:110, 40:80] = 255
    paths = tmp_path / "image.png", tmp_path / "mask.png"
    for path, pixels in zip(paths, (image, truth), strict=True):
        cv2.imwrite(str(path), pixels)
    network = Network.load(write_classes_model(tmp_path, tells=True))
    settings = PipelineSettings.for_card(network.card)
    (found,) = find([Sample("a", *paths, group="a", source="set")], network, settings)
    cyst, calcification = found.outlines
    assert cyst.intersection == pytest.approx(60 * 40, rel=0.05)
    assert cyst.intersection <= cyst.area
    assert calcification.area == pytest.approx(60 * 20, rel=0.15)
    assert calcification.intersection <= 0.1 * calcification.area
    assert [one.is_lesion for one in found.outlines] == [True, False]


def test_misses_false_outlines_and_bad_outlines_need_correction() -> None:
    good, false, missed = finding(0, True, 1.0), finding(1, False, 1.0), finding(2, True, 1.0)
    assert not needs_correction(good, [True])
    assert needs_correction(false, [True])
    assert not needs_correction(false, [False])
    assert needs_correction(missed, [False])
    assert missed.missed([False]) and not missed.missed([True])
    part = ImageFinding("set", "g", 1000, good.evidence, (Outlined(500, 450, 1000),))
    assert needs_correction(part, [True])


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write 195 images with a dark lesion and 65 without, each of its own patient, and a model
    whose presence output rises with the share of dark pixels."""
    rng = np.random.default_rng(3)
    folder = tmp_path / "set"
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    rows = []
    for index in range(260):
        mask = np.zeros((64, 80), np.uint8)
        if index % 4:
            cv2.circle(mask, (int(rng.integers(20, 60)), int(rng.integers(20, 44))), 9, 255, -1)
        grey = np.clip(rng.normal(120, 8, mask.shape) - 90 * (mask > 0), 0, 255).astype(np.uint8)
        if not index % 8:  # a dark spot that nobody calls a lesion
            cv2.circle(grey, (30, 30), 5, 55, -1)
        cv2.imwrite(str(folder / "images" / f"{index}.png"), grey)
        cv2.imwrite(str(folder / "masks" / f"{index}.png"), mask)
        rows.append(f"{index},{index},{1 + index % 2}")
    (folder / "samples.csv").write_text("\n".join(["id,patient,fold", *rows]))
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(tmp_path / "site"))
    source = {"folder": str(folder), "train_folds": [1], "validation_folds": [1, 2]}
    write_telling_model(
        tmp_path / "site" / "models",
        training={"config": {"sources": [source], "augment": {}}},
        input=InputSpec(area=4096, multiple=8),
    )
    return tmp_path


def test_the_command_fits_a_card_whose_model_is_silent_and_reports_it(site: Path) -> None:
    result = CliRunner().invoke(fit_presence, ["--model", "telling", "--most-lost", "0.05"])
    assert result.exit_code == 0, result.output
    card = ModelCard.read(site / "site" / "models" / "telling" / "1.0.0")
    assert card.presence is not None
    assert card.presence.guarantee["bound_on_expected_loss"] <= 0.05
    held_out = card.metrics["presence"]["held_out"]["set"]
    assert held_out["lesion_free"]["count"] == 65
    assert held_out["lesion_free"]["outlined"] <= 0.2
    assert held_out["lesion"]["missed"] <= 0.05
    assert held_out["presence"]["auroc"]["value"] > 0.9

    measured = CliRunner().invoke(
        presence, ["--model", "telling", "--data", f"{site / 'set'}:1,2", "--json", "-"]
    )
    assert measured.exit_code == 0, measured.output
    content = json.loads(measured.stdout)
    assert content["sets"]["set"]["lesion"] == held_out["lesion"]
    assert content["sets"]["set"]["lesion_free"] == held_out["lesion_free"]


def test_a_model_without_the_head_says_what_it_lacks(site: Path) -> None:
    folder = site / "site" / "models" / "telling" / "1.0.0"
    training = ModelCard.read(folder).training
    write_dark_model(site / "site" / "models", training=training)
    result = CliRunner().invoke(fit_presence, ["--model", "dark"])
    assert result.exit_code == 1
    assert "no output 'presence'" in result.output


def test_folds_and_classes_are_asked_for_in_words_that_can_be_read(site: Path) -> None:
    for arguments, said in (
        (["--data", f"{site / 'set'}:one"], "folds are whole numbers"),
        (["--data", str(site / "set"), "--healthy", "normal"], "COLUMN=CLASS"),
    ):
        result = CliRunner().invoke(presence, ["--model", "telling", *arguments])
        assert result.exit_code == 1
        assert said in result.output
