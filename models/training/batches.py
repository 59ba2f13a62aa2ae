"""The batches of a training run, drawn from (seed, epoch, index) alone.

A resumed run draws the same batches as an uninterrupted one, and processes that share a batch need
not communicate about it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.data.augment import augment
from models.data.lesion_insertion import insert_lesion
from models.data.reader_marks import borrow_marks, paint_out, reader_marks
from models.data.samples import Pixels, Sample
from models.training.config import ConfigError, SourceConfig, TrainConfig
from models.training.distributed import Ranks
from models.training.semi_supervised import weak_and_strong_view

_ORDER_STREAM, _SAMPLE_STREAM, _UNLABELLED_ORDER_STREAM, _UNLABELLED_STREAM = range(4)


@dataclass(frozen=True, slots=True)
class Batch:
    """This process's share of one step. Images are float32 [N,3,S,S] in 0..255, channels-last."""

    images: Tensor
    labels: Tensor
    """uint8 [N,S,S] of 0, 1 and IGNORED; with classes as in `models.data.labels`."""
    looked_for: Tensor | None = None
    """bool [N,C], whether each class was looked for; None for a network with one lesion class."""
    unlabelled: tuple[Tensor, Tensor, Tensor] | None = None
    """Weak views, strong views, and uint8 [M,S,S]: IGNORED outside the image, else 0."""

    def to(self, device: torch.device) -> Batch:
        """Return the same batch on a device."""
        unlabelled = self.unlabelled
        if unlabelled is not None:
            weak, strong, outside = unlabelled
            unlabelled = (weak.to(device), strong.to(device), outside.to(device))
        looked_for = None if self.looked_for is None else self.looked_for.to(device)
        return Batch(self.images.to(device), self.labels.to(device), looked_for, unlabelled)


class Batches:
    """The batches of each epoch.

    Args:
        config: the run's configuration.
        samples: samples of all sources.
        ranks: this process's share of each batch.
        loaders: number of threads that prepare batches ahead.
    """

    def __init__(
        self, config: TrainConfig, samples: Sequence[Sample], ranks: Ranks, loaders: int = 0
    ) -> None:
        self._config = config
        self._ranks = ranks
        self._loaders = loaders
        self._count = len(samples)
        self._inserted = _inserted(config.sources, samples)
        self._marks = _Marks(config.sources, samples)
        labels = config.class_labels
        self._looked_for = (
            None if labels is None else np.stack([labels.looked_for(one) for one in samples])
        )
        self._drawn = [drawn for source in config.sources for drawn in _drawn_of(source, samples)]
        drawn = sum(round(len(indices) * share) for indices, share in self._drawn)
        self.steps_per_epoch = drawn // config.batch_size

    def order(self, epoch: int) -> NDArray[np.intp]:
        """Return the indices of an epoch's samples: each source's share, shuffled together."""
        rng = np.random.default_rng((self._config.seed, _ORDER_STREAM, epoch))
        order = rng.permutation(self._count)
        kept = []
        again = []
        for indices, share in self._drawn:
            own = order[np.isin(order, indices)]
            whole, rest = divmod(round(len(own) * share), max(1, len(own)))
            kept.append(own if whole else own[:rest])
            again += [own] * (whole - 1) + ([own[:rest]] if whole else [])
        first = order[np.isin(order, np.concatenate(kept))]
        if not any(part.size for part in again):
            return first
        return rng.permutation(np.concatenate([first, *again]))

    def of_epoch(
        self, epoch: int, pixels: Sequence[Pixels], unlabelled: Sequence[Pixels]
    ) -> Iterator[Batch]:
        """Yield this process's share of each batch of an epoch.

        Args:
            epoch: counted from 0.
            pixels: pixels of the samples, in order.
            unlabelled: images without masks; may be empty.
        """
        config, size = self._config, self._config.size_at(epoch)
        order = self.order(epoch)
        again = _repetitions(order)
        places = self._unlabelled_order(epoch, len(unlabelled))

        def batch(step: int) -> Batch:
            own = self._share(np.arange(len(order)), step, config.batch_size)
            views = [
                self._view(
                    pixels,
                    int(order[place]),
                    size,
                    np.random.default_rng(
                        (config.seed, _SAMPLE_STREAM, epoch, int(order[place]), *again[place])
                    ),
                )
                for place in own
            ]
            known = self._looked_for
            looked_for = None if known is None else torch.from_numpy(known[order[own]])
            images = _images([view.image for view in views])
            labels = torch.from_numpy(np.stack([view.mask for view in views]))
            more = self._unlabelled(epoch, step, size, unlabelled, places)
            return Batch(images, labels, looked_for, more)

        return _prefetched(batch, self.steps_per_epoch, self._loaders)

    def _view(
        self, pixels: Sequence[Pixels], index: int, size: int, rng: np.random.Generator
    ) -> Pixels:
        """Return a random view of a sample, perhaps with a lesion of another one inserted."""
        own = self._marks.painted_out(pixels, index, rng)
        probability, donors = self._inserted.get(index, (0.0, None))
        if donors is not None and rng.random() < probability:
            own = insert_lesion(own, pixels[int(rng.choice(donors))], rng) or own
        own = self._marks.borrowed(pixels, index, own, rng)
        return augment(own, size, rng, self._config.augment)

    def _unlabelled_order(self, epoch: int, count: int) -> NDArray[np.intp]:
        """Return the indices of the epoch's unlabelled images: each once before any repeats."""
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
                # By position: an image that occurs twice in an epoch gets two views.
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


class _Marks:
    """Readers' marks of the samples, each found once: painted out of views, or lent to others.

    Raises:
        ConfigError: a source requests marks of sets that have none.
    """

    def __init__(self, sources: Sequence[SourceConfig], samples: Sequence[Sample]) -> None:
        by_name = {}
        for source in sources:
            lenders = np.flatnonzero(
                [
                    s.source in source.borrowed_from
                    and s.mask is not None
                    and s.attributes.get("marks") != "no"
                    for s in samples
                ]
            )
            if source.borrowed and not lenders.size:
                raise ConfigError(
                    f"{source.folder}: borrowed needs borrowed_from, the names of data sets whose "
                    "training samples have marks."
                )
            by_name[source.folder.name] = (source.painted_out, source.borrowed, lenders)
        self._of = [by_name[sample.source] for sample in samples]
        self._found: dict[int, NDArray[np.uint8]] = {}
        self._painted: dict[int, NDArray[np.uint8]] = {}

    def painted_out(self, pixels: Sequence[Pixels], index: int, rng: np.random.Generator) -> Pixels:
        """Return a sample, perhaps without its marks; draws no random number if the share is 0."""
        probability, _, _ = self._of[index]
        own = pixels[index]
        if not probability or rng.random() >= probability:
            return own
        if index not in self._painted:
            self._painted[index] = paint_out(own.image, self._marks(pixels, index))
        return Pixels(self._painted[index], own.mask)

    def borrowed(
        self, pixels: Sequence[Pixels], index: int, own: Pixels, rng: np.random.Generator
    ) -> Pixels:
        """Return a view's content, perhaps with the marks of another sample."""
        _, probability, lenders = self._of[index]
        if not probability or rng.random() >= probability:
            return own
        lender = int(rng.choice(lenders))
        return borrow_marks(own, pixels[lender].image, self._marks(pixels, lender), rng)

    def _marks(self, pixels: Sequence[Pixels], index: int) -> NDArray[np.uint8]:
        if index not in self._found:
            self._found[index] = reader_marks(pixels[index].image)
        return self._found[index]


def _drawn_of(
    source: SourceConfig, samples: Sequence[Sample]
) -> list[tuple[NDArray[np.intp], float]]:
    """Return indices of a source's samples and their share; lesion-free samples are separate."""
    own = [sample.source == source.folder.name for sample in samples]
    if source.lesion_free_share is None:
        return [(np.flatnonzero(own), source.share)]
    free = [sample.mask is None for sample in samples]
    return [
        (np.flatnonzero(np.array(own) & ~np.array(free)), source.share),
        (np.flatnonzero(np.array(own) & np.array(free)), source.lesion_free_share),
    ]


def _inserted(
    sources: Sequence[SourceConfig], samples: Sequence[Sample]
) -> dict[int, tuple[float, NDArray[np.intp]]]:
    """Return for each sample that may get a lesion the probability and the indices of donors.

    Raises:
        ConfigError: a source requests lesions of sets that have none.
    """
    found = {}
    for source in sources:
        if not source.inserted:
            continue
        donors = np.flatnonzero(
            [s.source in source.inserted_from and s.mask is not None for s in samples]
        )
        if not donors.size:
            raise ConfigError(
                f"{source.folder}: inserted needs inserted_from, the names of data sets whose "
                "training samples show a lesion."
            )
        for index, sample in enumerate(samples):
            if sample.source == source.folder.name and sample.mask is None:
                found[index] = (source.inserted, donors)
    return found


def _repetitions(order: NDArray[np.intp]) -> list[tuple[int, ...]]:
    """Return how often each position's sample occurred before; an empty tuple the first time."""
    seen: Counter[int] = Counter()
    found: list[tuple[int, ...]] = []
    for index in order.tolist():
        found.append((seen[index],) if seen[index] else ())
        seen[index] += 1
    return found


def _prefetched(batch: Callable[[int], Batch], steps: int, loaders: int) -> Iterator[Batch]:
    """Yield the batch of each step in order; OpenCV and NumPy release the interpreter lock."""
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
    # The memory is already channels-last; only the order of the axes changes.
    return torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2).float()
