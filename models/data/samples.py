"""Images with lesion masks: listing, splitting by subject, and a cache at working size."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.decoding import decode
from worker.ingest import DecodeError, DecodeLimits
from worker.pipeline.network import fit_size, resize_to_fit

SAMPLES_FILE = "samples.csv"
CLASSES_FILE = "classes.json"
IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".dcm", ".dicom"}
)
_GROUP_COLUMNS = ("patient", "duplicate_group", "group")
_MASK_THRESHOLD = 127


class DataError(Exception):
    """A data set cannot be used; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One image and its mask on disk, not yet read."""

    id: str
    image: Path
    mask: Path | None
    """None if there is nothing to outline: every pixel is background."""
    group: str
    """Subject or group of near-identical views; it must not cross a split."""
    source: str
    """Name of the data set."""
    fold: int | None = None
    attributes: Mapping[str, str] = field(default_factory=dict, compare=False)
    """The other columns of the table, such as class and device."""
    classes: Path | None = field(default=None, compare=False)
    """Picture of class numbers; None if the data set has none."""
    class_names: tuple[str, ...] = field(default=(), compare=False)
    """Names of the class numbers, starting with number 1."""


class Pixels(NamedTuple):
    """A sample in memory."""

    image: NDArray[np.uint8]
    """uint8 [H,W,3], RGB."""
    mask: NDArray[np.uint8]
    """uint8 [H,W], 0 background and 1 lesion; with classes as in `models.data.labels`."""

    def lesion_box(self) -> tuple[slice, slice] | None:
        """Rows and columns of the mask's bounding box; None if the mask is empty."""
        rows, columns = (np.flatnonzero(self.mask.any(axis)) for axis in (1, 0))
        if not rows.size:
            return None
        return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def read_samples(folder: Path) -> list[Sample]:
    """Read the samples of a folder with `samples.csv`, `images/` and `masks/`.

    The table requires the column `id`; `fold` and one of `patient`, `duplicate_group` and `group`
    are used if present. Files are found by stem. A folder without `masks/` holds images with
    nothing to outline. `classes/` and `classes.json` are as in `models.data.classes`.

    Raises:
        DataError: the table, a file or a fold is missing.
    """
    table = folder / SAMPLES_FILE
    try:
        with table.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
    except OSError as error:
        raise DataError(f"{table} cannot be read: {error.strerror}.") from error
    if not rows or "id" not in rows[0]:
        raise DataError(f"{table} needs a header with the column 'id' and at least one row.")
    group_column = next((name for name in _GROUP_COLUMNS if name in rows[0]), "id")
    used = {"id", "fold", group_column}
    images = files_by_stem(folder / "images")
    masks = files_by_stem(folder / "masks") if (folder / "masks").exists() else None
    class_names = _class_names(folder / CLASSES_FILE)
    classes = files_by_stem(folder / "classes") if class_names else {}
    samples = []
    for row in rows:
        name = row["id"]
        if name not in images or (masks is not None and name not in masks):
            raise DataError(f"{table} lists {name!r}, which has no image or no mask in {folder}.")
        fold = row.get("fold")
        samples.append(
            Sample(
                id=name,
                image=images[name],
                mask=None if masks is None else masks[name],
                group=row[group_column],
                source=folder.name,
                fold=int(fold) if fold else None,
                attributes={k: v for k, v in row.items() if k not in used and v},
                classes=classes.get(name),
                class_names=class_names,
            )
        )
    return samples


def _class_names(path: Path) -> tuple[str, ...]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["classes"]
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f'{path} must hold {{"classes": ["NAME", …]}}.') from error
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise DataError(f'{path} must hold {{"classes": ["NAME", …]}}.')
    return tuple(found)


def without_lesion(samples: Iterable[Sample], healthy: Mapping[str, Sequence[str]]) -> list[Sample]:
    """Return the samples, without masks for those of healthy classes.

    Some sets outline a healthy organ, which is not a lesion.

    Args:
        samples: samples of any data set.
        healthy: names of healthy classes by table column.
    """
    return [
        replace(sample, mask=None)
        if any(sample.attributes.get(column) in names for column, names in healthy.items())
        else sample
        for sample in samples
    ]


def leave_out(samples: Sequence[Sample], without: Mapping[str, Sequence[str]]) -> list[Sample]:
    """Return the samples that have none of the values.

    Args:
        samples: samples of one data set.
        without: values by table column.

    Raises:
        DataError: no sample has one of the values, which is probably misspelt.
    """
    kept = list(samples)
    for column, values in without.items():
        for value in values:
            if all(sample.attributes.get(column) != value for sample in samples):
                raise DataError(f"No sample to train on has {value!r} in the column {column}.")
        kept = [sample for sample in kept if sample.attributes.get(column) not in values]
    return kept


def pair_by_stem(images: Path, masks: Path) -> list[Sample]:
    """Return samples of two plain folders, matched and sorted by file name without extension.

    Each sample is its own group.

    Raises:
        DataError: a folder is missing or empty, or a file has no partner.
    """
    image_files, mask_files = files_by_stem(images), files_by_stem(masks)
    unpaired = sorted(image_files.keys() ^ mask_files.keys())
    if unpaired:
        listed = ", ".join(unpaired[:5]) + (", …" if len(unpaired) > 5 else "")
        raise DataError(
            f"{len(unpaired)} files in {images} and {masks} have no partner of the same stem: "
            f"{listed}."
        )
    return [
        Sample(id=stem, image=path, mask=mask_files[stem], group=stem, source=images.name)
        for stem, path in sorted(image_files.items())
    ]


def files_by_stem(folder: Path) -> dict[str, Path]:
    """Return the image files directly in `folder`, keyed by file name without extension.

    Raises:
        DataError: the folder does not exist or holds no image, or two files share a stem.
    """
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}.")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            continue
        if path.stem in found:
            raise DataError(f"{found[path.stem]} and {path} have the same stem; keep one.")
        found[path.stem] = path
    if not found:
        raise DataError(f"{folder} holds no image.")
    return found


def in_folds(samples: Iterable[Sample], folds: Sequence[int]) -> list[Sample]:
    """Return the samples of the given folds.

    Raises:
        DataError: a fold has no sample.
    """
    chosen = [sample for sample in samples if sample.fold in folds]
    missing = sorted(set(folds) - {sample.fold for sample in chosen})
    if missing:
        raise DataError(f"No sample is in fold {', '.join(map(str, missing))}.")
    return chosen


def require_disjoint(training: Iterable[Sample], validation: Iterable[Sample]) -> None:
    """Refuse a split in which a subject, or a group of near-identical views, is on both sides.

    Raises:
        DataError: groups cross; the message names some of them.
    """
    train_groups = {(sample.source, sample.group) for sample in training}
    crossing = sorted(train_groups & {(sample.source, sample.group) for sample in validation})
    if crossing:
        listed = ", ".join(f"{source} {group}" for source, group in crossing[:5])
        raise DataError(f"{len(crossing)} groups are in training and in validation: {listed}.")


def _decoded(path: Path) -> NDArray[np.uint8]:
    """Decode an untrusted file in a separate process that may die."""
    try:
        return decode(path.read_bytes(), DecodeLimits()).frame.pixels
    except DecodeError as error:
        raise DataError(f"{path} is not an image that can be read: {error.detail}") from error


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read an image file as uint8 [H,W,3], RGB, decoded as in the product.

    Raises:
        DataError: the file is not an accepted image.
    """
    pixels = _decoded(path)
    if pixels.ndim == 3:
        return pixels
    return cast(NDArray[np.uint8], cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB))


def read_mask(path: Path) -> NDArray[np.uint8]:
    """Read a mask file (white = lesion) as uint8 [H,W] of 0 and 1.

    Raises:
        DataError: the file is not an accepted picture, or its marks are not white.
    """
    pixels = _decoded(path)
    if pixels.ndim == 3:
        pixels = cast(NDArray[np.uint8], cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    # 1-bit PNG decodes to 0 and 255; label images hold 0 and 1.
    brightest = int(pixels.max(initial=0))
    if 1 < brightest <= _MASK_THRESHOLD:  # class numbers or colours: not an image without a lesion
        raise DataError(
            f"{path} has no white, its brightest pixel is {brightest} of 255: lesions must be "
            "white (255) or 1 and the rest 0. `sonoloop prepare` reads class numbers and colours."
        )
    threshold = _MASK_THRESHOLD if brightest > 1 else 0
    return (pixels > threshold).astype(np.uint8)


def read_class_picture(path: Path) -> NDArray[np.uint8]:
    """Read a picture of class numbers as uint8 [H,W].

    Raises:
        DataError: the file is not an accepted single-channel picture.
    """
    values = _decoded(path)
    if values.ndim == 3:
        raise DataError(f"{path} has colours; class numbers are the values of a grey picture.")
    return values


def read_sample_mask(sample: Sample, height: int, width: int) -> NDArray[np.uint8]:
    """Return the mask of a sample as uint8 [H,W] of 0 and 1.

    Args:
        sample: the sample; without a mask file the result is all zeros.
        height, width: size of its image, px; a mask on disk may have another size.
    """
    if sample.mask is None:
        return np.zeros((height, width), np.uint8)
    return read_mask(sample.mask)


def read_pixels(sample: Sample) -> Pixels:
    """Read image and mask of a sample.

    Raises:
        DataError: a file cannot be read or the two differ in size.
    """
    image = read_image(sample.image)
    mask = read_sample_mask(sample, *image.shape[:2])
    if image.shape[:2] != mask.shape:
        raise DataError(
            f"{sample.image} is {image.shape[1]}×{image.shape[0]} px but its mask "
            f"{mask.shape[1]}×{mask.shape[0]}; they must be the same."
        )
    return Pixels(image, mask)


def cache_at_area(
    samples: Sequence[Sample], area: int, read: Callable[[Sample], Pixels] = read_pixels
) -> list[Pixels]:
    """Load all samples into memory, shrinking images above `area` pixels with aspect kept."""
    return [_shrink(read(sample), area) for sample in samples]


def _shrink(pixels: Pixels, area: int) -> Pixels:
    height, width = pixels.mask.shape
    if height * width <= area:
        return pixels
    size = fit_size(height, width, area, multiple=1)
    if pixels.mask.max(initial=0) > 1:  # class numbers cannot be averaged
        classes = cv2.resize(
            pixels.mask, (size.width, size.height), interpolation=cv2.INTER_NEAREST
        )
        return Pixels(resize_to_fit(pixels.image, size), cast(NDArray[np.uint8], classes))
    coverage = resize_to_fit((pixels.mask * 255).astype(np.uint8), size)
    mask = (coverage > _MASK_THRESHOLD).astype(np.uint8)
    return Pixels(resize_to_fit(pixels.image, size), mask)
