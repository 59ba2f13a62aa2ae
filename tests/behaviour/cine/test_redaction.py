"""Areas of a cine that look like text count as blacked out once they are black in every frame."""

import io
from uuid import UUID

import numpy as np
import pytest
from PIL import Image as Picture
from sqlalchemy import select

from app.core.blobs import BlobNotFoundError
from app.images.tables import Frame, frame_key
from app.redaction.tables import Judgement, SuspectedText
from tests.behaviour.cine.conftest import Working, good
from tests.cines import cine_dicom, cine_frames
from worker.storage.pictures import stored_frame

COUNT = 4
FRAMES, MASKS = cine_frames(COUNT, named=False)
BOX = {"top": 100, "left": 110, "height": 10, "width": 30}
"""An area over echoes."""


def stored(working: Working, seed: int) -> UUID:
    """A cine whose area `BOX` looks like text; its pixels are black in the first frame."""
    frames = np.where(FRAMES > 0, np.minimum(FRAMES, 250) + np.uint8(seed), 0).astype(np.uint8)
    rows = slice(BOX["top"], BOX["top"] + BOX["height"])
    columns = slice(BOX["left"], BOX["left"] + BOX["width"])
    frames[0, rows, columns] = 0
    image_id = working.stored(cine_dicom(frames))
    with working.site.database.write() as session:
        session.add(SuspectedText(image_id=image_id, kind="text", score=0.8, **BOX))
    assert not area(working, image_id, 0).any()
    assert area(working, image_id, COUNT - 1).any()
    return image_id


def area(working: Working, image_id: UUID, index: int) -> np.ndarray:
    """The pixels of `BOX` in a frame."""
    url = working.frames(image_id)[index]["url"]
    pixels = np.asarray(Picture.open(io.BytesIO(working.reader.get(url).content)))
    top, left = BOX["top"], BOX["left"]
    return pixels[top : top + BOX["height"], left : left + BOX["width"]]


def black_out(working: Working, image_id: UUID, **box: int) -> str:
    """Black out a rectangle; return the job's state."""
    asked = working.reader.post(
        f"/images/{image_id}/redactions", json={"areas": [{"kind": "rectangle", **box}]}
    )
    job_id = good(asked)["id"]
    working.work()
    state: str = working.job(job_id)["state"]
    return state


def judgement(working: Working, image_id: UUID) -> Judgement | None:
    with working.site.database.read() as session:
        query = select(SuspectedText.judgement).where(
            SuspectedText.image_id == image_id, SuspectedText.top == BOX["top"]
        )
        return session.scalars(query).one()


def test_text_that_only_later_frames_show_waits_for_its_own_redaction(working: Working) -> None:
    image_id = stored(working, 0)
    assert black_out(working, image_id, top=0, left=0, height=5, width=5) == "done"
    assert area(working, image_id, COUNT - 1).any()
    assert judgement(working, image_id) is None
    assert black_out(working, image_id, **BOX) == "done"
    assert not any(area(working, image_id, index).any() for index in range(COUNT))
    assert judgement(working, image_id) == Judgement.BLACKED_OUT


@pytest.mark.parametrize("whole", [False, True])
def test_two_redactions_that_cover_it_together_count(working: Working, whole: bool) -> None:
    image_id = stored(working, 1 + whole)
    half = BOX["width"] // 2
    black_out(working, image_id, **BOX | {"width": half})
    assert judgement(working, image_id) is None
    rest = BOX | {"left": BOX["left"] + half, "width": half - (not whole)}
    black_out(working, image_id, **rest)
    assert judgement(working, image_id) == (Judgement.BLACKED_OUT if whole else None)


def test_a_redaction_that_ended_before_the_last_frame_settles_nothing(working: Working) -> None:
    image_id = stored(working, 3)
    with working.site.database.read() as session:
        last = session.scalars(
            select(Frame).where(Frame.image_id == image_id, Frame.index == COUNT - 1)
        ).one()
    working.site.blobs.delete(frame_key(image_id, last.picture_id))
    assert black_out(working, image_id, **BOX) == "failed"
    with pytest.raises(BlobNotFoundError):
        stored_frame(working.runtime, image_id, COUNT - 1)
    assert judgement(working, image_id) is None
