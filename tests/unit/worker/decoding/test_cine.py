"""Frames of multi-frame files are decoded one by one, in a process that they may crash."""

from collections.abc import Iterator

import av.error
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.cines import cine_dataset, cine_dicom, cine_frames, cine_video_dicom, video
from tests.synthetic import dicom_bytes, ultrasound, ultrasound_dicom
from worker.decoding import Allowance, Decoder, Playing
from worker.ingest import DecodeError, DecodeLimits
from worker.ingest.decode import library_errors

LIMITS = DecodeLimits()
COUNT = 5
FRAMES = cine_frames(COUNT)[0]


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    found = Decoder()
    yield found
    found.close()


def all_of(playing: Playing) -> NDArray[np.uint8]:
    return np.stack(list(playing.frames()))


@pytest.mark.parametrize(
    ("data", "most"),
    [
        (cine_dicom(FRAMES), 0),
        (cine_dicom(FRAMES, "rle"), 0),
        (cine_dicom(FRAMES, "jpeg"), 24),
        (video(FRAMES), 24),
        (video(FRAMES, "mov", "mpeg4"), 40),
        (video(FRAMES, "avi", "mjpeg"), 40),
        (cine_video_dicom(FRAMES), 24),
    ],
    ids=["native", "rle", "jpeg", "mp4", "mov", "avi", "h264 in dicom"],
)
def test_every_frame_comes_as_it_is_in_its_order(decoder: Decoder, data: bytes, most: int) -> None:
    times: list[float] = []

    def take(playing: Playing) -> NDArray[np.uint8]:
        times.extend(playing.times)
        assert playing.frames_per_second == pytest.approx(20)
        return all_of(playing)

    found = decoder.play(data, LIMITS, take)
    assert found.shape == FRAMES.shape
    difference = np.abs(found.astype(int) - FRAMES)
    assert difference.max() <= most
    assert difference.mean() <= 1.5
    assert times == pytest.approx([50 * index for index in range(COUNT)], abs=0.1)


def test_colour_in_one_frame_makes_all_colour(decoder: Decoder) -> None:
    frames = np.repeat(FRAMES[..., None], 3, axis=3)
    frames[2, 90:100, 90:100] = (200, 0, 0)
    dataset = cine_dataset(frames)
    assert np.array_equal(decoder.play(dicom_bytes(dataset), LIMITS, all_of), frames)


def test_frames_and_pixels_have_limits(decoder: Decoder) -> None:
    for limits in (
        DecodeLimits(max_frames=COUNT - 1),
        DecodeLimits(max_cine_pixels=FRAMES.size - 1),
    ):
        for data in (cine_dicom(FRAMES), video(FRAMES)):
            with pytest.raises(DecodeError) as caught:
                decoder.play(data, limits, all_of)
            assert (caught.value.code, caught.value.status) == ("too-many-frames", 413)


def test_fewer_frames_than_stated_are_a_truncated_file(decoder: Decoder) -> None:
    for coding in ("native", "rle"):
        data = cine_dicom(FRAMES, coding)
        with pytest.raises(DecodeError) as caught:
            decoder.play(data[: len(data) * 3 // 4], LIMITS, all_of)
        assert caught.value.code in ("truncated-file", "damaged-file")


def test_a_damaged_video_is_refused_or_read_as_far_as_it_goes(decoder: Decoder) -> None:
    data = video(FRAMES)
    rng = np.random.default_rng(7)
    for _ in range(25):
        broken = bytearray(data)
        for at in rng.integers(8, len(data), 12):
            broken[at] = int(rng.integers(256))
        try:
            found = decoder.play(bytes(broken), LIMITS, all_of)
        except DecodeError:
            continue
        assert found.shape[1:3] == FRAMES.shape[1:]


def test_an_error_of_who_takes_the_frames_is_theirs(decoder: Decoder) -> None:
    def full(playing: Playing) -> None:
        next(playing.frames())
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        decoder.play(cine_dicom(FRAMES), LIMITS, full)
    # The process goes on with the next file.
    assert decoder.decode(ultrasound_dicom(ultrasound(96, 128)), LIMITS).format == "dicom"


def test_who_takes_long_over_a_frame_does_not_cost_the_file_its_time() -> None:
    import time

    def slowly(playing: Playing) -> int:
        count = 0
        for _ in playing.frames():
            time.sleep(0.5)
            count += 1
        return count

    hurried = Decoder(Allowance(cpu_seconds=4.0, clock_factor=0.5))
    try:
        assert hurried.play(cine_dicom(FRAMES), LIMITS, slowly) == COUNT
    finally:
        hurried.close()


def test_frames_that_take_no_time_play_at_the_rate_of_a_file_that_says_nothing(
    decoder: Decoder,
) -> None:
    dataset = cine_dataset(cine_frames(3)[0])
    dataset.FrameTime = "0.0001"
    times = decoder.play(dicom_bytes(dataset), LIMITS, lambda playing: playing.times)
    assert times == [0.0, 40.0, 80.0]


def test_what_ffmpeg_has_not_learnt_is_a_damaged_file() -> None:
    with pytest.raises(DecodeError) as caught, library_errors():
        raise av.error.PatchWelcomeError(1, "not yet")
    assert caught.value.code == "damaged-file"
