"""Accuracy of masks propagated from a few key frames to a whole cine.

    python -m bench.propagation [--cines 6] [--frames 41]

Simulated cines with known masks (``models.synthetic.cine``): tissue breathes and is pushed, the
lesion slides and swells, speckle decorrelates. The true masks of 1 (the middle one), 2 (the ends)
and 5 equally spaced key frames are given; the figures are the mean Dice over all other frames, and
the lowest of any frame.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.synthetic.cine import Motion, SyntheticCine, random_cine
from models.synthetic.organs import ORGANS
from worker.interactive.defaults import REFINE
from worker.pipeline import Frame, Network, PipelineSettings, segment
from worker.pipeline.overlap import dice
from worker.pipeline.propagation import (
    DEFAULTS,
    PropagationSettings,
    Shape,
    Tracker,
    between,
    lesion_masks,
    likelihoods,
    packed,
    signed_distance,
    small,
)

Masks = dict[int, NDArray[np.bool_]]
MOTIONS = {
    "calm": Motion(kept=0.98),
    "lively": Motion(period=20, breath=3.5, hand=3, own=1.2, swelling=0.25, kept=0.93),
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cines", type=int, default=6)
    parser.add_argument("--frames", type=int, default=41)
    parser.add_argument("--network", type=Path, default=Path("models/zoo/sonoloop-lite2/2.1.0"))
    options = parser.parse_args()
    network = Network.load(options.network)
    mild = REFINE.crf.model_copy(update={"appearance_weight": 0.6, "smoothness_weight": 0.3})
    ways: dict[str, Callable[[SyntheticCine, Sequence[int]], Masks]] = {
        "copy of the nearest key frame": _copied,
        "signed distance between key frames, no flow": _distance,
        "flow from frame to frame": _flow(replace(DEFAULTS, against_key=False)),
        "and against the key frame: what runs": _flow(DEFAULTS),
        "and the CRF of scribbles": _flow(replace(DEFAULTS, crf=REFINE.crf)),
        "and a mild CRF": _flow(replace(DEFAULTS, crf=mild)),
    }
    names = list(ORGANS)
    print("| way | motion | 1 key frame | 2 | 5 |\n| --- | --- | --- | --- | --- |")
    for label, motion in MOTIONS.items():
        cines = [
            random_cine(names[seed % len(names)], seed, options.frames, motion)
            for seed in range(options.cines)
        ]
        alone = _scores([(_network(cine, network), cine, ()) for cine in cines])
        print(f"| network alone | {label} | {alone} | {alone} | {alone} |", flush=True)
        for name, way in ways.items():
            cells = []
            for keys in (1, 2, 5):
                at = _keys(options.frames, keys)
                cells.append(_scores([(way(cine, at), cine, at) for cine in cines]))
            print(f"| {name} | {label} | {' | '.join(cells)} |", flush=True)
    cine = random_cine("liver", 1, 20, height=768, width=1024)
    started = time.perf_counter()
    _flow(DEFAULTS)(cine, (0, 19))
    each = (time.perf_counter() - started) / 18 * 1000
    print(f"\n{each:.0f} ms for a frame of 1024 × 768 px between two key frames, one lesion")


def _keys(count: int, keys: int) -> tuple[int, ...]:
    if keys == 1:
        return (count // 2,)
    return tuple(round(at) for at in np.linspace(0, count - 1, keys))


def _scores(found: Sequence[tuple[Masks, SyntheticCine, Sequence[int]]]) -> str:
    scores = [
        dice(masks[index], cine.masks[index])
        for masks, cine, keys in found
        for index in range(len(cine.frames))
        if index not in keys
    ]
    return f"{np.mean(scores):.3f} ({np.min(scores):.2f})"


def _copied(cine: SyntheticCine, keys: Sequence[int]) -> Masks:
    nearest = {i: min(keys, key=lambda key: abs(key - i)) for i in range(len(cine.frames))}
    return {index: cine.masks[key] for index, key in nearest.items()}


def _distance(cine: SyntheticCine, keys: Sequence[int]) -> Masks:
    found = _copied(cine, keys)
    size = small(cine.frames[0]).shape
    shapes = {key: _shape(cine.masks[key], size) for key in keys}
    for first, last in pairwise(keys):
        for index in range(first + 1, last):
            share = (index - first) / (last - first)
            mixed = between(shapes[first], shapes[last], share, size)
            found[index] = _mask(mixed, cine, index, 1, DEFAULTS)
    return found


def _shape(mask: NDArray[np.bool_], size: tuple[int, ...]) -> dict[int, Shape]:
    shape = packed(signed_distance(mask, size))
    return {1: shape} if shape else {}


def _flow(settings: PropagationSettings) -> Callable[[SyntheticCine, Sequence[int]], Masks]:
    def way(cine: SyntheticCine, keys: Sequence[int]) -> Masks:
        found = {key: cine.masks[key] for key in keys}
        frames = [small(one) for one in cine.frames]
        size = frames[0].shape
        ends = (-1, *keys, len(frames))
        for first, last in pairwise(ends):
            ahead = _tracked(frames, cine, first, range(first + 1, last), settings)
            back = _tracked(frames, cine, last, range(last - 1, first, -1), settings)
            for index in range(first + 1, last):
                if index in ahead and index in back:
                    share = (index - first) / (last - first)
                    shapes = between(ahead[index], back[index], share, size)
                else:
                    shapes = ahead[index] if index in ahead else back[index]
                away = min(abs(index - key) for key in keys)
                found[index] = _mask(shapes, cine, index, away, settings)
        return found

    return way


def _tracked(
    frames: Sequence[NDArray[np.uint8]],
    cine: SyntheticCine,
    key: int,
    to: range,
    settings: PropagationSettings,
) -> dict[int, dict[int, Shape]]:
    if not 0 <= key < len(frames):
        return {}
    tracker = Tracker(frames[key], {1: cine.masks[key]}, settings)
    return {index: tracker.follow(frames[index]) for index in to}


def _mask(
    shapes: dict[int, Shape],
    cine: SyntheticCine,
    index: int,
    away: int,
    settings: PropagationSettings,
) -> NDArray[np.bool_]:
    frame = small(cine.frames[index])
    found = lesion_masks(likelihoods(shapes, frame, away, settings), cine.frames[index].shape)
    return found.get(1, np.zeros(cine.frames[index].shape, np.bool_))


def _network(cine: SyntheticCine, network: Network) -> Masks:
    settings = PipelineSettings.for_card(network.card)
    spacing = (cine.placement.spacing,) * 2
    return {
        index: segment(Frame(one, spacing=spacing), network, settings).mask
        for index, one in enumerate(cine.frames)
    }


if __name__ == "__main__":
    main()
