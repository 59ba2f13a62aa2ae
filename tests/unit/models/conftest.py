"""A small data set of dark ellipses on noise, written in the layout that training reads."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Write twelve images with masks, two per patient, in folds 1 to 3 of four images each."""
    return write_dataset(tmp_path / "synthetic", 12)


def write_dataset(folder: Path, count: int) -> Path:
    rng = np.random.default_rng(7)
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    rows = []
    for index in range(count):
        height, width = (int(side) for side in rng.integers(60, 100, 2))
        mask = np.zeros((height, width), np.uint8)
        centre = (width // 2 + int(rng.integers(-10, 10)), height // 2)
        axes = (int(rng.integers(8, 20)), int(rng.integers(8, 20)))
        cv2.ellipse(mask, centre, axes, 0, 0, 360, 255, -1)
        noise = rng.normal(110, 15, (height, width))
        image = np.clip(noise - 80 * (mask > 0), 0, 255).astype(np.uint8)
        name = f"image-{index:02}"
        cv2.imwrite(str(folder / "images" / f"{name}.png"), image)
        cv2.imwrite(str(folder / "masks" / f"{name}.png"), mask)
        rows.append({"id": name, "patient": index // 2, "fold": 1 + index * 3 // count})
    with (folder / "samples.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, ["id", "patient", "fold"])
        writer.writeheader()
        writer.writerows(rows)
    return folder
