"""On scanner screens, letters go, echoes and measurements stay, and nothing reveals what was read.

A few screens of each layout; `python -m bench.deidentify` measures many.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterable
from itertools import product

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bench.deidentify import Count, legible, photographed, score
from models.synthetic import random_scan
from models.synthetic.canvas import Canvas, typefaces
from models.synthetic.more_screens import MORE
from models.synthetic.screens import DEVELOPMENT, Hand
from models.synthetic.unseen_screens import UNSEEN, scanner_screen
from worker.deidentify import deidentify
from worker.deidentify.first_look import may_be_text
from worker.deidentify.reader import _loaded
from worker.deidentify.text import MOST_LISTED, find_writing
from worker.pipeline import Frame, Region

KINDS = ("text", "banner", "logo", "bar", "thumbnail", "other")


@pytest.mark.parametrize(
    ("layouts", "most_left"),
    [([*DEVELOPMENT, *MORE], 0.03), (UNSEEN, 0.15)],
    ids=["development", "unseen"],
)
def test_letters_go_and_echoes_stay(layouts: Iterable[str], most_left: float) -> None:
    count = Count()
    for turn, layout in enumerate(layouts):
        screen = scanner_screen(layout, 40)
        before = photographed(screen, turn)
        score(screen, before, deidentify(Frame(before)), count)
    assert count.beside > 300 and count.over > 50
    assert count.beside_left <= 0.02 * count.beside
    assert count.over_left <= most_left * count.over
    assert count.echo_far <= 0.005 * count.echo
    assert count.lesion_lost <= 0.005 * count.lesion
    assert count.measuring_lost <= 0.2 * count.measuring


def test_a_region_that_holds_the_whole_screen_is_searched_as_well() -> None:
    screen = scanner_screen("curved-banner", 7)
    height, width = screen.pixels.shape[:2]
    region = Region(0, 0, height, width)
    found = deidentify(Frame(screen.pixels, None, region))
    count = Count()
    score(screen, screen.pixels, found, count)
    assert count.beside > 50
    assert count.beside_left == 0
    assert found.frame.region == region


def test_the_same_picture_gives_the_same_bytes() -> None:
    before = photographed(scanner_screen("over-text", 3), 1)
    first, second = (deidentify(Frame(before)) for _ in range(2))
    assert np.array_equal(first.frame.pixels, second.frame.pixels)
    assert (first.blanked, first.suspected) == (second.blanked, second.suspected)
    assert first.blanked


def test_what_was_read_is_in_no_result_and_no_log(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    screen = scanner_screen("over-text", 5)
    with caplog.at_level(logging.DEBUG):
        found = deidentify(Frame(screen.pixels))
    boxes = [box.to_json() for box in (*found.blanked, *found.suspected)]
    assert boxes
    for box in boxes:
        assert set(box) == {"top", "left", "height", "width", "kind", "score"}
        assert box["kind"] in KINDS
        assert 0 <= float(box["score"]) <= 1
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("layout", "kind", "least"),
    [
        ("curved-banner", "banner", 1),
        ("curved-banner", "text", 5),
        ("curved-banner", "bar", 1),
        ("thumbnails", "thumbnail", 5),
        ("trapezoid-gradient", "logo", 1),
        ("light-theme", "banner", 1),
    ],
)
def test_a_reader_learns_what_kind_of_thing_was_made_black(
    layout: str, kind: str, least: int
) -> None:
    found = deidentify(Frame(scanner_screen(layout, 3).pixels))
    of_kind = [box for box in found.blanked if box.kind == kind]
    assert len(of_kind) >= least
    for box in of_kind:
        left = found.frame.pixels[box.region.slices]
        assert kind == "banner" or (left > 40).mean() < 0.3


@pytest.mark.parametrize(
    ("text", "level", "size"), [("DOE JANE", 190, 15), ("66 ANOS", 180, 14), ("Liver", 175, 17)]
)
def test_small_grey_letters_on_bright_echoes_are_looked_at_again(
    text: str, level: int, size: int
) -> None:
    left = 0
    for seed in range(4):
        canvas = Canvas.of(400, 400)
        canvas.echoes(Hand(seed, "grey").view(400, 400, "linear"), (0, 0))
        canvas.write(text, (190, 150), typefaces()[0], size, (level, level, level))
        screen = canvas.screen()
        after = deidentify(Frame(screen.pixels)).frame.pixels
        left += sum(legible(one, screen.pixels, after) for one in screen.words[0].letters)
    assert left <= len(text)


def test_letters_that_stand_upright_go() -> None:
    for turned in (90.0, 270.0):
        canvas = Canvas.of(400, 400)
        canvas.echoes(Hand(1, "upright").view(400, 400, "linear"), (0, 0))
        canvas.write("SPECIMEN, Q.", (120, 200), typefaces()[3], 24, (240, 240, 240), turned=turned)
        screen = canvas.screen()
        after = deidentify(Frame(screen.pixels)).frame.pixels
        assert not legible(screen.words[0].letters[0], screen.pixels, after)


def test_a_short_word_that_stands_upright_goes_and_crosses_above_each_other_stay() -> None:
    canvas = Canvas.of(400, 400)
    canvas.echoes(Hand(1, "upright").view(400, 400, "linear"), (0, 0))
    canvas.write("Doe J", (120, 120), typefaces()[3], 22, (240, 240, 240), turned=90.0)

    def paint(alpha: NDArray[np.uint8]) -> None:
        for row in (120, 138, 156):
            cv2.drawMarker(alpha, (280, row), 255, cv2.MARKER_CROSS, 11, 1)

    canvas.draw(paint, (250, 230, 40), measures=True)
    screen = canvas.screen()
    after = deidentify(Frame(screen.pixels)).frame.pixels
    assert not legible(screen.words[0].letters[0], screen.pixels, after)
    assert after.max(axis=2)[screen.measuring].all()


@pytest.mark.parametrize("end", [(320, 200), (320, 203), (300, 280)])
def test_a_dotted_line_stays_whichever_way_it_runs(end: tuple[int, int]) -> None:
    canvas = Canvas.of(400, 400)
    canvas.echoes(Hand(2, "dots").view(400, 400, "linear"), (0, 0))

    def paint(alpha: NDArray[np.uint8]) -> None:
        for x, y in np.linspace((80, 200), end, 40):
            cv2.circle(alpha, (round(x), round(y)), 1, 255, -1)

    canvas.draw(paint, (250, 230, 40), measures=True)
    after = deidentify(Frame(canvas.pixels)).frame.pixels
    assert after.max(axis=2)[canvas.measuring].all()


def test_boxes_lie_within_the_frame_and_hold_what_became_black() -> None:
    screen = scanner_screen("over-text", 9)
    found = deidentify(Frame(screen.pixels))
    covered = np.zeros(screen.pixels.shape[:2], bool)
    for box in found.blanked:
        assert box.region.clipped(*covered.shape) == box.region
        assert not found.frame.pixels[box.region.slices].all()
        covered[box.region.slices] = True
    gone = (found.frame.pixels.max(axis=2) == 0) & screen.echo
    assert (gone & ~covered).sum() <= 0.005 * screen.echo.sum()


def test_an_image_without_writing_stays_and_hardly_any_of_it_is_shown_to_the_large_network() -> (
    None
):
    for seed in range(3):
        pixels = random_scan("breast", seed).pixels
        found = deidentify(Frame(pixels))
        assert not found.blanked and not found.suspected
        assert may_be_text(pixels).places.mean() < 0.005


def test_the_networks_come_from_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("a connection was opened")

    _loaded.cache_clear()
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert deidentify(Frame(scanner_screen("over-text", 1).pixels)).blanked


def test_paint_and_noise_of_any_kind_end_in_bounded_lists() -> None:
    rng = np.random.default_rng(0)
    for height, width in product((1, 31, 64, 300), (1, 33, 280)):
        noise = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        found = find_writing(noise, np.full((height, width), 255, np.uint8))
        assert len(found.suspected) <= MOST_LISTED
        stripes = np.zeros((height, width), np.uint8)
        stripes[:, ::3] = 200
        stripes[: height // 2] = 90
        assert deidentify(Frame(stripes)).frame.pixels.shape == (height, width)
