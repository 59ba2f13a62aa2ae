"""The data of a run in an order and under names that depend only on its content.

Batches depend on the order of a data set's table, halves and folds on the names of its patients,
and the channels of a network on the numbers of its classes. A pool that the product wrote and the
same pool after an export and `sonoloop prepare` differ in all three, but must train to the same
bytes. Classes are numbered by name, and those that no image shows are left out.
"""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.data.classes import LABELLED_COLUMN, write_class_names
from models.data.labels import ANY_CLASS, IGNORED
from models.data.samples import (
    CLASSES_FILE,
    SAMPLES_FILE,
    Sample,
    read_class_picture,
    read_pixels,
)
from models.training.checkpoint import CheckpointError
from worker.formats.sample import CATEGORY
from worker.pipeline import encode_png

FOLDER = "pool"
COLUMNS = ("id", "patient", "fold", "labelled")


def lay_out(parts: Mapping[int, Sequence[Sample]], data: Path, folder: Path) -> Path:
    """Write `folder/pool`, a data set of links to the files of these samples.

    Args:
        parts: samples by fold, of the data set `data`.
        folder: the run's folder. An existing layout must be the same.

    Raises:
        DataError: a file cannot be read.
        CheckpointError: the folder holds a run of other data.
    """
    place, partial = folder / FOLDER, folder / f".{FOLDER}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    names = _class_names(one for samples in parts.values() for one in samples)
    ordered = sorted(
        (fold, _digest(one, names), one.group, one.id, one)
        for fold, samples in parts.items()
        for one in samples
    )
    groups: dict[str, str] = {}
    rows = []
    for number, (fold, digest, group, _, one) in enumerate(ordered):
        name = f"{number:06d}-{digest[:16]}"
        for kind, path in (("images", one.image), ("masks", one.mask)):
            if path is not None:
                (partial / kind).mkdir(exist_ok=True)
                link = partial / kind / f"{name}{path.suffix.lower()}"
                link.symlink_to(path.absolute())
        classes = _classes(one, names)
        if classes is not None:
            (partial / "classes").mkdir(exist_ok=True)
            (partial / "classes" / f"{name}.png").write_bytes(encode_png(classes))
        patient = groups.setdefault(group, f"p{len(groups):05d}")
        rows.append((name, patient, fold, _looked_for(one, names)))
    with (partial / SAMPLES_FILE).open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([COLUMNS, *rows])
    if names:
        write_class_names(partial, names)
    if place.exists():
        if _differ(place, partial):
            raise CheckpointError(
                f"{folder} holds a run of other data, or of another version of Sonoloop. Choose "
                "another folder, or delete this one to begin anew."
            )
        shutil.rmtree(place)  # its links may point to where the data was before
    partial.rename(place)
    return place


def _differ(one: Path, other: Path) -> bool:
    def content(folder: Path) -> list[bytes]:
        files = (folder / SAMPLES_FILE, folder / CLASSES_FILE)
        return [file.read_bytes() if file.exists() else b"" for file in files]

    return content(one) != content(other)


def _class_names(samples: Iterable[Sample]) -> list[str]:
    """Return the sorted names of the classes that these samples show, without "lesion" itself."""
    shown: dict[str, str] = {}
    for sample in samples:
        if sample.classes is not None:
            for value in np.unique(read_class_picture(sample.classes)).tolist():
                if 0 < value <= len(sample.class_names):
                    name = sample.class_names[value - 1]
                    shown.setdefault(name.casefold(), name)
    shown.pop(CATEGORY, None)
    return [shown[key] for key in sorted(shown)]


def _classes(sample: Sample, names: Sequence[str]) -> NDArray[np.uint8] | None:
    """Return the class picture with numbers from 1: uint8 [H,W]; None if there are no classes."""
    if sample.classes is None or not names:
        return None
    numbers = {name.casefold(): number for number, name in enumerate(names, 1)}
    table = np.full(256, IGNORED, np.uint8)
    table[0], table[ANY_CLASS] = 0, ANY_CLASS
    for value, name in enumerate(sample.class_names, 1):
        table[value] = numbers.get(name.casefold(), ANY_CLASS)
    return np.asarray(table[read_class_picture(sample.classes)], np.uint8)


def _looked_for(sample: Sample, names: Sequence[str]) -> str:
    """Return the column `labelled` in terms of these classes; empty if all were looked for."""
    said = sample.attributes.get(LABELLED_COLUMN, "")
    listed = {name.strip().casefold() for name in said.split(";") if name.strip()}
    found = [name for name in names if name.casefold() in listed]
    if not listed or len(found) == len(names):
        return ""
    return ";".join([CATEGORY, *found])  # never empty, which would mean all


def _digest(sample: Sample, names: Sequence[str]) -> str:
    """SHA-256 of the sample's content, independent of how its files are encoded."""
    pixels = read_pixels(sample)
    said = (pixels.image.shape, _looked_for(sample, names))
    found = hashlib.sha256(repr(said).encode())
    found.update(pixels.image.tobytes())
    found.update(pixels.mask.tobytes())
    classes = _classes(sample, names)
    if classes is not None:
        found.update(classes.tobytes())
    return found.hexdigest()
