"""A run's data is ordered and named by what it shows, and may not change under a run."""

import csv
from pathlib import Path

import cv2
import pytest

from models.data.samples import read_samples
from models.loop.recipe import parts_of
from models.loop.snapshot import lay_out
from models.training.checkpoint import CheckpointError


def test_a_runs_folder_refuses_other_data_than_it_began_with(dataset: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    first = lay_out(parts_of(dataset), dataset, run)
    table = (first / "samples.csv").read_bytes()
    moved = dataset.rename(tmp_path / "moved")
    again = lay_out(parts_of(moved), moved, run)
    assert (again / "samples.csv").read_bytes() == table
    samples = read_samples(again)
    assert [one.fold for one in samples] == sorted(one.fold or 0 for one in samples)
    assert len({one.group for one in samples}) == 6
    assert all(one.image.read_bytes() for one in samples), "links lead to where the files are now"
    name = next(csv.DictReader((moved / "samples.csv").open()))["id"]
    mask = moved / "masks" / f"{name}.png"
    cv2.imwrite(str(mask), 0 * cv2.imread(str(mask)))
    with pytest.raises(CheckpointError, match="other data"):
        lay_out(parts_of(moved), moved, run)
