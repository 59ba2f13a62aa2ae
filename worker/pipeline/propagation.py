"""Propagation of a cine frame's lesions to nearby frames, and between two known frames.

Dense optical flow (Kroeger et al., "Fast optical flow using dense inverse search", ECCV 2016) from
frame to frame maps each point of a frame to its place in the key frame; this flow is the starting
point of the next search, which runs against the key frame itself, so that errors do not add up. The
flow moves each lesion's signed distance, which has no holes and no steps. Between two key frames,
the distances from either side are averaged with weights by nearness. The fully connected CRF can
refine the contour near the flow's result; it is off, because it made contours worse.

``python -m bench.propagation`` chose this against the alternatives; ``docs/propagation.md`` has the
figures.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.crf import PottsParameters, engine
from worker.pipeline.frame import Region
from worker.pipeline.settings import CrfSettings

Floats = NDArray[np.float32]
LONGEST = 512
"""Px of the longer side of the frames on which flow is computed."""
_STEPS = 4
"""Signed distances are stored in quarters of a px, …"""
_REACH = 127 / _STEPS
"""… and up to this many px at that size; larger distances are clipped."""
_UNIT = 256.0
"""As in :func:`worker.interactive.settings.frame_unit`."""


@dataclass(frozen=True)
class PropagationSettings:
    """Settings of the propagation.

    Attributes:
        smoothing: width of the Gaussian that reduces speckle before the search for flow, px.
        against_key: also search against the key frame, starting from the chain of flows.
        softness: how far the flow's contour may be wrong, in px of a frame of 256 × 256.
        drift: the same, added for each frame between it and the key frame.
        most_drift: maximum of that sum.
        crf: refines the contour if it is on; lengths in px of a frame of 256 × 256.
    """

    smoothing: float = 1.5
    against_key: bool = True
    softness: float = 0.6
    drift: float = 0.04
    most_drift: float = 1.2
    crf: CrfSettings = field(default_factory=CrfSettings)


DEFAULTS = PropagationSettings()


@dataclass(frozen=True)
class Shape:
    """One lesion of a frame, at the size at which flow is computed.

    Attributes:
        region: part of the small frame that contains it and its surroundings.
        distance: int8 [h,w], quarters of a px to its edge, positive inside.
    """

    region: Region
    distance: NDArray[np.int8]


Shapes = Mapping[int, Shape]
"""Lesions by number."""


def small(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Resize a frame to the size for flow: uint8 [h,w], no side above `LONGEST`."""
    scale = LONGEST / max(grey.shape)
    if scale >= 1:
        return grey
    size = max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


class Tracker:
    """Follows the lesions of a key frame, from frame to frame away from it.

    Args:
        key: uint8 [h,w], the key frame, as :func:`small` returns it.
        lesions: bool [H,W] at the frame's own size, by number.
    """

    def __init__(
        self,
        key: NDArray[np.uint8],
        lesions: Mapping[int, NDArray[np.bool_]],
        settings: PropagationSettings = DEFAULTS,
    ) -> None:
        self._settings = settings
        self._key = self._before = self._calmed(key)
        self._fields = {
            number: signed_distance(mask, key.shape) for number, mask in lesions.items()
        }
        self._shift = np.zeros((*key.shape, 2), np.float32)
        rows, columns = np.mgrid[: key.shape[0], : key.shape[1]].astype(np.float32)
        self._at = np.stack([columns, rows], axis=-1)
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def follow(self, frame: NDArray[np.uint8]) -> dict[int, Shape]:
        """Return the lesions in the next frame, uint8 [h,w], in order away from the key frame."""
        now = self._calmed(frame)
        step = np.asarray(
            self._flow.calc(now, self._before, np.zeros_like(self._shift)), np.float32
        )
        shift = step + self._moved(self._shift, step)
        if self._settings.against_key:
            shift = np.asarray(self._flow.calc(now, self._key, shift.copy()), np.float32)
        self._before, self._shift = now, shift
        found = {n: packed(self._moved(field, shift)) for n, field in self._fields.items()}
        return {number: shape for number, shape in found.items() if shape is not None}

    def _moved(self, field: Floats, shift: Floats) -> Floats:
        at = self._at + shift
        found = cv2.remap(
            field, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(found, np.float32)

    def _calmed(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        width = self._settings.smoothing
        calm = cv2.GaussianBlur(frame, (0, 0), width) if width else frame
        return np.ascontiguousarray(calm, np.uint8)


def signed_distance(mask: NDArray[np.bool_], shape: tuple[int, ...]) -> Floats:
    """Px to the edge of a mask bool [H,W], positive inside, at another size: float32 [h,w]."""
    inside = mask.astype(np.uint8)
    if not inside.any():
        return np.full(shape[:2], -_REACH, np.float32)
    deep = np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, 5), np.float32)
    away = np.asarray(cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5), np.float32)
    distance = deep - away
    # The edge lies between the last pixel inside and the first outside, half a px from both.
    distance -= np.sign(distance) * np.float32(0.5)
    scale = shape[0] / mask.shape[0]
    resized = cv2.resize(distance, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    scaled = np.asarray(resized, np.float32) * np.float32(scale)
    return np.asarray(np.clip(scaled, -_REACH, _REACH), np.float32)


def packed(field: Floats) -> Shape | None:
    """Pack a signed distance for storage; None if it contains no lesion."""
    if not (field > 0).any():
        return None
    near = field > -_REACH
    rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    region = Region(int(rows[0]), int(columns[0]), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1)
    return Shape(region, np.rint(field[region.slices] * _STEPS).astype(np.int8))


def unpacked(shape: Shape, size: tuple[int, ...]) -> Floats:
    """Return the signed distance of a shape in the whole small frame: float32 [h,w], px."""
    field = np.full(size[:2], -_REACH, np.float32)
    field[shape.region.slices] = shape.distance.astype(np.float32) / _STEPS
    return field


def between(before: Shapes, after: Shapes, share: float, size: tuple[int, ...]) -> dict[int, Shape]:
    """Combine lesions from two key frames, weighted by nearness.

    A lesion that only one of them has shrinks until it vanishes on the way to the other.

    Args:
        share: position between the frame of `before` and that of `after`, 0 to 1.
        size: (h, w) of the small frame.
    """
    absent = np.full(size[:2], -_REACH, np.float32)
    found = {}
    for number in sorted({*before, *after}):
        first, second = (
            unpacked(one[number], size) if number in one else absent for one in (before, after)
        )
        shape = packed((1 - np.float32(share)) * first + np.float32(share) * second)
        if shape is not None:
            found[number] = shape
    return found


def likelihoods(
    shapes: Shapes,
    frame: NDArray[np.uint8],
    away: int,
    settings: PropagationSettings = DEFAULTS,
) -> dict[int, Floats]:
    """Return the log-odds of each lesion at each pixel, refined with the picture if the CRF is on.

    Args:
        frame: uint8 [h,w], the small frame.
        away: frames to the nearer key frame.

    Returns:
        float32 [h,w] by number.
    """
    unit = math.sqrt(frame.shape[0] * frame.shape[1]) / _UNIT
    drift = min(settings.drift * away, settings.most_drift)
    width = np.float32((settings.softness + drift) * unit)
    return {
        number: _sharpened(unpacked(shape, frame.shape) / width, frame, unit, settings.crf)
        for number, shape in shapes.items()
    }


def _sharpened(logits: Floats, frame: NDArray[np.uint8], unit: float, crf: CrfSettings) -> Floats:
    if crf.engine == "none":
        return logits
    open_ = np.abs(logits) < _OPEN
    if not open_.any():
        return logits
    parameters = PottsParameters.from_settings(crf, unit)
    rows, columns = np.flatnonzero(open_.any(axis=1)), np.flatnonzero(open_.any(axis=0))
    pad = math.ceil(2 * parameters.appearance_sigma_xy) + 1
    box = Region(
        int(rows[0]) - pad,
        int(columns[0]) - pad,
        int(np.ptp(rows)) + 1 + 2 * pad,
        int(np.ptp(columns)) + 1 + 2 * pad,
    ).clipped(*frame.shape)
    assert box is not None  # noqa: S101
    inner = logits[box.slices]
    fixed = np.where(open_[box.slices], 0, np.sign(inner)).astype(np.int8)
    probability = (1 / (1 + np.exp(-np.clip(inner, -_OPEN, _OPEN)))).astype(np.float32)
    grey = np.ascontiguousarray(frame[box.slices])
    result = np.clip(engine(crf.engine)(probability, grey, parameters, fixed), 1e-4, 1 - 1e-4)
    found = logits.copy()
    found[box.slices] = np.log(result / (1 - result))
    return found


_OPEN = 6.0
"""Beyond these log-odds, the flow decides regardless of the picture."""


def lesion_masks(
    sure: Mapping[int, Floats], shape: tuple[int, ...], *, apart: bool = True
) -> dict[int, NDArray[np.bool_]]:
    """Return the lesions at the frame's own size: bool [H,W] by number, without empty ones.

    Args:
        sure: as :func:`likelihoods` returns it.
        shape: (H, W) of the frame.
        apart: no two share a pixel; the one with higher log-odds gets it.
    """
    size = (shape[1], shape[0])
    fields = {
        n: np.asarray(cv2.resize(one, size, interpolation=cv2.INTER_LINEAR), np.float32)
        for n, one in sure.items()
    }
    if not fields:
        return {}
    most = np.max(list(fields.values()), axis=0) if apart else None
    found: dict[int, NDArray[np.bool_]] = {}
    taken = np.zeros(shape[:2], np.bool_)
    for number, one in fields.items():
        mask = one > 0
        if most is not None:
            mask &= (one >= most) & ~taken
            taken |= mask
        if mask.any():
            found[number] = mask
    return found


Way = Literal["propagated", "interpolated"]
"""From one key frame, or between two."""
