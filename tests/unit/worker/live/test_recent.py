"""The last seconds are held in bounded memory, and become a film that plays as it was seen."""

import cv2
import numpy as np
import pytest

from tests.cines import cine_frames
from worker.ingest.cine import frames_of, open_cine, survey
from worker.ingest.errors import DecodeLimits
from worker.live import recent
from worker.live.outliner import Outlined
from worker.live.recent import Recent, cine, still
from worker.pipeline import decode_png

TIMES = [0.0, 0.07, 0.12, 0.25, 0.31, 0.4]


def outlined(number: int, at: float, size: tuple[int, int] = (96, 128)) -> Outlined:
    frames, _ = cine_frames(6, *size)
    pixels = frames[number % 6]
    jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
    return Outlined(number, at, pixels, jpeg, {})


def test_old_frames_go_and_those_up_to_the_frozen_one_stay() -> None:
    held = Recent(seconds=2.05)
    for number in range(60):
        held.add(outlined(number, number / 10))
    found = held.up_to(55)
    assert [one.number for one in found] == list(range(39, 56))


def test_memory_is_bounded_whatever_the_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    one = outlined(0, 0)
    monkeypatch.setattr(recent, "MOST_BYTES", 5 * len(one.jpeg))
    held = Recent(seconds=60)
    for number in range(30):
        held.add(outlined(number, number / 10))
    assert 3 <= len(held.up_to(30)) <= 6


@pytest.mark.parametrize("second", [outlined(1, 0.1, (64, 64)), outlined(1, 9.0), outlined(0, 0.1)])
def test_a_cine_has_one_size_and_no_gap(second: Outlined) -> None:
    held = Recent(seconds=30)
    held.add(outlined(0, 0))
    held.add(second)
    assert held.up_to(9) == (second,)


def test_a_kept_cine_is_taken_by_the_products_own_decoder_with_its_times() -> None:
    frames = [outlined(number, 5 + at) for number, at in enumerate(TIMES)]
    opened = open_cine(cine(frames), DecodeLimits())
    said = survey(opened, DecodeLimits())
    assert said.grey
    assert said.times == pytest.approx([1000 * at for at in TIMES], abs=1)
    for shown, kept in zip(frames_of(opened, grey=True), frames, strict=True):
        assert np.abs(shown.astype(int) - kept.pixels).mean() < 3


def test_a_kept_still_loses_nothing() -> None:
    frame = outlined(0, 0)
    assert np.array_equal(decode_png(still(frame)), frame.pixels)
