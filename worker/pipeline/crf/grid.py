"""Our engine: mean field on a bilateral grid, for grey images, on one core.

The appearance kernel is filtered on a grid over (y, x, intensity) (Chen, Paris & Durand,
"Real-time edge-aware image processing with the bilateral grid", 2007), in three steps:

- splat: each pixel is added to the cell that it lies in, at the level of its intensity;
- blur: the cells are multiplied by banded matrices, one for each axis. In space a matrix maps
  cells to nodes, and its entries are means of the Gaussian over the pixels of a cell. Over
  intensity it is the matrix that, with what splat and slice do, comes nearest to the Gaussian;
- slice: each pixel reads the nodes around it, interpolated in space. The planes of equal intensity
  lie below each other in one image, so that this is a call of `cv2.remap`.

A pixel belongs to the nearest of many levels where the grid is small beside the image (wide
kernels), and where it is large is shared between the two levels around it, of which a quarter is
enough: either the grid or the pixels would cost most otherwise.

The smoothness kernel is a separable Gaussian filter. Only a box around the uncertain region is
updated. The pixels around it that it hears from keep their labels and enter the grid once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from worker.pipeline.crf.blas import one_blas_thread
from worker.pipeline.crf.potts import PottsParameters, unary_logits, with_fixed
from worker.pipeline.frame import Region
from worker.pipeline.network import to_probability

CELLS_PER_SIGMA = 2.0
"""Cells that pixels are added to, per width of the appearance kernel, in space; at least."""
NODES_PER_SIGMA = 1.3
"""Nodes that pixels read between, per width of the kernel, in space; at least."""
LEVELS_PER_SIGMA = 4.0
"""Levels of intensity, per width of the kernel over it, where a pixel belongs to one."""
SHARED_LEVELS_PER_SIGMA = 1.0
"""The same where a pixel is shared between two."""
BLOCK = 16
"""Rows of a Gaussian matrix that are multiplied at a time, with what is in their reach only."""
NOTHING = 1e-3
"""Entries of a matrix below this are exact zeros: a Gaussian's 3.7 widths out."""
MAX_NODES = 3_000_000
"""The grid is made coarser where it would have more nodes (small widths on large images)."""
MAX_ROWS = 30_000
"""Also where the planes below each other had more rows: `cv2.remap` addresses them by 16 bits."""

UNCERTAIN = 0.02
"""A pixel nearer than this to 0 or 1 is settled, even where strong kernels could turn it."""
TURNING = 1.1
"""A message is at most about its kernel's weight; this much more is allowed for."""
REACH = 3.0
"""Pixels further away than this many widths are not heard."""

Array = NDArray[np.float32]
Maps = tuple[NDArray[np.int16], NDArray[np.uint16]]
Banded = list[tuple[slice, slice, Array]]
"""A matrix as blocks: their rows, their columns, float32 [rows, columns]."""


def infer(
    probability: NDArray[np.float32],
    grey: NDArray[np.uint8],
    parameters: PottsParameters,
    fixed: NDArray[np.int8] | None = None,
) -> NDArray[np.float32]:
    """As `PottsEngine`. Pixels outside the box of the uncertain region keep their probability."""
    box = active_box(probability, parameters, fixed)
    if box is None:
        return with_fixed(probability, fixed)
    with one_blas_thread():
        updated = _update(probability, grey, parameters, fixed, box)
    result = probability.copy()
    result[box.slices] = updated
    return with_fixed(result, fixed)


def _update(
    probability: Array,
    grey: NDArray[np.uint8],
    parameters: PottsParameters,
    fixed: NDArray[np.int8] | None,
    box: Region,
) -> Array:
    """Mean field inside the box: probability float32 [h,w]."""
    around = _padded(box, REACH * parameters.appearance_sigma_xy, probability.shape)
    near = _padded(box, _radius(parameters.smoothness_sigma_xy), probability.shape)
    around = _union(around, near)
    logits = unary_logits(
        np.ascontiguousarray(probability[around.slices]),
        None if fixed is None else fixed[around.slices],
    )
    inner = _relative(box, around)
    unary = np.ascontiguousarray(logits[inner.slices])
    # Outside the box labels are settled; they speak with their whole weight.
    settled = np.sign(logits)
    state = np.tanh(unary * np.float32(0.5))
    filters: list[tuple[float, AppearanceFilter | SmoothnessFilter]] = []
    if parameters.appearance_weight > 0:
        values = np.ascontiguousarray(grey[around.slices])
        appearance = AppearanceFilter(
            values,
            settled,
            inner,
            parameters.appearance_sigma_xy,
            parameters.appearance_sigma_intensity,
        )
        filters.append((parameters.appearance_weight, appearance))
    if parameters.smoothness_weight > 0:
        smoothness = SmoothnessFilter(settled, inner, parameters.smoothness_sigma_xy)
        filters.append((parameters.smoothness_weight, smoothness))
    total = unary
    for iteration in range(parameters.iterations):
        if iteration:
            state = np.tanh(total * np.float32(0.5))
        total = unary
        for weight, message in filters:
            total = cast(Array, cv2.scaleAdd(message(state), weight, total))
    return to_probability(total, 1.0)


def active_box(
    probability: NDArray[np.float32],
    parameters: PottsParameters,
    fixed: NDArray[np.int8] | None = None,
) -> Region | None:
    """The box whose pixels are updated, or None where every pixel is settled.

    It holds every pixel that the kernels together can turn and that hears of another label than
    its own: the others keep their label whatever their surroundings say, or are only confirmed by
    them. Where the weights are so large that this would be nearly all of the image, it holds what
    the network is unsure of instead, padded by the width of the kernels.
    """
    height, width = probability.shape
    strongest = TURNING * (parameters.appearance_weight + parameters.smoothness_weight)
    turned = 1 / (1 + math.exp(strongest))
    lesion = (probability >= 0.5).astype(np.uint8)
    edge = cv2.morphologyEx(lesion, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    margin = max(turned, UNCERTAIN)
    unsure = cv2.inRange(probability, margin, 1 - margin)
    widest = max(parameters.appearance_sigma_xy, parameters.smoothness_sigma_xy)
    contested = cv2.dilate(edge, _square(REACH * widest)) * np.uint8(255)
    seeds = np.bitwise_or(np.bitwise_and(unsure, contested), edge)
    if fixed is not None:
        seeds = np.bitwise_or(seeds, (fixed != 0).astype(np.uint8))
    left, top, box_width, box_height = cv2.boundingRect(seeds)
    if box_width == 0:
        return None
    pad = 1.0
    if turned < UNCERTAIN or fixed is not None:
        pad = max(parameters.appearance_sigma_xy, REACH * parameters.smoothness_sigma_xy)
    return _padded(Region(top, left, box_height, box_width), pad, (height, width))


@dataclass(frozen=True)
class _Axis:
    """One spatial axis of the grid: cells that pixels are added to, nodes that they read between.

    Attributes:
        length: px.
        sigma: width of the kernel, px.
        cell: px of a cell.
        node: px between two nodes, at most.
    """

    length: int
    sigma: float
    cell: int
    node: int

    @cached_property
    def cells(self) -> int:
        return -(-self.length // self.cell)

    @cached_property
    def nodes(self) -> int:
        """The first node is on the first pixel and the last on the last: nothing extrapolates."""
        return max(2, -(-(self.length - 1) // self.node) + 1)

    @cached_property
    def spacing(self) -> float:
        """Px between two nodes."""
        return max(1, self.length - 1) / (self.nodes - 1)

    @cached_property
    def cell_of_pixel(self) -> NDArray[np.int32]:
        return np.arange(self.length, dtype=np.int32) // np.int32(self.cell)

    @cached_property
    def node_of_pixel(self) -> Array:
        """Position between the nodes, 0 to nodes - 1."""
        return (np.arange(self.length) / self.spacing).astype(np.float32)

    @cached_property
    def gaussian(self) -> Banded:
        """[nodes, cells], mean over the pixels of a cell of what interpolation makes a Gaussian."""
        # Weights that fall linearly over a spacing h have the variance h^2 / 6 on average.
        widened = self.spacing**2 / 6 if self.spacing > 1 else 0.0
        variance = self.sigma**2 - min(widened, self.sigma**2 / 2)
        at = np.arange(self.nodes)[:, None] * self.spacing
        kernel = np.exp(-((at - np.arange(self.length)) ** 2) / (2 * variance))
        kernel *= self.sigma / math.sqrt(variance)
        starts = np.arange(0, self.length, self.cell)
        counts = np.diff(np.append(starts, self.length))
        return _banded(np.add.reduceat(kernel, starts, axis=1) / counts)


@dataclass(frozen=True)
class _Levels:
    """The axis of intensity.

    Attributes:
        level: intp [256], the level of an intensity, or the lower one of its two.
        share: float32 [256], what of a pixel belongs to the level above that; None where it
            belongs to one.
        kernel: float64 [levels, levels] that between splat and slice is nearest to the Gaussian
            over all pairs of intensities (least squares).
    """

    level: NDArray[np.intp]
    share: Array | None
    kernel: NDArray[np.float64]


@lru_cache(maxsize=16)
def _levels(sigma: float, shared: bool) -> _Levels:
    """The levels for a kernel of this width in grey levels."""
    step = max(1.0, sigma / (SHARED_LEVELS_PER_SIGMA if shared else LEVELS_PER_SIGMA))
    values = np.arange(256.0)
    if shared:
        count = max(2, math.ceil(255 / step) + 1)
        level = np.minimum((values / step).astype(np.intp), count - 2)
    else:
        level = (values / step).astype(np.intp)
        count = int(level[-1]) + 1
    share = values / step - level if shared else np.zeros(256)
    weights = np.zeros((256, count))
    weights[np.arange(256), level] = 1 - share
    if shared:
        weights[np.arange(256), level + 1] = share
    gaussian = np.exp(-((values[:, None] - values) ** 2) / (2 * sigma**2))
    inverse = np.linalg.pinv(weights)
    kernel = inverse @ gaussian @ inverse.T
    return _Levels(level, share.astype(np.float32) if shared else None, kernel)


class AppearanceFilter:
    """Sums over all pixels under the symmetrically normalised appearance kernel.

    Args:
        grey: uint8 [H,W].
        settled: float32 [H,W] in [-1, 1], what the pixels outside the box say for good.
        box: the pixels that change, and that messages are wanted for.
        sigma_xy, sigma_intensity: widths of the kernel.
    """

    def __init__(
        self,
        grey: NDArray[np.uint8],
        settled: Array,
        box: Region,
        sigma_xy: float,
        sigma_intensity: float,
    ) -> None:
        height, width = grey.shape
        low, high = (int(value) for value in cv2.minMaxLoc(grey)[:2])
        cell = max(1, int(sigma_xy / CELLS_PER_SIGMA))
        node = max(1, int(sigma_xy / NODES_PER_SIGMA))
        fine = (high - low) * LEVELS_PER_SIGMA / sigma_intensity
        axis = _levels(sigma_intensity, bool(fine > node * cell))
        first, end = int(axis.level[low]), int(axis.level[high]) + (1 if axis.share is None else 2)
        levels = end - first
        self._intensity = _banded(axis.kernel[first:end, first:end])
        while (
            levels * (height / node + 2) * (width / node + 2) > MAX_NODES
            or levels * (height / node + 2) > MAX_ROWS
        ):
            node += 1
        cell = max(cell, node // 2)
        self._rows = rows = _Axis(height, sigma_xy, cell, node)
        self._columns = columns = _Axis(width, sigma_xy, cell, node)
        # Reused by every iteration.
        self._planes = np.empty((levels, rows.nodes * columns.nodes), dtype=np.float32)

        # The cells lie in memory as [y, level, x]; see _blur.
        level = np.maximum(axis.level - first, 0).astype(np.int32)
        place = (level * np.int32(columns.cells))[grey]
        place += (rows.cell_of_pixel * np.int32(levels * columns.cells))[:, None]
        place += columns.cell_of_pixel
        share = None if axis.share is None else cast(Array, cv2.LUT(grey, axis.share))
        self._size = rows.cells * levels * columns.cells
        y = cv2.LUT(grey, (level * rows.nodes).astype(np.float32)) + rows.node_of_pixel[:, None]
        x = np.ascontiguousarray(np.broadcast_to(columns.node_of_pixel, grey.shape))
        slices = cast(Maps, cv2.convertMaps(x, y, cv2.CV_16SC2))

        splat = self._splat(place, share)
        counts = splat @ np.ones(grey.size, dtype=np.float32)
        norm = _rsqrt(self._read(self._blur(counts), slices, share))
        outside = settled * norm
        outside[box.slices] = 0
        self._constant = splat @ outside.ravel()
        self._share = None if share is None else np.ascontiguousarray(share[box.slices])
        where, between = (np.ascontiguousarray(m[box.slices]) for m in slices)
        self._slices = cast(Maps, (where, between))
        self._norm = np.ascontiguousarray(norm[box.slices])
        self._inner = self._splat(place[box.slices], self._share, self._norm)

    def __call__(self, state: Array) -> Array:
        """Messages float32 [h,w] to the box whose pixels say `state` float32 [h,w]."""
        cells = self._inner @ state.ravel()
        cells += self._constant
        message = self._read(self._blur(cells), self._slices, self._share)
        message *= self._norm
        return message

    def _splat(
        self, place: NDArray[np.int32], share: Array | None, norm: Array | None = None
    ) -> csc_array:
        """What adds pixels to the cells [y, level, x] at their level or levels, weighted.

        A sparse matrix [cells, pixels]: its product is one loop over the pixels in float32.
        """
        lower = place.ravel()
        weight = np.ones(lower.size, np.float32) if norm is None else norm.ravel()
        if share is None:
            each, data, places = 1, weight, lower
        else:
            above = weight * share.ravel()
            each, data = 2, np.stack([weight - above, above], axis=1).ravel()
            places = np.stack([lower, lower + np.int32(self._columns.cells)], axis=1).ravel()
        starts = np.arange(0, each * lower.size + 1, each, dtype=np.int32)
        return csc_array((data, places, starts), shape=(self._size, lower.size))

    def _blur(self, grid: Array) -> Array:
        """Cells [y, level, x] to an image of nodes, the planes of the levels below each other."""
        rows, columns = self._rows, self._columns
        cells = grid.reshape(rows.cells, -1)
        by_row = np.empty((rows.nodes, cells.shape[1]), dtype=np.float32)
        for at, near, block in rows.gaussian:
            np.matmul(block, cells[near], out=by_row[at])
        lines = by_row.reshape(-1, columns.cells)
        by_column = np.empty((len(lines), columns.nodes), dtype=np.float32)
        for at, near, block in columns.gaussian:
            np.matmul(lines[:, near], block.T, out=by_column[:, at])
        stacked = by_column.reshape(rows.nodes, -1, columns.nodes).transpose(1, 0, 2)
        by_level = np.ascontiguousarray(stacked).reshape(len(self._planes), -1)
        for at, near, block in self._intensity:
            np.matmul(block, by_level[near], out=self._planes[at])
        return self._planes.reshape(-1, columns.nodes)

    def _read(self, nodes: Array, maps: Maps, share: Array | None) -> Array:
        """What pixels find between the nodes around them."""

        def read(planes: Array) -> Array:
            border = cv2.BORDER_REPLICATE
            return cast(Array, cv2.remap(planes, maps[0], maps[1], cv2.INTER_LINEAR, None, border))

        if share is None:
            return read(nodes)
        below = read(nodes[: -self._rows.nodes])
        return below + (read(nodes[self._rows.nodes :]) - below) * share


def _banded(kernel: NDArray[np.float64]) -> Banded:
    """A matrix as float32 blocks with their rows and columns, so that zeros are not multiplied.

    Entries that are nothing become zeros also because products of tails are denormal numbers, on
    which processors are a hundred times slower.
    """
    matrix = np.where(np.abs(kernel) < NOTHING, 0, kernel).astype(np.float32)
    blocks = []
    for first in range(0, len(matrix), BLOCK):
        at = slice(first, min(first + BLOCK, len(matrix)))
        # Rows that have nothing within reach hear nothing; their block is one column of zeros.
        used = np.flatnonzero(matrix[at].any(axis=0))
        near = slice(int(used[0]), int(used[-1]) + 1) if used.size else slice(0, 1)
        blocks.append((at, near, np.ascontiguousarray(matrix[at, near])))
    return blocks


def _rsqrt(sums: Array) -> Array:
    return cast(Array, 1 / np.sqrt(np.maximum(sums, np.float32(1e-12))))


class SmoothnessFilter:
    """Sums over all pixels under the symmetrically normalised smoothness kernel."""

    def __init__(self, settled: Array, box: Region, sigma_xy: float) -> None:
        radius = _radius(sigma_xy)
        window = _padded(box, radius, settled.shape)
        self._kernel = cv2.getGaussianKernel(2 * radius + 1, sigma_xy, cv2.CV_32F)
        # Beyond the window's own sides there is either no image or nothing in reach.
        ones = np.ones((window.height, window.width), dtype=np.float32)
        norm = _rsqrt(self._filter(ones))
        self._inner = _relative(box, window)
        self._said = settled[window.slices] * norm
        self._norm = np.ascontiguousarray(norm[self._inner.slices])

    def __call__(self, state: Array) -> Array:
        """As `AppearanceFilter.__call__`."""
        np.multiply(state, self._norm, out=self._said[self._inner.slices])
        message = self._filter(self._said)[self._inner.slices]
        return cast(Array, message * self._norm)

    def _filter(self, image: Array) -> Array:
        filtered = cv2.sepFilter2D(
            image, cv2.CV_32F, self._kernel, self._kernel, borderType=cv2.BORDER_CONSTANT
        )
        return cast(Array, filtered)


def _square(reach: float) -> NDArray[np.uint8]:
    side = 2 * int(np.ceil(reach)) + 1
    return np.ones((side, side), dtype=np.uint8)


def _radius(sigma: float) -> int:
    """Px at which a Gaussian filter is cut off; beyond it lies less than 1 in 10,000."""
    return max(1, int(np.ceil(4 * sigma)))


def _padded(box: Region, pad: float, shape: tuple[int, ...]) -> Region:
    grown = Region(
        box.top - int(np.ceil(pad)),
        box.left - int(np.ceil(pad)),
        box.height + 2 * int(np.ceil(pad)),
        box.width + 2 * int(np.ceil(pad)),
    )
    return cast(Region, grown.clipped(shape[0], shape[1]))


def _union(one: Region, other: Region) -> Region:
    top, left = min(one.top, other.top), min(one.left, other.left)
    bottom = max(one.top + one.height, other.top + other.height)
    right = max(one.left + one.width, other.left + other.width)
    return Region(top, left, bottom - top, right - left)


def _relative(box: Region, to: Region) -> Region:
    return Region(box.top - to.top, box.left - to.left, box.height, box.width)
