"""On screens of scanners, letters go, echoes and measurements stay, and nothing says what was read.

A few screens of each layout; `python -m bench.deidentify` measures many.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterable
from itertools import product

import numpy as np
import pytest

from bench.deidentify import Count, photographed, score
from models.synthetic import random_scan
from models.synthetic.screens import DEVELOPMENT
from models.synthetic.unseen_screens import UNSEEN, scanner_screen
from worker.deidentify import deidentify
from worker.deidentify.reader import _loaded
from worker.deidentify.text import MOST_LISTED, find_writing
from worker.pipeline import Frame, Region


@pytest.mark.parametrize("layouts", [DEVELOPMENT, UNSEEN], ids=["development", "unseen"])
def test_letters_go_and_echoes_stay(layouts: Iterable[str]) -> None:
    count = Count()
    for turn, layout in enumerate(layouts):
        screen = scanner_screen(layout, 40)
        before = photographed(screen, turn)
        score(screen, before, deidentify(Frame(before)), count)
    assert count.beside > 300 and count.over > 50
    assert count.beside_left <= 0.02 * count.beside
    assert count.over_left <= 0.1 * count.over
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
        assert box["kind"] == "text"
        assert 0 <= float(box["score"]) <= 1
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


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


def test_an_image_without_writing_costs_no_large_network() -> None:
    _loaded.cache_clear()
    found = deidentify(Frame(random_scan("breast", 1).pixels))
    assert _loaded.cache_info().currsize == 0
    assert not found.blanked and not found.suspected


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
