"""A cine becomes frames without names; some are segmented at once, and all on request."""

import io
from uuid import UUID

import cv2
import numpy as np
import pytest
from PIL import Image as Picture
from sqlalchemy import select

from app.core.broker import BACKGROUND_QUEUE, SEGMENT_QUEUE
from app.images.tables import Frame, Image, Region
from app.jobs.tables import Job, JobKind
from tests.behaviour.cine.conftest import Working, good
from tests.cines import cine_dicom, cine_frames, video

COUNT = 12
FRAMES, MASKS = cine_frames(COUNT)


@pytest.fixture(scope="module")
def image_id(working: Working) -> UUID:
    return working.stored(cine_dicom(FRAMES))


def test_each_frame_is_stored_with_its_time_and_none_shows_the_name(
    working: Working, image_id: UUID
) -> None:
    frames = working.frames(image_id)
    assert [one["time_ms"] for one in frames] == [50.0 * index for index in range(COUNT)]
    shown = good(working.reader.get(f"/images/{image_id}"))
    assert (shown["frame_count"], shown["frames_per_second"]) == (COUNT, 20)
    top = min(np.flatnonzero(one.any(axis=1))[0] for one in MASKS) - 30
    for frame, before in zip(frames, FRAMES, strict=True):
        picture = np.asarray(Picture.open(io.BytesIO(working.reader.get(frame["url"]).content)))
        assert picture.shape == before.shape
        inside = picture > 0
        assert np.array_equal(picture[inside], before[inside])
        assert inside.mean() > 0.3
        assert before[:20].max() > 150  # where the name was
        assert not picture[:20].any()
        assert inside[top:].any()
    with working.site.database.read() as session:
        region = session.scalars(select(Region).where(Region.image_id == image_id)).one()
        assert (region.first_frame, region.last_frame) == (0, COUNT - 1)
        assert session.get_one(Image, image_id).format == "dicom"


def test_frames_over_the_whole_time_have_masks_at_once(working: Working, image_id: UUID) -> None:
    frames = working.frames(image_id)
    with_mask = [one["index"] for one in frames if one["revision"]]
    assert with_mask == list(range(0, COUNT, 2))
    assert all(one["source"] == "model" for one in frames if one["revision"])


def test_what_is_played_is_the_frames(working: Working, image_id: UUID) -> None:
    content = working.reader.get(f"/images/{image_id}/clip", params={"count": 64}).content
    at, pictures = 0, []
    while at < len(content):
        size = int.from_bytes(content[at : at + 4], "little")
        coded = np.frombuffer(content[at + 4 : at + 4 + size], np.uint8)
        pictures.append(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE))
        at += 4 + size
    assert len(pictures) == COUNT
    for frame, played in zip(working.frames(image_id), pictures, strict=True):
        still = np.asarray(Picture.open(io.BytesIO(working.reader.get(frame["url"]).content)))
        assert np.abs(still.astype(int) - played).mean() < 3


def test_the_same_cine_twice_is_one_image(working: Working, image_id: UUID) -> None:
    before = {blob.key for blob in working.site.blobs.list(f"images/{image_id}")}
    job_id = working.send(cine_dicom(FRAMES, "rle"))
    working.work()
    job = working.job(job_id)
    assert (job["state"], job["image_id"]) == ("done", str(image_id))
    assert job["duplicate"]
    assert {blob.key for blob in working.site.blobs.list("images")} >= before
    with working.site.database.read() as session:
        assert len(session.scalars(select(Frame).where(Frame.image_id == image_id)).all()) == COUNT
    ids = {blob.key.split("/")[1] for blob in working.site.blobs.list("images")}
    assert ids == {str(image_id)}


def test_all_frames_or_some_are_segmented_on_request(working: Working, image_id: UUID) -> None:
    bad = {"frames": {"first": 3, "last": COUNT}}
    refused = working.reader.post(f"/images/{image_id}/segment", json=bad)
    assert refused.status_code == 422
    one = {"frames": {"first": 1, "last": 1}}
    job = good(working.reader.post(f"/images/{image_id}/segment", json=one))
    working.work(SEGMENT_QUEUE)
    assert working.job(job["id"])["result"]["frame_index"] == 1
    assert working.frames(image_id)[1]["revision"] == 1
    every = {"frames": {}}
    job = good(working.reader.post(f"/images/{image_id}/segment", json=every))
    assert job["kind"] == "predict-frames"
    working.work(BACKGROUND_QUEUE)
    result = working.job(job["id"])["result"]
    assert result["frames"] == COUNT
    frames = working.frames(image_id)
    assert all(one["revision"] == 1 for one in frames)  # no frame is segmented twice
    listed = good(working.reader.get(f"/images/{image_id}/frames"))
    lengths = [one["long_axis_px"] or 0 for one in frames]
    if any(lengths):
        assert listed["to_measure"] == int(np.argmax(lengths)) == result["frame_index"]


def test_a_job_that_is_stopped_leaves_the_masks_that_it_made(working: Working) -> None:
    image_id = working.stored(cine_dicom(FRAMES[:, ::-1]))
    done = sum(one["revision"] is not None for one in working.frames(image_id))
    job = good(working.reader.post(f"/images/{image_id}/segment", json={"frames": {}}))
    good(working.reader.delete(f"/jobs/{job['id']}"))
    working.work()
    assert working.job(job["id"])["state"] == "cancelled"
    assert sum(one["revision"] is not None for one in working.frames(image_id)) == done


def test_a_video_is_taken_and_a_broken_one_refused(working: Working) -> None:
    data = video(FRAMES)
    image_id = working.stored(data, "video/mp4")
    assert len(working.frames(image_id)) == COUNT
    assert good(working.reader.get(f"/images/{image_id}"))["format"] == "video"
    job_id = working.send(data[: len(data) // 3], "video/mp4")
    working.work()
    job = working.job(job_id)
    assert job["state"] == "failed"
    assert job["problem"]["status"] < 500
    with working.site.database.read() as session:
        row = session.get_one(Job, UUID(job_id))
        assert (row.kind, row.input_bytes) == (JobKind.INGEST, 0)
