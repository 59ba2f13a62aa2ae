"""A snapshot of the pool, written out as a data set to train on (`models.data.samples`)."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from app.core.blobs import BlobNotFoundError
from app.images.tables import Frame, Split, frame_key, mask_key
from app.label_sets.records import vocabulary_of
from app.label_sets.tables import LESION_CLASS_ID
from app.masks.tables import Mask
from app.training.tables import TrainingRun
from worker.formats.sample import CATEGORY
from worker.pipeline import decode_mask_png, encode_png
from worker.runtime import Runtime
from worker.storage.drawing import Drawing

FOLDS = {Split.TRAIN: 1, Split.VALIDATION: 2, Split.TEST: 3}
PAGE = 200
UNNAMED, UNKNOWN = 254, 255
"""Values in a class picture: a lesion without a class, and a pixel to ignore."""


def write_pool(runtime: Runtime, run: TrainingRun, data: Path) -> None:
    """Write the snapshot as a data set, without masks that have since been deleted.

    If it has several classes, `classes/` holds the class of each pixel. A class newer than a mask
    was not looked for in it.
    """
    kinds = run.snapshot.classes
    if kinds is None:  # from an older version
        with runtime.database.read() as session:
            words = vocabulary_of(session, run.project_id)
        kinds = [
            {"id": one.id, "name": one.name}
            for one in words.classes.values()
            if one.archived_at is None
        ]
    names = {UUID(str(one["id"])): one["name"] for one in kinds} if len(kinds) > 1 else {}
    _write(runtime, run.snapshot.items, data, names)


def write_replay(runtime: Runtime, run: TrainingRun, folder: Path) -> list[Path]:
    """Write the replayed images, one data set per reference set; return their folders.

    If the run distinguishes classes, none of them was looked for in these images.
    """
    told_apart = len(run.snapshot.classes or []) > 1
    written = []
    for number, one in enumerate(run.snapshot.replay or [], 1):
        place = folder / f"replay-{number}"
        if _write(runtime, one["items"], place, {}, CATEGORY if told_apart else ""):
            written.append(place)
    return written


def _write(
    runtime: Runtime,
    chosen: Sequence[Sequence[str]],
    data: Path,
    names: Mapping[UUID, str],
    looked_for: str = "",
) -> bool:
    """Write masks and their pictures; return whether there is data to train and to validate.

    Args:
        chosen: `[mask id, part, group]`.
        names: class names by id.
        looked_for: the column `labelled` if there are no classes.
    """
    shutil.rmtree(data, ignore_errors=True)
    for name in ("images", "masks", "classes"):
        (data / name).mkdir(parents=True)
    numbers = {kind: number for number, kind in enumerate(names, 1)}
    rows: list[dict[str, Any]] = []
    groups: dict[str, str] = {}
    for start in range(0, len(chosen), PAGE):
        page = chosen[start : start + PAGE]
        with runtime.database.read() as session:
            query = (
                select(Mask.id, Mask.image_id, Mask.labels, Frame.picture_id)
                .join(Frame, Frame.id == Mask.frame_id)
                .where(Mask.id.in_([UUID(item[0]) for item in page]))
            )
            found = {str(row.id): row for row in session.execute(query)}
        for mask_id, part, group in page:
            row = found.get(mask_id)
            if row is None:
                continue
            try:
                picture = runtime.blobs.get(frame_key(row.image_id, row.picture_id))
                mask = runtime.blobs.get(mask_key(row.image_id, row.id))
            except BlobNotFoundError:
                continue
            name = f"{len(rows):06d}"
            (data / "images" / f"{name}.png").write_bytes(picture)
            (data / "masks" / f"{name}.png").write_bytes(mask)
            labelled = looked_for
            if names:
                classes = class_picture(decode_mask_png(mask), row.labels, numbers)
                (data / "classes" / f"{name}.png").write_bytes(encode_png(classes))
                known = [one for kind, one in names.items() if kind < row.id]
                if len(known) < len(names):
                    labelled = ";".join([CATEGORY, *known])  # never empty, as that would mean all
            rows.append(
                {
                    "id": name,
                    "patient": groups.setdefault(group, f"p{len(groups):05d}"),
                    "fold": FOLDS[Split(part)],
                    "labelled": labelled,
                }
            )
    if names:
        (data / "classes.json").write_text(json.dumps({"classes": list(names.values())}), "utf-8")
    with (data / "samples.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, ["id", "patient", "fold", "labelled"])
        writer.writeheader()
        writer.writerows(rows)
    return {1, 2} <= {row["fold"] for row in rows}


def class_picture(
    mask: NDArray[np.bool_], labels: Mapping[str, Any] | None, numbers: Mapping[UUID, int]
) -> NDArray[np.uint8]:
    """Return the class of each pixel.

    Args:
        mask: bool [H,W].
        labels: the drawing, as :attr:`app.masks.tables.Mask.labels`.
        numbers: numbers of the classes to distinguish.

    Returns:
        uint8 [H,W]: 0, these numbers, UNNAMED, and UNKNOWN for lesions of another class or of
        several.
    """
    if labels is None:
        return np.where(mask, UNNAMED, 0).astype(np.uint8)
    found = np.zeros(mask.shape, np.uint8)
    for kind, pixels in Drawing.from_json(labels, *mask.shape).by_class().items():
        number = numbers.get(kind, UNNAMED if kind == LESION_CLASS_ID else UNKNOWN)
        found[pixels] = np.where(found[pixels] > 0, UNKNOWN, number)
    return found
