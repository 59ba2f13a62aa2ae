"""An area to be blacked out covers what the page shows as black: nothing in it survives."""

import numpy as np
import pytest
from numpy.typing import NDArray

from worker.pipeline.blacken import area_mask, blacken

SIDE = 40


def polygon(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The pixels that a polygon covers in a frame of SIDE × SIDE px."""
    return area_mask([{"kind": "polygon", "points": points.tolist()}], SIDE, SIDE)


def turns(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """How often the outline goes around each pixel's centre, by the angles under which it sees
    the corners: int64 [SIDE,SIDE].
    """
    centres = np.stack(np.meshgrid(*[np.arange(SIDE) + 0.5] * 2), axis=-1)
    to = points - centres[..., None, :]
    angles = np.arctan2(to[..., 1], to[..., 0])
    steps = np.diff(np.concatenate([angles, angles[..., :1]], axis=-1), axis=-1)
    steps = (steps + np.pi) % (2 * np.pi) - np.pi
    return np.rint(steps.sum(axis=-1) / (2 * np.pi)).astype(np.int64)


def outlined(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The pixels under closely spaced points of the outline."""
    found = np.zeros((SIDE, SIDE), np.bool_)
    share = np.linspace(0, 1, 50_000)[:, None]
    for start, end in zip(points, np.roll(points, -1, axis=0), strict=True):
        column, row = np.floor(start + share * (end - start)).astype(int).T
        found[np.minimum(row, SIDE - 1), np.minimum(column, SIDE - 1)] = True
    return found


@pytest.mark.parametrize("seed", range(40))
def test_a_polygon_covers_its_outline_and_what_it_winds_around_and_nothing_else(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, SIDE, (rng.integers(3, 9), 2))
    covered = polygon(points)
    wanted = (turns(points) != 0) | outlined(points)
    assert covered[wanted].all()
    # Corners that are touched for less than the spacing of the points above.
    assert np.count_nonzero(covered & ~wanted) <= 1


def test_the_middle_of_an_outline_that_crosses_itself_is_covered() -> None:
    angles = np.arange(5) * 4 / 5 * np.pi
    star = SIDE / 2 + 15 * np.stack([np.sin(angles), -np.cos(angles)], axis=1)
    assert polygon(star)[15:25, 15:25].all()


@pytest.mark.parametrize("reverse", [False, True])
def test_the_whole_frame_and_its_last_pixels(reverse: bool) -> None:
    corners = np.array([[0, 0], [SIDE, 0], [SIDE, SIDE], [0, SIDE]], np.float64)
    assert polygon(corners[::-1] if reverse else corners).all()
    last = polygon(np.array([[SIDE - 0.4, SIDE - 0.4], [SIDE, SIDE - 0.4], [SIDE, SIDE]]))
    assert np.argwhere(last).tolist() == [[SIDE - 1, SIDE - 1]]
    assert polygon(np.full((3, 2), float(SIDE)))[-1, -1]


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1)])
def test_frames_of_one_row_or_column(shape: tuple[int, int]) -> None:
    height, width = shape
    points = [[0, 0], [width, 0], [width, height], [0, height]]
    assert area_mask([{"kind": "polygon", "points": points}], *shape).all()


def test_colour_is_blacked_out_in_every_channel_and_the_original_stays() -> None:
    pixels = np.full((6, 8, 3), 200, np.uint8)
    areas = [
        {"kind": "rectangle", "top": 1, "left": 2, "height": 3, "width": 4},
        {"kind": "rectangle", "top": 5, "left": 7, "height": 1, "width": 1},
    ]
    black = blacken(pixels, area_mask(areas, 6, 8))
    assert not black[1:4, 2:6].any() and not black[5, 7].any()
    assert np.count_nonzero((black == 0).all(axis=2)) == 13
    assert (pixels == 200).all()
