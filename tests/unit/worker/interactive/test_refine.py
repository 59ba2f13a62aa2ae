"""Guarantees for scribbles."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.evaluation.metrics import dice
from tests.synthetic import SyntheticImage
from worker.interactive import REFINE, refine
from worker.interactive.scribbles import contradicting

Mask = NDArray[np.bool_]
FLAT = np.full((256, 256), -3.0, np.float32)
"""A network that saw nothing."""


def stroke(start: tuple[int, int], end: tuple[int, int], label: int) -> NDArray[np.int8]:
    """Draw a line of 3 px from (row, column) to (row, column)."""
    drawn = np.zeros((256, 256), np.uint8)
    cv2.line(drawn, start[::-1], end[::-1], 1, 3)
    return drawn.astype(np.int8) * np.int8(label)


def disc(row: int, column: int, radius: int) -> Mask:
    rows, columns = np.ogrid[:256, :256]
    inside: Mask = (rows - row) ** 2 + (columns - column) ** 2 <= radius**2
    return inside


def parts(mask: Mask) -> int:
    return int(cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0]) - 1


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.integers(0, 255)] * 4, st.sampled_from([1, -1])), min_size=1, max_size=4
    ),
    st.integers(0, 70),
)
def test_scribbled_pixels_have_their_label_whatever_is_drawn(
    lines: list[tuple[int, int, int, int, int]], radius: int
) -> None:
    rng = np.random.default_rng(radius)
    grey = rng.integers(0, 256, (256, 256), dtype=np.uint8)
    logits = rng.normal(0, 3, (256, 256)).astype(np.float32)
    scribbles = np.zeros((256, 256), np.int8)
    for top, left, bottom, right, label in lines:
        drawn = stroke((top, left), (bottom, right), label)
        scribbles[drawn != 0] = drawn[drawn != 0]
    mask = disc(128, 128, radius) if radius else np.zeros((256, 256), np.bool_)
    found = refine(mask, scribbles, logits, grey, REFINE)
    assert found[scribbles > 0].all()
    assert not found[scribbles < 0].any()
    assert np.array_equal(found, refine(mask, scribbles, logits, grey, REFINE))


def test_a_lesion_scribble_only_adds_and_a_not_lesion_scribble_only_removes(
    scene: SyntheticImage,
) -> None:
    mask = disc(128, 118, 40)
    more = refine(mask, stroke((128, 166), (128, 172), 1), FLAT, scene.pixels, REFINE)
    less = refine(mask, stroke((128, 82), (128, 90), -1), FLAT, scene.pixels, REFINE)
    assert (mask <= more).all()
    assert (less <= mask).all()
    assert more.sum() > mask.sum() + 60, "a scribble must do more than paint itself"
    assert less.sum() < mask.sum() - 60


def test_nothing_beyond_a_scribbles_reach_changes(scene: SyntheticImage) -> None:
    mask = disc(128, 118, 40) | disc(30, 30, 3)  # with an old crumb far away
    scribbles = stroke((128, 166), (128, 172), 1)
    (scribble,) = contradicting(mask, scribbles, REFINE)
    found = refine(mask, scribbles, FLAT, scene.pixels, REFINE)
    outside = np.ones((256, 256), np.bool_)
    outside[scribble.region.slices] = False
    assert np.array_equal(found[outside], mask[outside])


def test_asking_twice_changes_nothing(scene: SyntheticImage) -> None:
    scribbles = stroke((128, 166), (128, 172), 1) + stroke((128, 82), (128, 90), -1)
    once = refine(disc(128, 118, 40), scribbles, FLAT, scene.pixels, REFINE)
    assert np.array_equal(refine(once, scribbles, FLAT, scene.pixels, REFINE), once)


def test_scribbles_that_the_mask_follows_change_nothing(scene: SyntheticImage) -> None:
    mask = disc(128, 118, 40)
    scribbles = stroke((120, 110), (130, 120), 1) + stroke((10, 10), (10, 60), -1)
    assert np.array_equal(refine(mask, scribbles, FLAT, scene.pixels, REFINE), mask)


@pytest.mark.parametrize("seen", [True, False], ids=["network sees it", "network saw nothing"])
def test_a_stroke_where_nothing_is_outlined_begins_a_lesion(
    scene: SyntheticImage, seen: bool
) -> None:
    logits = np.where(scene.mask, 3, -3).astype(np.float32) if seen else FLAT
    nothing = np.zeros((256, 256), np.bool_)
    scribbles = stroke((128, 110), (128, 146), 1)
    found = refine(nothing, scribbles, logits, scene.pixels, REFINE)
    assert parts(found) == 1
    assert dice(found, scene.mask) > (0.8 if seen else 0.4)
    assert found.sum() > 3 * (scribbles > 0).sum()


def test_half_a_lesion_grows_to_the_whole_by_one_stroke_in_the_missing_half(
    scene: SyntheticImage,
) -> None:
    half = scene.mask.copy()
    half[:, :120] = False
    logits = np.where(half, 3, -1).astype(np.float32)  # the network is not sure of the rest
    found = refine(half, stroke((128, 92), (128, 108), 1), logits, scene.pixels, REFINE)
    assert dice(found, scene.mask) > dice(half, scene.mask) + 0.1


def test_what_a_scribble_cuts_off_does_not_stay_as_a_crumb(scene: SyntheticImage) -> None:
    handle = np.zeros((256, 256), np.bool_)
    handle[126:131, 158:190] = True
    mask = disc(128, 118, 40) | handle
    found = refine(mask, stroke((124, 172), (133, 172), -1), FLAT, scene.pixels, REFINE)
    assert parts(found) == 1


def test_a_hole_that_somebody_scribbled_stays_open(scene: SyntheticImage) -> None:
    mask = disc(128, 128, 60)
    logits = np.where(mask, 4, -4).astype(np.float32)
    found = refine(mask, stroke((127, 127), (129, 129), -1), logits, scene.pixels, REFINE)
    assert not found[128, 128]
    assert found.sum() > 0.9 * mask.sum()


def test_arrays_of_different_shapes_are_refused(scene: SyntheticImage) -> None:
    small = np.zeros((8, 8), np.bool_)
    with pytest.raises(ValueError, match="one shape"):
        refine(small, stroke((1, 1), (2, 2), 1), FLAT, scene.pixels, REFINE)
