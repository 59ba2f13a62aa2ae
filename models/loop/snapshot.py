"""The data of a run in an order and under names that follow from its content alone.

Batches follow the order of a data set's table, and halves and folds the names of its patients. A
pool that the product wrote out and the same pool after an export and `sonoloop prepare` differ in
both, and must train to the same bytes.
"""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from models.data.samples import (
    CLASSES_FILE,
    SAMPLES_FILE,
    Sample,
    read_class_picture,
    read_pixels,
)
from models.training.checkpoint import CheckpointError

FOLDER = "pool"
COLUMNS = ("id", "patient", "fold", "labelled")


def lay_out(parts: Mapping[int, Sequence[Sample]], data: Path, folder: Path) -> Path:
    """Write `folder/pool`, a data set of links to the files of these samples.

    Args:
        parts: samples by fold, of the data set `data`.
        folder: of the run. A layout that is there already must be the same.

    Raises:
        DataError: a file cannot be read.
        CheckpointError: the folder holds a run of other data.
    """
    place, partial = folder / FOLDER, folder / f".{FOLDER}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    ordered = sorted(
        (fold, _digest(one), one.group, one.id, one)
        for fold, samples in parts.items()
        for one in samples
    )
    groups: dict[str, str] = {}
    rows = []
    for number, (fold, digest, group, _, one) in enumerate(ordered):
        name = f"{number:06d}-{digest[:16]}"
        for kind, path in (("images", one.image), ("masks", one.mask), ("classes", one.classes)):
            if path is not None:
                (partial / kind).mkdir(exist_ok=True)
                link = partial / kind / f"{name}{path.suffix.lower()}"
                link.symlink_to(path.absolute())
        patient = groups.setdefault(group, f"p{len(groups):05d}")
        rows.append((name, patient, fold, one.attributes.get("labelled", "")))
    with (partial / SAMPLES_FILE).open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([COLUMNS, *rows])
    if (data / CLASSES_FILE).exists():
        shutil.copyfile(data / CLASSES_FILE, partial / CLASSES_FILE)
    if place.exists():
        if (place / SAMPLES_FILE).read_bytes() != (partial / SAMPLES_FILE).read_bytes():
            raise CheckpointError(f"{folder} holds a run of other data; choose another folder.")
        shutil.rmtree(place)  # its links may lead to where the data was before
    partial.rename(place)
    return place


def _digest(sample: Sample) -> str:
    """SHA-256 of what the sample shows, however its files are coded."""
    pixels = read_pixels(sample)
    found = hashlib.sha256(repr((pixels.image.shape, sample.attributes.get("labelled"))).encode())
    found.update(pixels.image.tobytes())
    found.update(pixels.mask.tobytes())
    if sample.classes is not None:
        found.update(read_class_picture(sample.classes).tobytes())
    return found.hexdigest()
