"""Variations move image and mask together, and false alarms are counted beside lesions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from models.commands.robustness import robustness
from models.data.samples import Pixels, read_samples
from models.evaluation.robustness import false_alarms
from models.evaluation.variations import VARIATIONS
from models.packaging.held_out import spread
from tests.unit.models.graphs import write_dark_finder
from worker.pipeline import MorphologySettings, Network, PipelineSettings

MARKED = {"calipers on the lesion", "calipers astray"}


def picture(colour: bool) -> Pixels:
    """Return bright tissue with a dark lesion off its middle."""
    mask = np.zeros((120, 160), np.uint8)
    mask[30:60, 90:140] = 1
    image = np.where(mask > 0, 40, 160).astype(np.uint8)
    return Pixels(np.repeat(image[..., None], 3, 2) if colour else image, mask)


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("name", VARIATIONS)
def test_the_mask_stays_on_the_lesion(name: str, colour: bool) -> None:
    before = picture(colour)
    view = VARIATIONS[name](before)
    assert view.image.dtype == view.mask.dtype == np.uint8
    assert view.image.shape[:2] == view.mask.shape
    grey = view.image if view.image.ndim == 2 else view.image[..., 1]
    if name in MARKED:
        return  # ink is on the lesion
    inside, outside = grey[view.mask > 0], grey[(view.mask == 0) & (grey > 0)]
    assert np.median(inside) < np.median(outside)
    again = VARIATIONS[name](before)
    assert np.array_equal(view.image, again.image)
    assert np.array_equal(before.image, picture(colour).image), "the source is left alone"


@pytest.mark.parametrize("name", [n for n in VARIATIONS if n != "unchanged"])
def test_each_variation_changes_something(name: str) -> None:
    before = picture(True)
    before.image[20, 10:19] = before.image[16:25, 14] = (240, 230, 90)  # a caliper
    view = VARIATIONS[name](before)
    same = view.image.shape == before.image.shape and np.array_equal(view.image, before.image)
    assert not same


def test_calipers_lie_on_the_lesion_or_where_its_mirror_image_would_be() -> None:
    before = picture(True)
    for name, aim in (
        ("calipers on the lesion", before.mask),
        ("calipers astray", before.mask[:, ::-1]),
    ):
        changed = (VARIATIONS[name](before).image != before.image).any(axis=2)
        rows, columns = np.nonzero(changed)
        near = np.pad(aim, 12)[rows.min() : rows.max() + 25, columns.min() : columns.max() + 25]
        assert near.any()
        assert (changed & (aim > 0)).any()


def test_images_are_spread_evenly_over_each_data_set(dataset: Path) -> None:
    samples = read_samples(dataset)
    assert [s.id for s in spread(samples, 3)] == ["image-00", "image-06", "image-11"]
    assert spread(samples, 100) == samples


def test_an_outline_beside_the_lesion_is_a_false_alarm(dataset: Path, tmp_path: Path) -> None:
    samples = read_samples(dataset)
    settings = PipelineSettings(morphology=MorphologySettings(enabled=False), crop=False)
    shy, bold = (
        Network.load(write_dark_finder(tmp_path / str(level), "dark-finder", level=level))
        for level in (20.0, 200.0)
    )
    (quiet,) = false_alarms(samples, shy, settings)
    (loud,) = false_alarms(samples, bold, settings)
    assert quiet["count"] == loud["count"] > 0
    assert (quiet["alarms"], quiet["marked"]) == (0.0, 0.0)
    assert (loud["alarms"], loud["confident"]) == (1.0, 1.0)
    assert loud["marked"] > 0.9


def test_the_command_compares_every_variation_with_the_image_as_it_is(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = {"folder": str(dataset), "train_folds": [1], "validation_folds": [2, 3]}
    write_dark_finder(
        tmp_path / "site" / "models", "dark-finder", training={"config": {"sources": [source]}}
    )
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(tmp_path / "site"))
    command = ["--model", "dark-finder", "--limit", "4"]
    one = CliRunner().invoke(robustness, [*command, "--variation", "mirrored"])
    assert one.exit_code == 0, one.output
    found = json.loads(one.stdout)["variations"]
    assert [row["variation"] for row in found] == ["unchanged", "mirrored"]
    result = CliRunner().invoke(robustness, command)
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    rows = {row["variation"]: row for row in report["variations"]}
    assert list(rows) == list(VARIATIONS)
    assert rows["unchanged"]["count"] == 4
    assert rows["unchanged"]["change"] == 0.0
    assert rows["mirrored"]["lesion_iou_mean"] == pytest.approx(
        rows["unchanged"]["lesion_iou_mean"], abs=0.05
    )
    # A graph with a fixed grey level finds less in a brighter image.
    assert rows["gain +40 %"]["change"] < 0
    assert report["beside_lesions"][0]["source"] == "synthetic"
