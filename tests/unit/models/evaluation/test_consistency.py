"""Agreement of masks within groups of near-identical views."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from models.commands.consistency import consistency
from models.evaluation.consistency import PairAgreement, summarise_pairs
from tests.unit.models.graphs import write_dark_finder


@pytest.fixture
def views(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Group 1: a view twice. Group 2: a view, and one whose lesion is half gone.

    Group 3 has one view.
    """
    write_dark_finder(tmp_path / "site" / "models", "dark-finder")
    monkeypatch.setenv("SONOLOOP_DATA_DIR", str(tmp_path / "site"))
    folder = tmp_path / "views"
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    rows = []
    for name, group in (("a", 1), ("b", 1), ("c", 2), ("d", 2), ("e", 3)):
        image = np.full((64, 96), 150, np.uint8)
        mask = np.zeros((64, 96), np.uint8)
        cv2.rectangle(mask, (30, 16), (69, 47), 255, cv2.FILLED)
        image[mask > 0] = 20
        if name == "d":
            image[:, 50:] = 150
        # Speckle, because perfectly even areas count as screen paint and become black.
        image += np.random.default_rng(1).integers(0, 16, image.shape, dtype=np.uint8)
        if name == "b":  # another size of the same view
            image, mask = (cv2.resize(x, (192, 128), interpolation=0) for x in (image, mask))
        cv2.imwrite(str(folder / "images" / f"{name}.png"), image)
        cv2.imwrite(str(folder / "masks" / f"{name}.png"), mask)
        rows.append({"id": name, "duplicate_group": group, "fold": group})
    with (folder / "samples.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, ["id", "duplicate_group", "fold"])
        writer.writeheader()
        writer.writerows(rows)
    return folder


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(
        consistency, ["--data", str(folder), "--model", "dark-finder", *arguments]
    )


def test_views_are_compared_within_their_groups(views: Path) -> None:
    result = run(views)
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    same, half = report["pairs"]
    assert (same["first"], same["second"], half["first"], half["second"]) == tuple("abcd")
    assert same["predicted_dice"] > 0.9
    # Half of the lesion is found in one view: 2 · 1/2 / (1 + 1/2).
    assert half["predicted_dice"] == pytest.approx(2 / 3, abs=0.05)
    assert same["truth_dice"] == half["truth_dice"] == 1
    assert report["overall"]["groups"] == 2
    assert report["overall"]["model"] == "dark-finder"


def test_folds_and_a_limit_choose_groups(views: Path) -> None:
    assert len(json.loads(run(views, "--limit", "1").stdout)["pairs"]) == 1
    (pair,) = json.loads(run(views, "--fold", "2").stdout)["pairs"]
    assert pair["group"] == "2"
    alone = run(views, "--fold", "3")
    assert alone.exit_code == 1
    assert "no group of two views" in alone.output


def test_a_group_of_many_views_counts_once() -> None:
    many = [PairAgreement("1", "a", "b", 1.0, 1.0)] * 3
    found = summarise_pairs([*many, PairAgreement("2", "c", "d", 0.5, 0.8)])
    assert found["predicted_dice"] == pytest.approx(0.75)
    assert found["consistency"] == pytest.approx(0.75 / 0.9)
    assert (found["groups"], found["pairs"]) == (2, 4)
