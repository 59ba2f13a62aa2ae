"""Polygons give the very same pixels when filled by the tools that they are written for."""

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from pycocotools import mask as coco_mask

from worker.formats.polygons import centre_polygons, edge_polygons

SIDES = st.integers(1, 24)
NOISE = st.tuples(SIDES, SIDES).flatmap(lambda shape: arrays(np.bool_, shape))


@st.composite
def blobs(draw: st.DrawFn) -> NDArray[np.bool_]:
    """Draw smooth shapes with holes and islands."""
    shape = draw(st.tuples(st.integers(5, 60), st.integers(5, 60)))
    noise = np.random.default_rng(draw(st.integers(0, 2**32 - 1))).random(shape)
    smooth = cv2.GaussianBlur(noise, (0, 0), draw(st.sampled_from([1.0, 2.0, 4.0])))
    return smooth > np.quantile(smooth, draw(st.floats(0.1, 0.95)))


MASKS = st.one_of(NOISE, blobs())
MANY = settings(max_examples=300, deadline=None)


@MANY
@given(MASKS)
def test_edges_filled_by_pycocotools(mask: NDArray[np.bool_]) -> None:
    height, width = mask.shape
    polygons = edge_polygons(mask)
    filled = np.zeros_like(mask)
    if polygons:
        flat = [[float(v) for point in polygon for v in point] for polygon in polygons]
        codes = coco_mask.frPyObjects(flat, height, width)
        filled = np.asarray(coco_mask.decode(coco_mask.merge(codes)), bool)
    assert np.array_equal(filled, mask)


@MANY
@given(MASKS)
def test_centres_filled_by_opencv(mask: NDArray[np.bool_]) -> None:
    filled = np.zeros(mask.shape, np.uint8)
    for polygon in centre_polygons(mask):
        one = np.zeros_like(filled)
        cv2.fillPoly(one, [np.array(polygon, np.int32)], 1)
        filled |= one
    assert np.array_equal(filled > 0, mask)


@MANY
@given(MASKS)
def test_centres_filled_by_pillow(mask: NDArray[np.bool_]) -> None:
    filled = np.zeros_like(mask)
    for polygon in centre_polygons(mask):
        canvas = Image.new("L", mask.shape[::-1])
        ImageDraw.Draw(canvas).polygon(polygon, outline=1, fill=1)
        filled |= np.asarray(canvas, bool)
    assert np.array_equal(filled, mask)


def test_a_square_is_four_points_and_a_ring_is_one_polygon() -> None:
    square = np.zeros((6, 6), bool)
    square[1:4, 2:5] = True
    assert sorted(edge_polygons(square)[0]) == [(2, 1), (2, 4), (5, 1), (5, 4)]
    assert sorted(centre_polygons(square)[0]) == [(2, 1), (2, 3), (4, 1), (4, 3)]
    ring = np.ones((7, 7), bool)
    ring[3, 3] = False
    assert len(edge_polygons(ring)) == len(centre_polygons(ring)) == 1


def test_nothing_has_no_polygon_and_a_pixel_has_three_points() -> None:
    nothing = np.zeros((4, 4), bool)
    assert edge_polygons(nothing) == centre_polygons(nothing) == []
    nothing[2, 1] = True
    assert centre_polygons(nothing) == [[(1, 2)] * 3]
