"""Our engine: mean field on a bilateral grid, for grey images, on one core.

The appearance kernel is filtered on a grid over (y, x, intensity) (Chen, Paris & Durand,
"Real-time edge-aware image processing with the bilateral grid", 2007), in three steps:

- splat: each pixel is added to the cell that it lies in;
- blur: the cells are multiplied by banded Gaussian matrices, one for each axis. A matrix maps
  cells to nodes, and its entries are means of the Gaussian over the pixels of a cell, so that the
  width of a cell causes no bias;
- slice: each pixel reads the nodes at its own intensity, interpolated in space. The planes of
  equal intensity lie side by side in one image, so that this is a single `cv2.remap`.

The smoothness kernel is a separable Gaussian filter. Only a box around the uncertain region is
updated. The pixels around it that it hears from keep their labels and enter the grid once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.crf.blas import one_blas_thread
from worker.pipeline.crf.potts import PottsParameters, unary_logits, with_fixed
from worker.pipeline.frame import Region
from worker.pipeline.network import to_probability

CELLS_PER_SIGMA = 2.0
"""Cells that pixels are added to, per width of the appearance kernel, in space."""
NODES_PER_SIGMA = 2.0
"""Nodes that pixels read between, per width of the kernel, in space."""
BINS_PER_SIGMA = 2.0
"""Bins that pixels are added to, per width of the kernel over intensity."""
LEVELS_PER_SIGMA = 4.0
"""Levels that pixels read from, per width of the kernel over intensity."""
BLOCK = 16
"""Rows of a Gaussian matrix that are multiplied at a time, with what is in their reach only."""
NOTHING = 1e-3
"""Entries of a Gaussian matrix below this are exact zeros: 3.7 widths out."""
MAX_NODES = 3_000_000
"""The grid is made coarser where it would have more nodes (small widths on large images)."""

MAX_TILED_ROWS = 30_000
"""`cv2.remap` addresses its image by 16 bits; planes stand side by side beyond this."""

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
    """One spatial axis of the grid: cells that pixels are added to, nodes that they read from."""

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
    def cell_of_pixel(self) -> NDArray[np.intp]:
        return np.arange(self.length) // self.cell

    @cached_property
    def node_of_pixel(self) -> Array:
        """Position between the nodes, 0 to nodes - 1."""
        scale = (self.nodes - 1) / max(1, self.length - 1)
        return (np.arange(self.length) * scale).astype(np.float32)

    @cached_property
    def gaussian(self) -> Banded:
        """[nodes, cells], mean of the Gaussian over the pixels of a cell."""
        at = np.linspace(0, max(1, self.length - 1), self.nodes)[:, None]
        kernel = np.exp(-((at - np.arange(self.length)) ** 2) / (2 * self.sigma**2))
        starts = np.arange(0, self.length, self.cell)
        counts = np.diff(np.append(starts, self.length))
        return _banded(np.add.reduceat(kernel, starts, axis=1) / counts)


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
        histogram = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel().astype(np.float32)
        used = np.flatnonzero(histogram)
        low, high = int(used[0]), int(used[-1])
        step = max(1, round(sigma_intensity / LEVELS_PER_SIGMA))
        levels = (high - low) // step + 1
        cell = max(1, round(sigma_xy / CELLS_PER_SIGMA))
        node = max(1, round(sigma_xy / NODES_PER_SIGMA))
        while levels * (height / node + 1) * (width / node + 1) > MAX_NODES:
            node += 1
        cell = max(cell, node // 2)
        self._rows = _Axis(height, sigma_xy, cell, node)
        self._columns = _Axis(width, sigma_xy, cell, node)
        bin_width = max(1, round(sigma_intensity / BINS_PER_SIGMA))
        self._bins = (high - low) // bin_width + 1
        self._intensity = _intensity_matrix(
            histogram[low : high + 1], bin_width, step, levels, sigma_intensity
        )
        self._tiles_across = -(-levels * self._rows.nodes // MAX_TILED_ROWS)

        # Reused by every iteration; the planes that fill the last row of tiles up stay empty.
        down = -(-levels // self._tiles_across)
        nodes = self._rows.nodes * self._columns.nodes
        self._planes = np.zeros((down * self._tiles_across, nodes), dtype=np.float32)

        bin_of_level = np.zeros(256, dtype=np.intp)
        bin_of_level[low : high + 1] = np.arange(high - low + 1) // bin_width
        columns = self._columns.cells
        # The grid lies in memory as [y, bin, x]; see _blur.
        splat = bin_of_level[grey]
        splat *= columns
        splat += (self._rows.cell_of_pixel * (self._bins * columns))[:, None]
        splat += self._columns.cell_of_pixel
        level_of = np.zeros(256, dtype=np.intp)
        level_of[low : high + 1] = np.arange(high - low + 1) // step
        slices = self._slice_maps(level_of, grey)

        size = self._rows.cells * self._bins * columns
        counts = np.bincount(splat.ravel(), minlength=size).astype(np.float32)
        norm = _rsqrt(self._read(self._blur(counts), slices))
        outside = settled * norm
        outside[box.slices] = 0
        constant = np.bincount(splat.ravel(), weights=outside.ravel(), minlength=size)
        self._constant = constant.astype(np.float32)
        self._cells = np.empty_like(self._constant)
        self._splat = splat[box.slices].ravel()
        coarse, fine = (np.ascontiguousarray(m[box.slices]) for m in slices)
        self._slices = cast(Maps, (coarse, fine))
        self._norm = np.ascontiguousarray(norm[box.slices])

    def __call__(self, state: Array) -> Array:
        """Messages float32 [h,w] to the box whose pixels say `state` float32 [h,w]."""
        weights = (state * self._norm).ravel()
        grid = np.bincount(self._splat, weights=weights, minlength=self._constant.size)
        np.add(grid, self._constant, out=self._cells, casting="unsafe")
        message = self._read(self._blur(self._cells), self._slices)
        message *= self._norm
        return message

    def _blur(self, grid: Array) -> Array:
        """Cells [y, bin, x] to an image of nodes whose tiles are the intensity levels."""
        rows, columns = self._rows, self._columns
        cells = grid.reshape(rows.cells, -1)
        by_row = np.empty((rows.nodes, cells.shape[1]), dtype=np.float32)
        for at, near, block in rows.gaussian:
            np.matmul(block, cells[near], out=by_row[at])
        lines = by_row.reshape(-1, columns.cells)
        by_column = np.empty((len(lines), columns.nodes), dtype=np.float32)
        for at, near, block in columns.gaussian:
            np.matmul(lines[:, near], block.T, out=by_column[:, at])
        stacked = by_column.reshape(rows.nodes, self._bins, columns.nodes).transpose(1, 0, 2)
        binned = np.ascontiguousarray(stacked).reshape(self._bins, -1)
        for at, near, block in self._intensity:
            np.matmul(block, binned[near], out=self._planes[at])
        across = self._tiles_across
        planes = self._planes.reshape(-1, across, rows.nodes, columns.nodes)
        if across == 1:
            return cast(Array, planes.reshape(-1, columns.nodes))
        tiles = np.ascontiguousarray(planes.transpose(0, 2, 1, 3))
        return cast(Array, tiles.reshape(-1, across * columns.nodes))

    def _slice_maps(self, level_of: NDArray[np.intp], grey: NDArray[np.uint8]) -> Maps:
        """Where each pixel reads in the image of nodes, in the fixed-point form of `cv2.remap`."""
        tile_row = (level_of // self._tiles_across * self._rows.nodes).astype(np.float32)
        tile_column = (level_of % self._tiles_across * self._columns.nodes).astype(np.float32)
        y = cv2.LUT(grey, tile_row) + self._rows.node_of_pixel[:, None]
        x = cv2.LUT(grey, tile_column) + self._columns.node_of_pixel
        coarse, fine = cv2.convertMaps(x, y, cv2.CV_16SC2)
        return cast(Maps, (coarse, fine))

    @staticmethod
    def _read(nodes: Array, maps: Maps) -> Array:
        read = cv2.remap(nodes, maps[0], maps[1], cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)
        return cast(Array, read)


def _intensity_matrix(
    histogram: NDArray[np.float32], bin_width: int, step: int, levels: int, sigma: float
) -> Banded:
    """[levels, bins]: mean of the Gaussian over the pixels that fell into a bin."""
    values = np.arange(len(histogram))
    centres = np.arange(levels)[:, None] * step + (step - 1) / 2
    kernel = np.exp(-((centres - values) ** 2) / (2 * sigma**2)) * histogram
    starts = np.arange(0, len(histogram), bin_width)
    counts = np.maximum(np.add.reduceat(histogram, starts), 1)
    return _banded(np.add.reduceat(kernel, starts, axis=1) / counts)


def _banded(kernel: NDArray[np.float64]) -> Banded:
    """A matrix as float32 blocks with their rows and columns, so that zeros are not multiplied.

    Entries that are nothing become zeros also because products of tails are denormal numbers, on
    which processors are a hundred times slower.
    """
    matrix = np.where(kernel < NOTHING, 0, kernel).astype(np.float32)
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
