"""Lesions are followed from key frames into the frames around them, in a cine with known masks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tests.cines import cine_frames
from worker.pipeline.overlap import dice
from worker.pipeline.propagation import (
    Shapes,
    Tracker,
    between,
    lesion_masks,
    likelihoods,
    packed,
    signed_distance,
    small,
)

FRAMES, MASKS = cine_frames(8)
SHAPE = FRAMES[0].shape


def followed(key: int, to: range, lesions: dict[int, NDArray[np.bool_]]) -> Shapes:
    tracker = Tracker(small(FRAMES[key]), lesions)
    shapes: Shapes = {}
    for index in to:
        shapes = tracker.follow(small(FRAMES[index]))
    return shapes


def test_a_lesion_is_found_where_it_went_under_its_number() -> None:
    shapes = followed(0, range(1, 4), {7: MASKS[0]})
    found = lesion_masks(likelihoods(shapes, small(FRAMES[3]), 3), SHAPE)
    assert list(found) == [7]
    assert dice(MASKS[0], MASKS[3]) < 0.9, "it has moved"
    assert dice(found[7], MASKS[3]) > 0.95


def test_between_two_key_frames_both_sides_are_heard() -> None:
    ahead = followed(0, range(1, 3), {1: MASKS[0]})
    back = followed(4, range(3, 1, -1), {1: MASKS[4]})
    size = small(FRAMES[2]).shape
    found = lesion_masks(likelihoods(between(ahead, back, 0.5, size), small(FRAMES[2]), 2), SHAPE)
    assert dice(found[1], MASKS[2]) > 0.95


def test_a_lesion_of_one_key_frame_alone_shrinks_to_nothing_on_the_way_to_the_other() -> None:
    shape = packed(signed_distance(MASKS[0], SHAPE))
    assert shape is not None
    areas = []
    for share in (0.0, 0.2, 0.4, 0.9):
        shapes = between({1: shape}, {}, share, SHAPE)
        masks = lesion_masks(likelihoods(shapes, FRAMES[0], 1), SHAPE)
        areas.append(int(np.count_nonzero(masks.get(1, False))))
    assert abs(areas[0] - np.count_nonzero(MASKS[0])) < 0.02 * areas[0]
    assert areas[0] > areas[1] > areas[2] > areas[3] == 0


def test_lesions_that_touch_stay_apart_and_those_of_classes_that_overlap_may_not() -> None:
    left, right = np.zeros(SHAPE, np.bool_), np.zeros(SHAPE, np.bool_)
    left[80:140, 60:120] = True
    right[80:140, 110:170] = True
    shapes = followed(0, range(1, 2), {1: left & ~right, 2: right})
    sure = likelihoods(shapes, small(FRAMES[1]), 1)
    apart = lesion_masks(sure, SHAPE)
    assert not (apart[1] & apart[2]).any()
    both = followed(0, range(1, 2), {1: left, 2: right})
    shared = lesion_masks(likelihoods(both, small(FRAMES[1]), 1), SHAPE, apart=False)
    assert (shared[1] & shared[2]).any()


def test_no_lesion_stays_none_and_a_frame_larger_than_the_flow_keeps_its_size() -> None:
    assert followed(0, range(1, 2), {1: np.zeros(SHAPE, np.bool_)}) == {}
    mask = np.zeros((900, 1200), np.bool_)
    mask[300:500, 400:700] = True
    shape = packed(signed_distance(mask, (384, 512)))
    assert shape is not None
    grey = np.zeros((384, 512), np.uint8)
    found = lesion_masks(likelihoods({3: shape}, grey, 1), mask.shape)[3]
    assert found.shape == mask.shape
    assert dice(found, mask) > 0.99
