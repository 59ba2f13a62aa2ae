"""Lesions by label: touching ones stay apart, parts of one stay together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from worker.pipeline.drawn import PARTS_OUTLINED, drawn_lesions
from worker.pipeline.lesions import find_lesions
from worker.pipeline.overlay import COLOR, draw_overlay


def test_touching_lesions_are_told_apart_by_their_labels() -> None:
    labels = np.zeros((20, 30), np.uint8)
    labels[5:15, 5:10], labels[5:15, 10:20] = 3, 7
    left, right = drawn_lesions(labels, (0.5, 0.25))
    assert (left.label, right.label) == (3, 7)
    assert (left.area_px, right.area_px) == (50, 100)
    assert left.area_mm2 == pytest.approx(50 * 0.125)
    assert right.box == (5, 10, 10, 10)
    assert left.long_axis.length_mm == pytest.approx(np.hypot(10 * 0.5, 5 * 0.25), abs=0.5)


def test_parts_of_one_label_are_one_lesion_whose_size_spans_no_gap() -> None:
    labels = np.zeros((40, 60), np.uint8)
    labels[10:14, 10:14], labels[10:20, 40:50] = 1, 1
    (lesion,) = drawn_lesions(labels, None)
    assert lesion.area_px == 16 + 100
    assert lesion.box == (10, 10, 10, 40)
    assert lesion.long_axis.length_px == pytest.approx(np.hypot(10, 10), abs=1)
    (longer,) = drawn_lesions(np.where(labels, 1, 0)[:, :46].astype(np.uint8), (0.1, 2.0))
    assert longer.long_axis.length_mm == pytest.approx(np.hypot(6 * 2.0, 10 * 0.1), abs=1)
    assert [len(contour) for contour in lesion.contours] == [4, 4]
    assert lesion.contours[0][:, 0].min() == 40, "the largest part comes first"
    as_json = lesion.to_json()
    assert len(as_json["other_contours"]) == 1
    assert as_json["mean_probability"] is as_json["long_axis_mm"] is None


def test_an_island_inside_a_hole_is_a_part_and_the_hole_is_not() -> None:
    labels = np.zeros((30, 30), np.uint8)
    labels[2:28, 2:28] = 1
    labels[6:24, 6:24] = 0
    labels[12:18, 12:18] = 1
    (lesion,) = drawn_lesions(labels, None)
    assert len(lesion.contours) == 2
    assert lesion.contours[1][:, 0].min() == 12


def test_noise_keeps_a_bounded_number_of_outlines() -> None:
    labels = np.zeros((64, 64), np.uint8)
    labels[::2, ::2] = 1
    (lesion,) = drawn_lesions(labels, None)
    assert lesion.area_px == 32 * 32
    assert len(lesion.contours) == PARTS_OUTLINED


@given(
    arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 3))
)
def test_every_pixel_belongs_to_the_lesion_of_its_label(labels: np.ndarray) -> None:
    found = drawn_lesions(labels, None)
    assert {lesion.label: lesion.area_px for lesion in found} == {
        label: int((labels == label).sum()) for label in range(1, 4) if (labels == label).any()
    }


def test_connected_objects_measure_the_same_as_a_models() -> None:
    mask = np.zeros((50, 50), np.bool_)
    mask[10:30, 12:20] = True
    (drawn,) = drawn_lesions(mask.astype(np.uint8), (0.2, 0.2))
    (found,) = find_lesions(mask, mask.astype(np.float32), (0.2, 0.2))
    same = set(found.to_json()) - {"mean_probability", "probability", "expected_dice"}
    assert {key: drawn.to_json()[key] for key in same} == {
        key: found.to_json()[key] for key in same
    }


def test_lesions_whose_boxes_overlap_are_filled_once() -> None:
    labels = np.zeros((40, 40), np.uint8)
    labels[np.tril_indices(40, -6)] = 1
    labels[np.triu_indices(40, 6)] = 2
    frame = np.full((40, 40), 100, np.uint8)
    both = draw_overlay(frame, labels > 0, drawn_lesions(labels, None))
    one = draw_overlay(frame, labels == 1, drawn_lesions(np.where(labels == 1, 1, 0), None))
    inside = (30, 10)
    assert np.array_equal(both[inside], one[inside])
    assert not np.array_equal(both[inside], COLOR)
