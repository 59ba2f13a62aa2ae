"""Metrics against hand-computed values, and the properties that define them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.evaluation.metrics import boundary, boundary_f, dice, hd95, iou, measure, summarise

MASKS = st.tuples(st.integers(1, 12), st.integers(1, 12)).flatmap(
    lambda shape: st.tuples(arrays(np.bool_, shape), arrays(np.bool_, shape))
)


def square(top: int, left: int, side: int, shape: tuple[int, int] = (40, 50)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[top : top + side, left : left + side] = True
    return mask


def test_overlapping_squares_by_hand() -> None:
    # Two 10×10 squares shifted by 5 columns: 50 shared pixels, 150 in the union.
    result = measure(square(10, 10, 10), square(10, 15, 10))
    assert result.intersection == 50
    assert result.lesion_iou == pytest.approx(50 / 150)
    assert result.lesion_dice == pytest.approx(100 / 200)
    assert result.background_iou == pytest.approx((2000 - 150) / (2000 - 50))
    assert result.mean_iou == pytest.approx((50 / 150 + 1850 / 1950) / 2)
    assert result.pixel_accuracy == pytest.approx((50 + 1850) / 2000)
    assert not result.missed


def test_shifted_square_has_the_shift_as_hausdorff_distance() -> None:
    # A quarter of the boundary (one side) is 5 px away, more than 5 % of it.
    assert hd95(square(10, 10, 10), square(10, 15, 10)) == pytest.approx(5.0)


def test_single_points_are_their_distance_apart() -> None:
    assert hd95(square(2, 3, 1), square(5, 7, 1)) == pytest.approx(5.0)


def test_boundary_f_counts_what_lies_within_the_tolerance() -> None:
    a, b = square(2, 3, 1), square(2, 5, 1)
    assert boundary_f(a, b, tolerance=2) == 1.0
    assert boundary_f(a, b, tolerance=1.9) == 0.0
    # Truth of two points of which one is found: precision 1, recall 1/2.
    assert boundary_f(a, a | square(30, 30, 1)) == pytest.approx(2 / 3)


def test_boundary_of_a_square_is_its_rim_also_at_the_edge_of_the_image() -> None:
    assert np.count_nonzero(boundary(square(10, 10, 10))) == 36
    assert np.count_nonzero(boundary(np.ones((4, 5), bool))) == 14


def test_two_empty_masks_agree() -> None:
    result = measure(np.zeros((3, 4), bool), np.zeros((3, 4), bool))
    assert (result.lesion_iou, result.lesion_dice, result.boundary_f) == (1, 1, 1)
    assert result.hd95 == 0
    assert not result.missed


def test_a_missed_lesion_is_as_far_as_the_image_is_long() -> None:
    result = measure(np.zeros((40, 50), bool), square(1, 1, 5))
    assert (result.lesion_iou, result.lesion_dice, result.boundary_f) == (0, 0, 0)
    assert result.hd95 == pytest.approx(math.hypot(40, 50))
    assert result.missed


def test_an_invented_lesion_is_wrong_but_not_a_miss() -> None:
    result = measure(square(1, 1, 5), np.zeros((40, 50), bool))
    assert result.lesion_iou == 0
    assert result.hd95 == pytest.approx(math.hypot(40, 50))
    assert not result.missed


def test_full_masks_leave_no_background_to_disagree_on() -> None:
    full = np.ones((3, 4), bool)
    result = measure(full, full)
    assert result.background_iou == 1
    assert result.pixel_accuracy == 1


def test_masks_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="one 2-D shape"):
        iou(np.zeros((3, 4), bool), np.zeros((4, 3), bool))


@given(MASKS)
def test_symmetric_and_bounded(masks: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = masks
    for metric in (iou, dice, boundary_f):
        assert 0 <= metric(a, b) <= 1
        assert metric(a, b) == pytest.approx(metric(b, a))
    assert 0 <= hd95(a, b) <= math.hypot(*a.shape)
    assert hd95(a, b) == hd95(b, a)


@given(MASKS)
def test_perfect_only_for_itself(masks: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = masks
    same = measure(a, a.copy())
    assert (same.lesion_iou, same.lesion_dice, same.boundary_f, same.hd95) == (1, 1, 1, 0)
    if not np.array_equal(a, b):
        assert iou(a, b) < 1
        assert measure(a, b).pixel_accuracy < 1


@given(MASKS)
def test_dice_and_iou_tell_the_same(masks: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = masks
    assert dice(a, b) == pytest.approx(2 * iou(a, b) / (1 + iou(a, b)))


@given(MASKS)
def test_hd95_is_the_percentile_of_all_pairwise_distances(
    masks: tuple[np.ndarray, np.ndarray],
) -> None:
    a, b = masks
    edges = [np.argwhere(boundary(mask)) for mask in (a, b)]
    if not all(len(edge) for edge in edges):
        return
    pairs = np.linalg.norm(edges[0][:, None] - edges[1][None], axis=2)
    expected = max(np.percentile(pairs.min(axis=1), 95), np.percentile(pairs.min(axis=0), 95))
    assert hd95(a, b) == pytest.approx(expected)


def test_summary_tells_mean_per_image_from_pooled() -> None:
    large, small = np.zeros((20, 20), bool), np.zeros((20, 20), bool)
    large[:, :10], small[0, :2] = True, True
    images = [
        measure(large, large),  # 200 of 200 found
        measure(np.zeros_like(small), small),  # 2 missed
    ]
    overall = summarise(images)
    assert overall["count"] == 2
    assert overall["lesion_iou_mean"] == pytest.approx(0.5)
    assert overall["lesion_dice_mean"] == pytest.approx(0.5)
    assert overall["lesion_iou_pooled"] == pytest.approx(200 / 202)
    assert overall["lesion_dice_pooled"] == pytest.approx(400 / 402)
    assert overall["missed_share"] == pytest.approx(0.5)


def test_images_without_a_lesion_do_not_count_as_missed() -> None:
    empty = np.zeros((5, 5), bool)
    assert summarise([measure(empty, empty)])["missed_share"] == 0


def test_an_empty_list_has_no_summary() -> None:
    with pytest.raises(ValueError, match="no images"):
        summarise([])
