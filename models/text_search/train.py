"""Train the network of `worker/deidentify/first_look.py` and write it where the worker finds it.

    python -m models.text_search.train --data ../shared/data --out worker/deidentify/first_look.onnx

On one core, the examples take about five minutes and the training about ten. Every tenth image of a
data set's folder is left out: `bench.deidentify` measures on those. The shipped network was trained
with these steps, by a script that could resume after a stop.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import click
import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from models.text_search.examples import IGNORED, Example, real, simulated
from models.text_search.writing import written
from worker.deidentify.first_look import CELL

SIDE = 192
"""Side of the square pieces for training, px."""
BATCH, STEPS, RATE = 24, 2400, 4e-3
OF_TEXT = 2.0
"""Weight of squares with text: missing one costs more than looking in vain."""
WITH_TEXT = 0.3
"""Share of pieces that are taken from places with text."""
QUARTER_TURN = 0.2
"""Share of pieces that are rotated."""
CHECKED = 60
"""Number of examples kept for checking."""


class FirstLook(nn.Module):
    """float32 [N,2,H,W] of 0 to 255 to logits [N,H/CELL,W/CELL]."""

    def __init__(self, first: int = 16, second: int = 32, width: int = 64) -> None:
        super().__init__()
        self.body = nn.Sequential(
            _convolution(2, first, stride=2),
            _convolution(first, second, stride=2),
            _convolution(second, second, stride=2, groups=second),
            _convolution(second, width, kernel=1),
            *(_Block(width, dilation) for dilation in (1, 2, 1, 2)),
            nn.Conv2d(width, 1, 1),
        )

    def forward(self, planes: Tensor) -> Tensor:
        logits: Tensor = self.body(planes / 255)
        return logits[:, 0]


def _convolution(
    before: int, after: int, *, kernel: int = 3, stride: int = 1, dilation: int = 1, groups: int = 1
) -> nn.Sequential:
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(before, after, kernel, stride, padding, dilation, groups, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(),
    )


class _Block(nn.Module):
    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.spread = _convolution(width, width, dilation=dilation, groups=width)
        self.mix = nn.Sequential(nn.Conv2d(width, width, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, features: Tensor) -> Tensor:
        return functional.relu(features + self.mix(self.spread(features)))


class _Served(nn.Module):
    """The network as the worker calls it: uint8 planes to probabilities."""

    def __init__(self, network: FirstLook) -> None:
        super().__init__()
        self.network = network

    def forward(self, planes: Tensor) -> Tensor:
        return torch.sigmoid(self.network(planes.float()))


def examples(data: Path) -> list[Example]:
    """Return simulated screens, and part of the images of each data set."""
    parts = [
        real(data / "bus-bra", 3, 10),
        real(data / "mmotu", 3, 8),
        real(data / "bus-uclm", 3, 5),
        real(data / "lesion-free", 3, 8),
        simulated(54, 0),
    ]
    return list(chain.from_iterable(parts))


def train(network: FirstLook, taught: Sequence[Example], steps: int, seed: int) -> None:
    """Train in place, with AdamW and one cycle of the learning rate."""
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps)
    network.train()
    for step in range(steps):
        pieces = [_piece(taught[int(rng.integers(len(taught)))], rng) for _ in range(BATCH)]
        planes = torch.from_numpy(np.stack([planes for planes, _ in pieces]))
        target = torch.from_numpy(np.stack([target for _, target in pieces]).astype(np.int64))
        told = target != IGNORED
        losses = functional.binary_cross_entropy_with_logits(
            network(planes),
            (target == 1).float(),
            reduction="none",
            pos_weight=torch.tensor(OF_TEXT),
        )
        loss = (losses * told).sum() / told.sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        if step % 200 == 199:
            click.echo(f"{step + 1} of {steps}: loss {float(loss):.4f}")
    network.eval()


def _piece(
    example: Example, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Return a square of an example with more text on it, usually with changed levels."""
    rows, columns = example.target.shape
    cells = SIDE // CELL
    text = np.argwhere(example.target == 1)
    if len(text) and rng.random() < WITH_TEXT:
        row, column = text[int(rng.integers(len(text)))] - rng.integers(cells, size=2)
    else:
        row, column = rng.integers(max(1, rows)), rng.integers(max(1, columns))
    top = int(np.clip(row, 0, max(0, rows - cells)))
    left = int(np.clip(column, 0, max(0, columns - cells)))
    target = np.full((cells, cells), IGNORED, np.uint8)
    seen = np.zeros((2, SIDE, SIDE), np.uint8)
    taken = example.target[top : top + cells, left : left + cells]
    target[: taken.shape[0], : taken.shape[1]] = taken
    piece = example.planes[
        :, top * CELL : (top + cells) * CELL, left * CELL : (left + cells) * CELL
    ]
    seen[:, : piece.shape[1], : piece.shape[2]] = piece
    seen, target = written(seen, target, rng)
    if rng.random() < QUARTER_TURN:  # the worker also passes pictures rotated by a quarter turn
        seen, target = np.rot90(seen, axes=(1, 2)), np.rot90(target)
    planes = seen.astype(np.float32)
    if rng.random() < 0.6:
        gamma, gain = rng.uniform(0.6, 1.4), rng.uniform(0.7, 1.15)
        planes = np.clip(255 * (planes / 255) ** gamma * gain, 0, 255).astype(np.float32)
    if rng.random() < 0.15:
        planes = np.stack([cv2.GaussianBlur(plane, (3, 3), 0) for plane in planes])
    if rng.random() < 0.3:
        planes[1] = 0
    return planes, target


def report(network: FirstLook, checked: Sequence[Example]) -> str:
    """Report the shares of squares with and without text that are passed on, for several limits."""
    said, target = [], []
    with torch.no_grad():
        for one in checked:
            planes = torch.from_numpy(one.planes[None].astype(np.float32))
            said.append(torch.sigmoid(network(planes))[0].numpy().ravel())
            target.append(one.target.ravel())
    scores, told = np.concatenate(said), np.concatenate(target)
    lines = [
        f"above {limit}: {100 * (scores[told == 1] > limit).mean():.1f} % of squares with text, "
        f"{100 * (scores[told == 0] > limit).mean():.1f} % of those without"
        for limit in (0.1, 0.2, 0.4)
    ]
    return "\n".join(lines)


def export(network: FirstLook, path: Path) -> None:
    """Write the graph that the worker loads."""
    names = {"planes": {0: "images", 2: "height", 3: "width"}, "text": {0: "images"}}
    torch.onnx.export(
        _Served(network),
        (torch.zeros(1, 2, 64, 64, dtype=torch.uint8),),
        path,
        input_names=["planes"],
        output_names=["text"],
        dynamic_axes=names,
        dynamo=False,
        opset_version=17,
    )


def main() -> None:
    """Make the examples, train and evaluate the network, and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=STEPS)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    found = examples(arguments.data)
    order = np.random.default_rng(5).permutation(len(found))
    checked = [found[i] for i in order[:CHECKED]]
    network = FirstLook()
    train(network, [found[i] for i in order[CHECKED:]], arguments.steps, seed=0)
    click.echo(report(network, checked))
    export(network, arguments.out)


if __name__ == "__main__":
    main()
