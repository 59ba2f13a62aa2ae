"""Measurement of how well blind readings of an image agree."""

from dataclasses import dataclass
from itertools import combinations
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.core.database import WriteSession
from app.core.problems import Problem
from app.images.tables import Image
from app.jobs.tables import JobState
from app.label_sets.tables import LESION_CLASS_ID
from app.masks.tables import Assessment, Mask
from app.reviews.jobs import AGREEMENT
from app.reviews.news import Change, publish_change
from app.reviews.tables import Agreement
from worker.pipeline.overlap import dice, hd95, iou
from worker.runtime import Runtime
from worker.tasks.drawings import load_masks
from worker.tasks.lease import JobFailedError, Lease, Progress
from worker.tasks.measure import drawing_of


@dataclass(frozen=True, slots=True)
class Pair:
    """Two readings and their agreement."""

    first: Mask
    second: Mask
    dice: float
    iou: float
    hd95_px: float | None
    present: tuple[bool, bool]
    by_class: dict[str, dict[str, float]]
    """Dice and IoU of the pixels of each class that either reading has, by class id."""

    @property
    def disagreement(self) -> float:
        """1 minus the Dice; 1 if only one of the two readers could judge the image."""
        judged = {one.answer != Assessment.CANNOT_JUDGE for one in (self.first, self.second)}
        return 1.0 if len(judged) == 2 else 1.0 - self.dice


def agreement(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Compare all pairs of the job's masks, and keep the pair with the lowest agreement.

    With two readers there is one pair. When a third hands in, all three are compared: a job with
    more pairs can only find a lower Dice, so the order in which jobs end does not matter.

    Raises:
        JobFailedError: a mask or the image is gone.
        LostLeaseError: another worker has the job now.
    """
    progress("comparing", 0.1)
    masks = load_masks(runtime, AGREEMENT.read(lease.job).masks)
    pairs = [compare(*first, *second) for first, second in combinations(masks, 2)]
    worst = max(pairs, key=lambda pair: pair.disagreement)
    with runtime.database.write() as session:
        _keep(session, runtime, lease, worst)


def compare(first: Mask, a: NDArray[np.bool_], second: Mask, b: NDArray[np.bool_]) -> Pair:
    """Compute the agreement of two masks of one frame.

    Args:
        first, second: the revisions.
        a, b: their pixels, bool [H,W].
    """
    present = bool(a.any()), bool(b.any())
    return Pair(
        first=first,
        second=second,
        dice=dice(a, b),
        iou=iou(a, b),
        hd95_px=hd95(a, b) if all(present) else None,
        present=present,
        by_class=_by_class(first, a, second, b),
    )


def _by_class(
    first: Mask, a: NDArray[np.bool_], second: Mask, b: NDArray[np.bool_]
) -> dict[str, dict[str, float]]:
    drawn, other = (_classes(mask, pixels) for mask, pixels in ((first, a), (second, b)))
    nothing = np.zeros_like(a)
    found = {}
    for kind in sorted({*drawn, *other}):
        one, two = drawn.get(kind, nothing), other.get(kind, nothing)
        found[str(kind)] = {"dice": dice(one, two), "iou": iou(one, two)}
    return found


def _classes(mask: Mask, pixels: NDArray[np.bool_]) -> dict[UUID, NDArray[np.bool_]]:
    drawing = drawing_of(mask, pixels)
    if drawing is not None:
        return drawing.by_class()
    return {LESION_CLASS_ID: pixels} if pixels.any() else {}


def _keep(session: WriteSession, runtime: Runtime, lease: Lease, pair: Pair) -> None:
    image = session.get(Image, pair.first.image_id, with_for_update=True)
    if image is None:
        raise JobFailedError(Problem(410, "image-deleted", "The image was deleted meanwhile."))
    frame_id = pair.first.frame_id
    row = session.get(Agreement, frame_id)
    # Each frame of a cine has its own agreement; the image has that of its worst frame.
    another = image.frame_count > 1 and (row is None or pair.dice <= row.dice)
    if image.disagreement is None or image.disagreement <= pair.disagreement or another:
        row = row or Agreement(frame_id=frame_id, image_id=image.id)
        row.first_mask_id, row.second_mask_id = pair.first.id, pair.second.id
        row.dice, row.iou, row.hd95_px = pair.dice, pair.iou, pair.hd95_px
        row.first_present, row.second_present = pair.present
        row.by_class = pair.by_class
        session.add(row)
        image.disagreement = max(image.disagreement or 0.0, pair.disagreement)
    lease.end(session, JobState.DONE, image_id=image.id)
    session.flush()
    publish_change(session, runtime.broker, image, Change.REVIEW)
