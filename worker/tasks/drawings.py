"""Stored masks as arrays."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from app.core.blobs import BlobNotFoundError
from app.core.problems import Problem
from app.images.tables import mask_key
from app.masks.tables import Mask
from worker.pipeline import decode_mask_png
from worker.runtime import Runtime
from worker.tasks.lease import JobFailedError


def load_masks(runtime: Runtime, ids: Sequence[UUID]) -> list[tuple[Mask, NDArray[np.bool_]]]:
    """Load revisions with their pixels, bool [H,W], in the requested order.

    Raises:
        JobFailedError: one of them was deleted, probably with its image.
    """
    with runtime.database.read() as session:
        rows = {row.id: row for row in session.scalars(select(Mask).where(Mask.id.in_(ids)))}
    try:
        return [
            (rows[one], decode_mask_png(runtime.blobs.get(mask_key(rows[one].image_id, one))))
            for one in ids
        ]
    except (KeyError, BlobNotFoundError) as error:
        raise JobFailedError(
            Problem(410, "mask-deleted", "One of the masks was deleted meanwhile.")
        ) from error
