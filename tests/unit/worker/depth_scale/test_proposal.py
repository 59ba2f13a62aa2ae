"""A scale beside the echoes is proposed; anything that only looks like one is not."""

import cv2
import numpy as np
import pytest

from tests.unit.worker.depth_scale.drawn import BOTTOM, RIGHT, TOP, echoes, ticks, write
from worker.depth_scale import ProposedScale, darkest, is_silent, nearest, propose
from worker.pipeline.frame import Frame, Region, Scale


@pytest.mark.parametrize("step", [12.0, 19.0, 38.5])
@pytest.mark.parametrize("level", [90, 220])
def test_dashes_beside_the_echoes_are_counted_whatever_the_gain(step: float, level: int) -> None:
    found = propose(ticks(echoes(), step, level=level))
    assert found is not None
    assert found.px == pytest.approx(step, rel=0.01)
    assert found.marks == int((BOTTOM - TOP) / step) + 1
    assert found.start[1] == pytest.approx(TOP + 0.5, abs=1)
    assert found.mm is None


def test_some_of_the_marks_may_be_hidden() -> None:
    found = propose(ticks(echoes(), 19.0, without=(5, 6, 12)))
    assert found is not None
    assert found.px == pytest.approx(19.0, rel=0.01)
    assert found.marks == 21
    assert found.confidence < 1


def test_dots_along_the_side_of_a_fan() -> None:
    pixels = np.zeros((480, 640), np.uint8)
    inside = np.zeros_like(pixels)
    cv2.ellipse(inside, (320, 10), (440, 440), 90, -45, 45, 1, -1)
    speckle = np.random.default_rng(1).rayleigh(40, pixels.shape).clip(0, 200)
    pixels[inside > 0] = speckle.astype(np.uint8)[inside > 0]
    for number in range(1, 16):
        along = 26 * number * np.sqrt(0.5)
        cv2.circle(pixels, (round(332 + along), round(10 + along)), 2, 230, -1)
    found = propose(pixels)
    assert found is not None
    assert found.px == pytest.approx(26, rel=0.01)


def test_a_line_from_mark_to_mark_adds_none_between_them() -> None:
    pixels = ticks(echoes(), 38.0, x=530, every=2)
    pixels[TOP:BOTTOM, 529] = 220
    found = propose(pixels)
    assert found is not None and found.px == pytest.approx(38.0, rel=0.01)


@pytest.mark.parametrize("step", [38.0, 31.0])
def test_rings_between_dots_are_marks_as_well(step: float) -> None:
    picture = echoes(3) // 4
    for number in range(int(380 / step)):
        row = TOP + round(number * step)
        cv2.circle(picture, (RIGHT - 14, row), 1, 220, -1)
        cv2.circle(picture, (RIGHT - 14, row + round(step / 2)), 5, 200, 1)
    found = propose(picture)
    assert found is not None
    assert found.px == pytest.approx(step / 2, rel=0.01)


def test_nothing_is_proposed_where_more_than_one_thing_stands_between_two_marks() -> None:
    picture = ticks(echoes(3) // 4, 42.0, x=RIGHT - 16)
    assert propose(picture) is not None
    for number in range(9):
        for third in (1, 2):
            row = TOP + round((number + third / 3) * 42.0)
            cv2.circle(picture, (RIGHT - 14, row), 4, 200, 1)
    assert propose(picture) is None


def test_ticks_in_colour_count_as_white_ones_do() -> None:
    grey = echoes()
    marked = ticks(grey, 19.0)
    colour = np.stack([grey, marked, grey], axis=2)
    found = propose(colour)
    assert found is not None and found.px == pytest.approx(19.0, rel=0.01)


def test_a_dotted_line_across_a_lesion_is_a_measurement() -> None:
    pixels = echoes()
    cv2.circle(pixels, (320, 250), 110, 0, -1)
    for share in np.linspace(0, 1, 24):
        cv2.circle(pixels, (round(250 + 120 * share), round(170 + 150 * share)), 1, 220, -1)
    assert propose(pixels) is None


def test_a_column_of_text_is_no_scale() -> None:
    pixels = echoes()
    for number, text in enumerate(("Gn 48", "DR 60", "FR 27", "Fq 9.0", "MI 1.1", "P Low", "2D")):
        pixels = write(pixels, text, (120 + 24 * number, 20))
    assert propose(pixels) is None


def test_two_scales_that_differ_are_ambiguous() -> None:
    both = ticks(ticks(echoes(), 19.0), 31.0, x=100)
    assert propose(both) is None


def test_two_of_one_kind_are_one() -> None:
    found = propose(ticks(ticks(echoes(), 19.0), 19.0, x=100))
    assert found is not None and found.px == pytest.approx(19.0, rel=0.01)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (95, 700), (768, 1024, 3)])
@pytest.mark.parametrize("level", [0, 255])
def test_pictures_without_a_sector(shape: tuple[int, ...], level: int) -> None:
    assert propose(np.full(shape, level, np.uint8)) is None


def test_marks_across_the_whole_picture_are_no_scale() -> None:
    pixels = np.zeros((480, 640), np.uint8)
    pixels[::20, ::16] = pixels[::20, 1::16] = 255
    assert propose(pixels) is None


def test_numbers_in_centimetres_beside_the_marks() -> None:
    pixels = ticks(echoes(), 38.0, every=2)
    for number in range(2, 10, 2):  # half a centimetre each
        pixels = write(pixels, str(number // 2), (TOP + 38 * number + 5, 554))
    found = propose(pixels)
    assert found is not None and found.mm == 5.0


def test_numbers_in_millimetres_beside_the_marks() -> None:
    pixels = ticks(echoes(), 38.0, every=2)
    for number in range(2, 10, 2):
        pixels = write(pixels, str(number * 5), (TOP + 38 * number + 5, 554))
    found = propose(pixels)
    assert found is not None and found.mm == 5.0


def test_numbers_that_may_be_either_say_nothing() -> None:
    pixels = ticks(echoes(), 19.0)
    for number in (5, 10, 15, 20):  # 20 mm of an eye or 20 cm of a belly
        pixels = write(pixels, str(number), (TOP + 19 * number + 5, 554))
    found = propose(pixels)
    assert found is not None and found.mm is None


def test_a_depth_in_words_says_what_the_marks_are() -> None:
    pixels = write(ticks(echoes(), 38.0), "Depth 5.0 cm", (30, 20))
    found = propose(pixels)
    assert found is not None and found.mm == 5.0


def test_a_depth_that_makes_no_round_length_says_nothing() -> None:
    pixels = write(ticks(echoes(), 38.0), "Depth 7.1 cm", (30, 20))
    found = propose(pixels)
    assert found is not None and found.mm is None


def test_a_depth_and_numbers_that_contradict_say_nothing() -> None:
    pixels = write(ticks(echoes(), 38.0, every=2), "Depth 10 cm", (30, 20))
    for number in range(2, 10, 2):
        pixels = write(pixels, str(number // 2), (TOP + 38 * number + 5, 554))
    found = propose(pixels)
    assert found is not None and found.mm is None


def test_only_numbers_leave(caplog: pytest.LogCaptureFixture) -> None:
    pixels = write(ticks(echoes(), 38.0), "DOE JANE 4.4.1944", (30, 20))
    found = propose(write(pixels, "Depth 5.0 cm", (470, 20)))
    assert found is not None
    for value in found.to_json().values():
        assert not isinstance(value, str)
    assert not caplog.records


def test_in_a_cine_what_moves_is_left_out() -> None:
    frames = [ticks(echoes(seed), 19.0) for seed in range(4)]
    for place, frame in zip((200, 260, 320, 380), frames, strict=True):
        frame[place : place + 20, 541:546] = 255
    found = propose(darkest(frames))
    assert found is not None and found.confidence == pytest.approx(1, abs=0.3)


def test_a_part_of_the_picture_without_a_scale_makes_it_silent() -> None:
    pixels = np.zeros((100, 200), np.uint8)
    left, right = Region(0, 0, 100, 100), Region(0, 100, 100, 100)
    assert is_silent(Frame(pixels))
    assert not is_silent(Frame(pixels, (0.1, 0.1)))
    scales = (Scale(left, (0.1, 0.1)), Scale(right, None))
    assert is_silent(Frame(pixels, scales=scales))


def test_a_scale_belongs_to_what_it_stands_beside() -> None:
    left, right = Region(TOP, 0, 380, 250), Region(TOP, 260, 380, 250)

    def scale(x: float) -> ProposedScale:
        return ProposedScale(19.0, None, 1.0, 21, (x, TOP), (x, BOTTOM))

    assert nearest([left, right], scale(540)) == [right]
    assert nearest([left, right], scale(255)) == []
    assert nearest([left], scale(-5)) == [left]
    below = Region(BOTTOM + 10, 0, 30, 510)
    assert nearest([below], scale(540)) == []
