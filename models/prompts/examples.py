"""Views of training images with the prompts that a simulated reader would draw on them.

All random numbers come from the generator that the caller passes.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from models.data.augment import AugmentSettings, augment
from models.data.labels import IGNORED
from models.data.samples import Pixels
from models.evaluation.simulated_user import HABITS, next_scribble
from worker.interactive.prompts import PLANES, SIDE, box_plane, stroke_plane
from worker.pipeline.frame import Region

Kind = Literal["box", "click", "mask"]

KINDS: tuple[Kind, ...] = ("box", "click", "mask")
SHARES = (0.4, 0.25, 0.35)
"""Shares of the kinds of prompts."""
LEAST_LESION = 40
"""px of the training image; smaller lesions have nothing to learn from."""
BOX_ERROR = (0.02, 0.09)
"""Standard deviation of a drawn box's side, as a share of its length: from careful to hasty."""
BOX_PADDING = (0.25, 0.5)
"""Surroundings on each side of a box, as a share of its longer side; the product uses 0.35."""
ROTATION = 12.0
"""Twice the standard deviation, degrees."""
LOOKS = AugmentSettings(
    scale=(1.0, 1.0), aspect=0, rotation_degrees=0, flip=0,
    time_gain=0.2, dynamic_range=0.2, resolution=0.15, annotations=0.25,
)  # fmt: skip

Mask = NDArray[np.bool_]


class Example(NamedTuple):
    """One training example: the network's input and the target.

    Attributes:
        image: uint8 [S,S,3].
        planes: float32 [4,S,S] in the order of `PLANES`.
        target: uint8 [S,S] of 0, 1 and IGNORED.
        kind: kind of the prompt.
    """

    image: NDArray[np.uint8]
    planes: NDArray[np.float32]
    target: NDArray[np.uint8]
    kind: Kind


def example(pixels: Pixels, rng: np.random.Generator) -> Example | None:
    """Return a prompt about one lesion of an image; None if no lesion is large enough."""
    lesion = _one_lesion(pixels.mask, rng)
    if lesion is None:
        return None
    kind = KINDS[int(rng.choice(len(KINDS), p=SHARES))]
    linear = _turn(rng)
    box = _bounds(linear, lesion)
    drawn = _drawn(box, rng)
    window = _window(kind, box, drawn, _bounds_of_frame(linear, lesion.shape), rng)
    scale = SIDE / max(window.height, window.width)
    image, target = _warped(pixels.image, lesion, linear, window, scale)
    image = augment(Pixels(image, target), SIDE, rng, LOOKS).image
    truth = target == 1
    if np.count_nonzero(truth) < 8:
        return None
    planes = np.zeros((len(PLANES), SIDE, SIDE), np.float32)
    if kind == "box":
        planes[0] = box_plane(drawn, window, scale, (SIDE, SIDE))
    elif kind == "click":
        planes[1] = stroke_plane(click(truth, rng))
    else:
        planes = scribbled(damaged(truth, rng), truth, rng)
    return Example(image, planes, target, kind)


def scribbled(mask: Mask, truth: Mask, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return the planes of a mask and the reader's next stroke: float32 [4,h,w]."""
    planes = np.zeros((len(PLANES), *mask.shape), np.float32)
    habit = HABITS[int(rng.integers(len(HABITS)))]
    strokes = next_scribble(mask, truth, habit, rng)
    planes[1], planes[2] = stroke_plane(strokes > 0), stroke_plane(strokes < 0)
    planes[3] = mask
    return planes


def click(truth: Mask, rng: np.random.Generator) -> Mask:
    """Return one px inside a lesion as a person would click: closer to the middle than the rim."""
    inside = cv2.copyMakeBorder(truth.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth = np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, 5), np.float32)[1:-1, 1:-1]
    rows, columns = np.nonzero(depth >= rng.uniform(0.3, 0.95) * depth.max())
    chosen = int(rng.integers(len(rows)))
    points = np.zeros(truth.shape, np.bool_)
    points[rows[chosen], columns[chosen]] = True
    return points


def damaged(truth: Mask, rng: np.random.Generator) -> Mask:
    """Return a mask as it may be before a correction: with an inaccurate contour, an extra or a
    missing part, or empty."""
    if rng.random() < 0.05:
        return np.zeros(truth.shape, np.bool_)
    size = math.sqrt(np.count_nonzero(truth))
    signed = _signed(truth)
    grain = max(2, round(SIDE / max(4.0, size * rng.uniform(0.25, 0.9))))
    coarse = rng.standard_normal((grain, grain)).astype(np.float32)
    wander = cv2.resize(coarse, truth.shape[::-1], interpolation=cv2.INTER_CUBIC)
    shifted = signed + size * (rng.uniform(0.02, 0.22) * wander + rng.normal(0, 0.06))
    if rng.random() < 0.4:
        across, down = rng.normal(0, 0.1, 2) * size
        moved = np.array([[1, 0, across], [0, 1, down]], np.float32)
        shifted = cv2.warpAffine(shifted, moved, truth.shape[::-1], borderValue=-SIDE)
    mask = np.asarray(shifted) > 0
    if rng.random() < 0.25:  # a side of it is missing
        rows, columns = np.nonzero(truth)
        angle = rng.uniform(0, 2 * math.pi)
        along = np.cos(angle) * np.arange(SIDE)[None] + np.sin(angle) * np.arange(SIDE)[:, None]
        level = np.quantile(along[rows, columns], rng.uniform(0.4, 0.85))
        mask = mask & (along < level)
    return mask


def _one_lesion(mask: NDArray[np.uint8], rng: np.random.Generator) -> Mask | None:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    large = [n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] >= LEAST_LESION]
    if not large:
        return None
    return cast(Mask, labels == large[int(rng.integers(len(large)))])


def _turn(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a rotation, mirror and slight stretch about the origin: float64 [2,2]."""
    angle = math.radians(float(np.clip(rng.normal(0, ROTATION / 2), -ROTATION, ROTATION)))
    stretch = math.sqrt(1 + rng.uniform(-0.15, 0.15))
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    cosine, sine = math.cos(angle), math.sin(angle)
    turn = np.array([[cosine, -sine], [sine, cosine]])
    return cast(NDArray[np.float64], turn @ np.diag([mirror * stretch, 1 / stretch]))


def _bounds(linear: NDArray[np.float64], lesion: Mask) -> Region:
    contours, _ = cv2.findContours(
        lesion.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    points = np.concatenate(contours)[:, 0].astype(np.float64) + 0.5
    return _around(points @ linear.T, 0.5)


def _bounds_of_frame(linear: NDArray[np.float64], shape: tuple[int, ...]) -> Region:
    height, width = shape
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64)
    return _around(corners @ linear.T, 0)


def _around(points: NDArray[np.float64], margin: float) -> Region:
    left, top = np.floor(points.min(axis=0) - margin).astype(int)
    right, bottom = np.ceil(points.max(axis=0) + margin).astype(int)
    return Region(int(top), int(left), int(bottom - top), int(right - left))


def _drawn(box: Region, rng: np.random.Generator) -> Region:
    error = rng.uniform(*BOX_ERROR)
    top, bottom = np.array([box.top, box.top + box.height]) + rng.normal(0, error, 2) * box.height
    left, right = np.array([box.left, box.left + box.width]) + rng.normal(0, error, 2) * box.width
    height, width = max(2, round(bottom - top)), max(2, round(right - left))
    return Region(round(top), round(left), height, width)


def _window(
    kind: Kind, box: Region, drawn: Region, frame: Region, rng: np.random.Generator
) -> Region:
    """Return the visible part of the frame, in its rotated coordinates."""
    longest = max(box.height, box.width)
    if kind == "click" and rng.random() < 0.5:
        return frame
    if kind == "box":
        pads = np.full(4, rng.uniform(*BOX_PADDING) * max(drawn.height, drawn.width))
        box = drawn
    elif kind == "click":
        pads = rng.uniform(0.2, 2.5, 4) * longest
    else:
        pads = rng.uniform(0.25, 0.7) * longest + rng.uniform(0, 0.3, 4) * longest
    top, left = max(frame.top, box.top - pads[0]), max(frame.left, box.left - pads[1])
    bottom = min(frame.top + frame.height, box.top + box.height + pads[2])
    right = min(frame.left + frame.width, box.left + box.width + pads[3])
    return Region(round(top), round(left), max(8, round(bottom - top)), max(8, round(right - left)))


def _warped(
    image: NDArray[np.uint8],
    lesion: Mask,
    linear: NDArray[np.float64],
    window: Region,
    scale: float,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return image and target of a window: uint8 [S,S,3] and [S,S], black and IGNORED outside."""
    whole = scale * linear
    offset = -scale * np.array([window.left, window.top], np.float64)
    offset += whole @ np.array([0.5, 0.5]) - 0.5
    matrix = np.column_stack([whole, offset])
    shown = cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    target = cv2.warpAffine(
        lesion.astype(np.uint8), matrix, (SIDE, SIDE), flags=cv2.INTER_NEAREST, borderValue=IGNORED
    )
    # The view is square, but the window may not be.
    height, width = round(scale * window.height), round(scale * window.width)
    shown[height:], shown[:, width:] = 0, 0
    target[height:], target[:, width:] = IGNORED, IGNORED
    return cast(NDArray[np.uint8], shown), cast(NDArray[np.uint8], target)


def _signed(mask: Mask) -> NDArray[np.float32]:
    inside = mask.astype(np.uint8)
    return np.asarray(
        cv2.distanceTransform(inside, cv2.DIST_L2, 5)
        - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5),
        np.float32,
    )
