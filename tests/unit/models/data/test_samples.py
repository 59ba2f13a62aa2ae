"""Listing, pairing and splitting of samples."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.data.samples import (
    DataError,
    cache_at_area,
    in_folds,
    pair_by_stem,
    read_mask,
    read_pixels,
    read_samples,
    require_disjoint,
)
from models.training.config import SourceConfig


def test_samples_carry_group_and_fold(dataset: Path) -> None:
    samples = read_samples(dataset)
    assert len(samples) == 12
    assert [s.fold for s in samples].count(2) == 4
    assert {s.group for s in samples} == {str(n) for n in range(6)}
    assert {s.source for s in samples} == {"synthetic"}


def test_a_listed_sample_without_a_mask_is_refused(dataset: Path) -> None:
    (dataset / "masks" / "image-03.png").unlink()
    with pytest.raises(DataError, match="image-03"):
        read_samples(dataset)


def test_a_fold_without_samples_is_refused(dataset: Path) -> None:
    with pytest.raises(DataError, match="fold 9"):
        in_folds(read_samples(dataset), [1, 9])


def test_a_patient_on_both_sides_of_a_split_is_refused(dataset: Path) -> None:
    samples = read_samples(dataset)
    with pytest.raises(DataError, match="synthetic 0"):
        require_disjoint(samples[:1], samples[1:])
    require_disjoint(samples[:2], samples[2:])
    # The same number in another data set is another patient.
    other = [replace(sample, source="elsewhere") for sample in samples[1:]]
    require_disjoint(samples[:1], other)


def test_pairing_by_stem_names_what_has_no_partner(dataset: Path) -> None:
    assert [s.id for s in pair_by_stem(dataset / "images", dataset / "masks")][:2] == [
        "image-00",
        "image-01",
    ]
    (dataset / "images" / "image-05.png").unlink()
    with pytest.raises(DataError, match="image-05"):
        pair_by_stem(dataset / "images", dataset / "masks")


def test_folders_that_are_empty_or_missing_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no folder"):
        pair_by_stem(tmp_path / "nowhere", tmp_path)
    with pytest.raises(DataError, match="holds no image"):
        pair_by_stem(tmp_path, tmp_path)


def test_two_images_of_one_stem_are_refused(dataset: Path) -> None:
    (dataset / "images" / "image-00.jpg").write_bytes(b"")
    with pytest.raises(DataError, match="same stem"):
        pair_by_stem(dataset / "images", dataset / "masks")


@pytest.mark.parametrize("white", [1, 255])
def test_masks_may_be_labels_or_white(tmp_path: Path, white: int) -> None:
    expected = np.zeros((5, 6), np.uint8)
    expected[1:3, 2:5] = 1
    path = tmp_path / "mask.png"
    cv2.imwrite(str(path), expected * white)
    assert np.array_equal(read_mask(path), expected)


@pytest.mark.parametrize("marked", [2, (0, 0, 128), (0, 0, 255)])
def test_a_mask_that_marks_a_lesion_in_another_way_is_not_read_as_empty(
    tmp_path: Path, marked: int | tuple[int, int, int]
) -> None:
    # A class number, Pascal VOC's first colour, and red (OpenCV writes blue first).
    mask = np.zeros((5, 6) if isinstance(marked, int) else (5, 6, 3), np.uint8)
    mask[1:3, 2:5] = marked
    path = tmp_path / "mask.png"
    cv2.imwrite(str(path), mask)
    with pytest.raises(DataError, match="has no white"):
        read_mask(path)


def test_a_mask_of_another_size_is_refused(dataset: Path) -> None:
    cv2.imwrite(str(dataset / "masks" / "image-00.png"), np.zeros((5, 6), np.uint8))
    with pytest.raises(DataError, match="must be the same"):
        read_pixels(read_samples(dataset)[0])


def test_the_cache_shrinks_to_the_area_and_keeps_aspect_and_lesion_share(dataset: Path) -> None:
    samples = read_samples(dataset)
    for sample, small in zip(samples, cache_at_area(samples, 2000), strict=True):
        full = read_pixels(sample)
        assert small.mask.size == pytest.approx(2000, rel=0.05)
        assert small.image.shape[:2] == small.mask.shape
        aspects = [p.mask.shape[0] / p.mask.shape[1] for p in (small, full)]
        assert aspects[0] == pytest.approx(aspects[1], rel=0.05)
        assert small.mask.mean() == pytest.approx(full.mask.mean(), abs=0.01)


def test_a_folder_without_masks_holds_images_with_nothing_to_outline(dataset: Path) -> None:
    for mask in (dataset / "masks").iterdir():
        mask.unlink()
    (dataset / "masks").rmdir()
    samples = read_samples(dataset)
    assert [s.mask for s in samples] == [None] * 12
    pixels = read_pixels(samples[0])
    assert pixels.mask.shape == pixels.image.shape[:2]
    assert not pixels.mask.any()


def test_a_healthy_class_has_no_lesion_whatever_its_mask_outlines(dataset: Path) -> None:
    table = (dataset / "samples.csv").read_text(encoding="utf-8").splitlines()
    rows = [f"{row},{'well' if n % 3 == 0 else 'ill'}" for n, row in enumerate(table[1:])]
    (dataset / "samples.csv").write_text("\n".join([f"{table[0]},class", *rows]), encoding="utf-8")
    source = SourceConfig(
        folder=dataset, train_folds=(1,), validation_folds=(2,), healthy={"class": ("well",)}
    )
    samples = source.samples((1, 2, 3))
    assert [s.mask is None for s in samples] == [n % 3 == 0 for n in range(12)]
    assert [bool(read_pixels(s).mask.any()) for s in samples] == [n % 3 != 0 for n in range(12)]


def test_the_column_group_keeps_groups_whole(dataset: Path) -> None:
    table = (dataset / "samples.csv").read_text(encoding="utf-8")
    (dataset / "samples.csv").write_text(table.replace("patient", "group"), encoding="utf-8")
    assert {s.group for s in read_samples(dataset)} == {str(n) for n in range(6)}
