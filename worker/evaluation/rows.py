"""Rows of evaluations, and the data that the gate needs from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app.core.blobs import BlobNotFoundError
from app.evaluations.tables import EvaluationRow, FrozenSet, SetRole
from app.images.tables import Image, mask_key
from app.label_sets.records import classes_by_id
from app.masks.tables import Mask
from worker.evaluation.by_class import Pixels, counted, figures, signed_classes
from worker.evaluation.measure import Measured, measure, size_of
from worker.evaluation.verdict import Pair, VersionAnswer
from worker.pipeline import BrokenModelError, Frame, Network, decode_mask_png
from worker.runtime import Runtime
from worker.storage.pictures import stored_frame_of

Version = tuple[str, str]


@dataclass(frozen=True)
class Signed:
    """A picture and the mask that a reviewer signed for it."""

    image_id: UUID
    mask_id: UUID
    index: int
    frame: Frame
    truth: NDArray[np.bool_]
    scanner: str | None
    lesion_class: str | None
    project_id: UUID
    classes: Pixels | None = None
    """Classes of the lesions, if every lesion has one."""


def signed(runtime: Runtime, mask_id: UUID) -> Signed | None:
    """The current picture of a mask; None if either was deleted."""
    with runtime.database.read() as session:
        mask = session.get(Mask, mask_id)
        if mask is None:
            return None
        image = session.get(Image, mask.image_id, options=[undefer(Image.acquisition)])
        lesion_class = _class(session, mask)
    try:
        stored = stored_frame_of(runtime, mask)
        truth = decode_mask_png(runtime.blobs.get(mask_key(mask.image_id, mask.id)))
    except BlobNotFoundError:
        return None
    if image is None or truth.shape != stored.frame.pixels.shape[:2]:
        return None
    words = [image.acquisition.get("Manufacturer"), image.acquisition.get("ManufacturerModelName")]
    scanner = " ".join(str(word) for word in words if word)[:160]
    return Signed(
        image_id=mask.image_id,
        mask_id=mask_id,
        index=stored.index,
        frame=stored.frame,
        truth=truth,
        scanner=scanner or None,
        lesion_class=lesion_class,
        project_id=image.project_id,
        classes=signed_classes(runtime, mask, truth),
    )


def _class(session: Session, mask: Mask) -> str | None:
    """The class that most of the lesions have."""
    drawn = Counter((mask.labels or {}).get("classes", {}).values())
    if not drawn:
        return None
    most = UUID(drawn.most_common(1)[0][0])
    row = classes_by_id(session, {most}).get(most)
    return row.name[:120] if row else None


def row_of(
    one: Signed,
    network: Network,
    set_id: UUID,
    patient: str,
    class_names: Mapping[str, str] | None = None,
) -> EvaluationRow:
    """Return a version's answer as a row. A missing answer counts as no outline, with the reason.

    Args:
        one: the picture and its signed mask.
        network: the version.
        set_id: id of the frozen set.
        patient: the image's group in the set.
        class_names: the project's names for the version's classes.
    """
    fault: str | None = None
    try:
        found = measure(one.frame, one.truth, network)
    except BrokenModelError as error:
        fault = str(error)[:300]
        is_lesion = bool(one.truth.any())
        nothing = np.zeros_like(one.truth)
        found = Measured(float(not is_lesion), False, is_lesion, 1.0, None, None, 0.0, nothing)
    return EvaluationRow(
        set_id=set_id,
        model_name=network.card.name,
        model_version=network.card.version,
        mask_id=one.mask_id,
        image_id=one.image_id,
        frame_index=one.index,
        patient=patient[:40],
        scanner=one.scanner,
        lesion_class=one.lesion_class,
        size=size_of(one.truth),
        truth_px=int(np.count_nonzero(one.truth)),
        iou=found.iou,
        outlined=found.outlined,
        missed=found.missed,
        brier=found.brier,
        presence=found.presence,
        flagged=found.flagged,
        milliseconds=found.milliseconds,
        fault=fault,
        classes=(
            counted(one.classes, found.found, class_names)
            if class_names and one.classes is not None and found.found is not None
            else None
        ),
    )


Rows = dict[tuple[UUID, UUID, Version], EvaluationRow]
"""By set, mask and version."""


def rows_of(session: Session, sets: Sequence[FrozenSet], versions: Sequence[Version]) -> Rows:
    """Return the existing rows."""
    query = select(EvaluationRow).where(EvaluationRow.set_id.in_([one.id for one in sets]))
    found: Rows = {}
    for row in session.scalars(query):
        version = (row.model_name, row.model_version)
        if version in versions:
            found[row.set_id, row.mask_id, version] = row
    return found


def pairs_of(rows: Rows, sets: Sequence[FrozenSet], before: Version, after: Version) -> list[Pair]:
    """Answers of both versions on each image that still exists."""
    by_id = {one.id: one for one in sets}
    pairs = []
    for (set_id, mask_id, version), old in sorted(rows.items(), key=lambda item: str(item[0])):
        new = rows.get((set_id, mask_id, after))
        if version != before or new is None:
            continue
        of = by_id[set_id]
        groups = {"Scanner": old.scanner, "Class": old.lesion_class, "Size": old.size}
        pairs.append(
            Pair(
                test=of.role is SetRole.TEST,
                set_name=of.name,
                patient=f"{of.project_id}/{old.patient}",
                lesion=old.truth_px > 0,
                groups={kind: name for kind, name in groups.items() if name},
                before=_answered(old),
                after=_answered(new),
            )
        )
    return pairs


def _answered(row: EvaluationRow) -> VersionAnswer:
    return VersionAnswer(row.iou, row.outlined, row.missed, row.brier, row.flagged, row.fault)


def class_figures(
    rows: Rows, sets: Sequence[FrozenSet], before: Version, after: Version
) -> list[dict[str, Any]]:
    """Figures of both versions, old and new, for each set with classes.

    A version without classes has None.
    """
    said = []
    for one in sets:
        old, new = (
            figures(
                row.classes
                for (set_id, _, version), row in rows.items()
                if set_id == one.id and version == wanted
            )
            for wanted in (before, after)
        )
        if old or new:
            said.append({"set": one.name, "before": old, "after": new})
    return said
