"""A run's data is ordered and named by its content, and must not change during the run."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.data.classes import write_class_names
from models.data.samples import read_class_picture, read_samples
from models.loop.recipe import parts_of
from models.loop.snapshot import lay_out
from models.training.checkpoint import CheckpointError
from tests.unit.models.conftest import write_dataset


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


def classed(folder: Path, names: tuple[str, ...], labelled: str = "") -> Path:
    """Write a pool whose lesions are cyst and solid in turn, with one of no class."""
    data = write_dataset(folder, 12)
    (data / "classes").mkdir()
    rows = list(csv.DictReader((data / "samples.csv").open()))
    for number, row in enumerate(rows):
        name = ("cyst", "solid")[number % 2]
        value = names.index(name) + 1
        if number == 5:
            value = names.index("lesion") + 1 if "lesion" in names else 254
        mask = cv2.imread(str(data / "masks" / f"{row['id']}.png"), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(data / "classes" / f"{row['id']}.png"), (mask > 0) * np.uint8(value))
        row["labelled"] = labelled if number == 7 else ""
    with (data / "samples.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    write_class_names(data, names)
    return data


def test_numbers_of_classes_and_classes_that_nothing_shows_do_not_count(tmp_path: Path) -> None:
    first = classed(tmp_path / "a", ("solid", "calcification", "cyst"), "solid;calcification")
    other = classed(tmp_path / "b", ("cyst", "lesion", "solid"), "lesion;solid")
    laid = [lay_out(parts_of(one), one, tmp_path / f"run-{one.name}") for one in (first, other)]
    for name in ("samples.csv", "classes.json"):
        assert (laid[0] / name).read_bytes() == (laid[1] / name).read_bytes()
    for one, same in zip(*map(read_samples, laid), strict=True):
        assert one.class_names == ("cyst", "solid")
        assert one.classes is not None and same.classes is not None
        assert (read_class_picture(one.classes) == read_class_picture(same.classes)).all()
    said = [one.attributes.get("labelled") for one in read_samples(laid[0])]
    assert sorted(filter(None, said)) == ["lesion;solid"]


def test_where_every_lesion_is_of_no_class_there_are_none(tmp_path: Path) -> None:
    data = classed(tmp_path / "a", ("cyst", "lesion", "solid"))
    for path in (data / "classes").iterdir():
        picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(path), (picture > 0) * np.uint8(2))
    laid = read_samples(lay_out(parts_of(data), data, tmp_path / "run"))
    assert {(one.classes, one.class_names) for one in laid} == {(None, ())}
