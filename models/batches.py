"""What each step of a run sees, drawn from (seed, epoch, index) alone.

So a run that was cut and goes on sees what it would have seen, and processes that share a batch
need not talk about it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.augment import augment
from models.config import TrainConfig
from models.data import Pixels, Sample
from models.distributed import Ranks
from models.semi_supervised import weak_and_strong_view

_ORDER_STREAM, _SAMPLE_STREAM, _UNLABELLED_ORDER_STREAM, _UNLABELLED_STREAM = range(4)


@dataclass(frozen=True, slots=True)
class Batch:
    """This process's share of one step. Images are float32 [N,3,S,S] in 0..255, channels-last."""

    images: Tensor
    labels: Tensor
    """uint8 [N,S,S] of 0, 1 and IGNORED."""
    unlabelled: tuple[Tensor, Tensor, Tensor] | None = None
    """Weak views, strong views, and uint8 [M,S,S]: IGNORED outside the image, else 0."""

    def to(self, device: torch.device) -> Batch:
        """The same on a device."""
        unlabelled = self.unlabelled
        if unlabelled is not None:
            weak, strong, outside = unlabelled
            unlabelled = (weak.to(device), strong.to(device), outside.to(device))
        return Batch(self.images.to(device), self.labels.to(device), unlabelled)


class Batches:
    """The batches of each epoch.

    Args:
        config: of the run.
        samples: of all sources.
        ranks: which share of each batch is this process's.
        loaders: threads that prepare batches ahead.
    """

    def __init__(
        self, config: TrainConfig, samples: Sequence[Sample], ranks: Ranks, loaders: int = 0
    ) -> None:
        self._config = config
        self._ranks = ranks
        self._loaders = loaders
        self._count = len(samples)
        self._drawn = [
            (np.flatnonzero([s.source == source.folder.name for s in samples]), source.share)
            for source in config.sources
        ]
        drawn = sum(round(len(indices) * share) for indices, share in self._drawn)
        self.steps_per_epoch = drawn // config.batch_size

    def order(self, epoch: int) -> NDArray[np.intp]:
        """Indices of an epoch's samples: of each source its share, all mixed."""
        rng = np.random.default_rng((self._config.seed, _ORDER_STREAM, epoch))
        order = rng.permutation(self._count)
        kept = [
            order[np.isin(order, indices)][: round(len(indices) * share)]
            for indices, share in self._drawn
        ]
        return order[np.isin(order, np.concatenate(kept))]

    def of_epoch(
        self, epoch: int, pixels: Sequence[Pixels], unlabelled: Sequence[Pixels]
    ) -> Iterator[Batch]:
        """This process's share of each batch of an epoch.

        Args:
            epoch: counted from 0.
            pixels: of the samples, in their order.
            unlabelled: images without masks; may be empty.
        """
        config, size = self._config, self._config.size_at(epoch)
        order = self.order(epoch)
        places = self._unlabelled_order(epoch, len(unlabelled))

        def batch(step: int) -> Batch:
            views = [
                augment(
                    pixels[index],
                    size,
                    np.random.default_rng((config.seed, _SAMPLE_STREAM, epoch, int(index))),
                    config.augment,
                )
                for index in self._share(order, step, config.batch_size)
            ]
            images = _images([view.image for view in views])
            labels = torch.from_numpy(np.stack([view.mask for view in views]))
            return Batch(images, labels, self._unlabelled(epoch, step, size, unlabelled, places))

        return _ahead(batch, self.steps_per_epoch, self._loaders)

    def _unlabelled_order(self, epoch: int, count: int) -> NDArray[np.intp]:
        """Indices of the epoch's unlabelled images: all once before any comes again."""
        if self._config.unlabelled is None:
            return np.zeros(0, np.intp)
        needed = self.steps_per_epoch * self._config.unlabelled.batch_size
        rng = np.random.default_rng((self._config.seed, _UNLABELLED_ORDER_STREAM, epoch))
        rounds = [rng.permutation(count) for _ in range(-(-needed // count))]
        return np.concatenate(rounds)[:needed]

    def _unlabelled(
        self,
        epoch: int,
        step: int,
        size: int,
        unlabelled: Sequence[Pixels],
        order: NDArray[np.intp],
    ) -> tuple[Tensor, Tensor, Tensor] | None:
        config = self._config
        if config.unlabelled is None:
            return None
        places = np.arange(len(order))
        views = [
            weak_and_strong_view(
                unlabelled[order[place]],
                size,
                # By place: an image that comes twice in an epoch is seen in two ways.
                np.random.default_rng((config.seed, _UNLABELLED_STREAM, epoch, int(place))),
                config.augment,
            )
            for place in self._share(places, step, config.unlabelled.batch_size)
        ]
        outside = torch.from_numpy(np.stack([weak.mask for weak, _ in views]))
        return _images([weak.image for weak, _ in views]), _images([s for _, s in views]), outside

    def _share(self, order: NDArray[np.intp], step: int, batch_size: int) -> NDArray[np.intp]:
        whole = order[step * batch_size : (step + 1) * batch_size]
        return whole[self._ranks.rank :: self._ranks.size]


def _ahead(batch: Callable[[int], Batch], steps: int, loaders: int) -> Iterator[Batch]:
    """The batch of each step in order; OpenCV and NumPy leave other threads the interpreter."""
    if not loaders:
        yield from map(batch, range(steps))
        return
    with ThreadPoolExecutor(loaders, thread_name_prefix="loader") as pool:
        try:
            waiting: deque[Future[Batch]] = deque()
            for step in range(steps):
                waiting.append(pool.submit(batch, step))
                if len(waiting) > loaders:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _images(views: Sequence[NDArray[np.uint8]]) -> Tensor:
    # The memory is channels-last already; only the order of the axes is told.
    return torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2).float()
