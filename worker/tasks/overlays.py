"""Overlays of stored masks, drawn on first request."""

from uuid import UUID

from app.core.blobs import BlobNotFoundError
from app.images.tables import Frame, mask_key, overlay_key
from app.masks.tables import Mask
from worker.pipeline import decode_mask_png, encode_png
from worker.pipeline.overlay import draw_overlay
from worker.runtime import Runtime
from worker.storage.drawing import measured
from worker.storage.pictures import stored_frame_of
from worker.tasks.measure import drawing_of


def keep_overlay(runtime: Runtime, image_id: UUID, mask_id: UUID) -> None:
    """Draw a mask on the picture as it is now and store the overlay.

    Raises:
        BlobNotFoundError: image or mask was deleted.
    """
    while True:
        with runtime.database.read() as session:
            mask = session.get(Mask, mask_id)
        if mask is None or mask.image_id != image_id:
            raise BlobNotFoundError(mask_key(image_id, mask_id))
        pixels = decode_mask_png(runtime.blobs.get(mask_key(image_id, mask_id)))
        stored = stored_frame_of(runtime, mask)
        lesions = measured(drawing_of(mask, pixels), pixels, None)
        key = overlay_key(image_id, stored.picture_id, mask_id)
        runtime.blobs.put(key, encode_png(draw_overlay(stored.frame.pixels, pixels, lesions)))
        with runtime.database.read() as session:
            frame = session.get(Frame, mask.frame_id)
        if frame is not None and frame.picture_id == stored.picture_id:
            return
        runtime.blobs.delete(key)  # its pixels were blacked out or deleted meanwhile
        if frame is None:
            raise BlobNotFoundError(key)
