"""Sums over all pixels under the two kernels of the CRF, each normalised symmetrically.

The appearance kernel is filtered on a grid over (y, x, intensity) (Chen, Paris & Durand,
"Real-time edge-aware image processing with the bilateral grid", 2007), in three steps:

- splat: each pixel is added to its cell, at the level of its intensity;
- blur: the cells are multiplied by banded matrices, one for each axis. In space a matrix maps
  cells to nodes, and its entries are means of the Gaussian over the pixels of a cell. Over
  intensity it is the matrix that, combined with splat and slice, best approximates the Gaussian;
- slice: each pixel reads the nodes around it, interpolated in space. The planes of equal intensity
  are stacked vertically in one image, so this is one call of `cv2.remap`.

If the grid is small compared to the image (wide kernels), a pixel belongs to the nearest of many
levels. If the grid is large, the pixel is shared between the two nearest levels, and a quarter as
many levels suffice. Otherwise either the grid or the pixels would dominate the cost.

The smoothness kernel is a separable Gaussian filter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from worker.pipeline.frame import Region

CELLS_PER_SIGMA = 2.0
"""Minimum number of cells that pixels are added to, per spatial width of the appearance kernel."""
NODES_PER_SIGMA = 1.3
"""Minimum number of nodes that pixels read from, per spatial width of the kernel."""
LEVELS_PER_SIGMA = 4.0
"""Levels of intensity per width of the kernel, if a pixel belongs to one level."""
SHARED_LEVELS_PER_SIGMA = 1.0
"""The same if a pixel is shared between two levels."""
BLOCK = 16
"""Rows of a Gaussian matrix that are multiplied at once, only with the columns within their reach.
"""
NOTHING = 1e-3
"""Entries of a matrix below this are exact zeros: a Gaussian's 3.7 widths out."""
MAX_NODES = 3_000_000
"""The grid is made coarser if it would have more nodes (small widths on large images)."""
MAX_ROWS = 30_000
"""Also if the stacked planes would have more rows: `cv2.remap` addresses them with 16 bits."""

Array = NDArray[np.float32]
Maps = tuple[NDArray[np.int16], NDArray[np.uint16]]
Banded = list[tuple[slice, slice, Array]]
"""A matrix as blocks: their rows, their columns, float32 [rows, columns]."""


@dataclass(frozen=True)
class _Axis:
    """One spatial axis of the grid: cells that pixels are added to, nodes that they read from.

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
        """[nodes, cells]: mean over a cell's pixels of what interpolation makes a Gaussian."""
        # Weights that fall linearly over a spacing h have a variance of h^2 / 6 on average.
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
        share: float32 [256], the share of a pixel that belongs to the level above; None if it
            belongs to one level.
        kernel: float64 [levels, levels] that, between splat and slice, best approximates the
            Gaussian over all pairs of intensities (least squares).
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
        fixed: float32 [H,W] each, the constant values of the pixels outside the box: one array for
            each quantity to be filtered.
        box: the pixels that change and receive messages.
        sigma_xy, sigma_intensity: widths of the kernel.
    """

    def __init__(
        self,
        grey: NDArray[np.uint8],
        fixed: Sequence[Array],
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

        # Memory order of the cells is [y, level, x]; see _blur.
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
        self._constants = []
        for said in fixed:
            outside = said * norm
            outside[box.slices] = 0
            self._constants.append(splat @ outside.ravel())
        self._share = None if share is None else np.ascontiguousarray(share[box.slices])
        where, between = (np.ascontiguousarray(m[box.slices]) for m in slices)
        self._slices = cast(Maps, (where, between))
        self._norm = np.ascontiguousarray(norm[box.slices])
        self._inner = self._splat(place[box.slices], self._share, self._norm)

    def __call__(self, state: Array, which: int = 0) -> Array:
        """Return messages float32 [h,w] to the box from its values `state` float32 [h,w].

        Args:
            which: index of the quantity in `fixed`.
        """
        cells = self._inner @ state.ravel()
        cells += self._constants[which]
        message = self._read(self._blur(cells), self._slices, self._share)
        message *= self._norm
        return message

    def _splat(
        self, place: NDArray[np.int32], share: Array | None, norm: Array | None = None
    ) -> csc_array:
        """Build the matrix that adds weighted pixels to the cells [y, level, x] of their levels.

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
        """Blur cells [y, level, x] to an image of nodes, with the levels stacked vertically."""
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
        """Interpolate the nodes at each pixel."""

        def read(planes: Array) -> Array:
            border = cv2.BORDER_REPLICATE
            return cast(Array, cv2.remap(planes, maps[0], maps[1], cv2.INTER_LINEAR, None, border))

        if share is None:
            return read(nodes)
        below = read(nodes[: -self._rows.nodes])
        return below + (read(nodes[self._rows.nodes :]) - below) * share


def _banded(kernel: NDArray[np.float64]) -> Banded:
    """A matrix as float32 blocks with their rows and columns, so that zeros are not multiplied.

    Negligible entries become zeros, also because products of tails are denormal numbers, on which
    processors are a hundred times slower.
    """
    matrix = np.where(np.abs(kernel) < NOTHING, 0, kernel).astype(np.float32)
    blocks = []
    for first in range(0, len(matrix), BLOCK):
        at = slice(first, min(first + BLOCK, len(matrix)))
        # Rows with nothing within reach receive nothing; their block is one column of zeros.
        used = np.flatnonzero(matrix[at].any(axis=0))
        near = slice(int(used[0]), int(used[-1]) + 1) if used.size else slice(0, 1)
        blocks.append((at, near, np.ascontiguousarray(matrix[at, near])))
    return blocks


def _rsqrt(sums: Array) -> Array:
    return cast(Array, 1 / np.sqrt(np.maximum(sums, np.float32(1e-12))))


class SmoothnessFilter:
    """Sums over all pixels under the symmetrically normalised smoothness kernel."""

    def __init__(self, fixed: Sequence[Array], box: Region, sigma_xy: float) -> None:
        reach = radius(sigma_xy)
        window = padded(box, reach, fixed[0].shape)
        self._kernel = cv2.getGaussianKernel(2 * reach + 1, sigma_xy, cv2.CV_32F)
        # Beyond the window's sides there is either no image or nothing within reach.
        ones = np.ones((window.height, window.width), dtype=np.float32)
        norm = _rsqrt(self._filter(ones))
        self._inner = relative(box, window)
        self._said = [said[window.slices] * norm for said in fixed]
        self._norm = np.ascontiguousarray(norm[self._inner.slices])

    def __call__(self, state: Array, which: int = 0) -> Array:
        """As `AppearanceFilter.__call__`."""
        said = self._said[which]
        np.multiply(state, self._norm, out=said[self._inner.slices])
        message = self._filter(said)[self._inner.slices]
        return cast(Array, message * self._norm)

    def _filter(self, image: Array) -> Array:
        filtered = cv2.sepFilter2D(
            image, cv2.CV_32F, self._kernel, self._kernel, borderType=cv2.BORDER_CONSTANT
        )
        return cast(Array, filtered)


def radius(sigma: float) -> int:
    """Px at which a Gaussian filter is cut off; less than 1 in 10,000 lies beyond it."""
    return max(1, int(np.ceil(4 * sigma)))


def padded(box: Region, pad: float, shape: tuple[int, ...]) -> Region:
    """Grow a box by `pad` px on every side, within an image of `shape`."""
    grown = Region(
        box.top - int(np.ceil(pad)),
        box.left - int(np.ceil(pad)),
        box.height + 2 * int(np.ceil(pad)),
        box.width + 2 * int(np.ceil(pad)),
    )
    return cast(Region, grown.clipped(shape[0], shape[1]))


def relative(box: Region, to: Region) -> Region:
    """Convert a box to the coordinates of another that contains it."""
    return Region(box.top - to.top, box.left - to.left, box.height, box.width)
