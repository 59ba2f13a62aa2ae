"""The gain from five rounds of labelling, by the order in which images are labelled.

PYTHONPATH=. nice -n 15 .venv/bin/python -m bench.order --out FILE.jsonl

A pool of patients (BUS-UCLM's folds 1 to 3, BUS-BRA's fold 1) is labelled in five rounds of twenty
images; fold 4 has other patients, on whose images lesion IoU is measured. The first twenty are
drawn at random; then the network trained on the labelled images computes its uncertainty about each
of the others, and the next twenty are

- `random`: any,
- `uncertain`: those with the highest uncertainty,
- `worklist`: the first on the worklist's page, which is the same order after
  `app.worklist.spreading.spread`,
- `all`: for comparison, every image of the pool at once.

The shipped models were trained on both data sets, so another network is used instead: a DeepLabV3+
whose encoder has fixed ImageNet weights, so that features are computed once, and whose decoder was
trained on ovaries (MMOTU) and no breasts. In each round that decoder is trained further on the
labelled images. A line of JSON is written for each finished round of a data set, a strategy and a
seed; if restarted, it continues after the last line.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: spinning threads starve others

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from app.worklist.spreading import spread
from models.architectures.deeplabv3plus import DeepLabV3Plus
from models.architectures.encoder import enlarge
from models.architectures.networks import DeepLabV3PlusConfig
from models.data.samples import Sample, in_folds, read_pixels, read_samples
from models.evaluation.metrics import iou
from models.training.loss import dice_bce_loss
from worker.pipeline.lesions import find_lesions
from worker.pipeline.uncertainty import expected_dice, judge

SETS: dict[str, tuple[int, ...]] = {"bus-uclm": (1, 2, 3), "bus-bra": (1,)}
"""Data sets, and the folds of the pool."""
STRATEGIES = ("random", "uncertain", "worklist")
SEEDS = (1, 2, 3)
ROUNDS, BATCH = 5, 20
PAGE = 50
"""Number of images on a page of the worklist, within which they are spread."""
TESTED = (4,)
SIDE = 96
"""px; side of the network's input, to which every image is stretched."""
STEPS, VIEWS, RATE = 60, 8, 2e-3
PARENT_SIDE, PARENT_STEPS = 128, 1000
NETWORK = DeepLabV3PlusConfig(
    encoder="efficientnet-lite0",
    output_stride=16,
    head_channels=64,
    atrous_rates=(2, 4, 6),
    dropout=0.1,
)


@dataclass(frozen=True)
class Pool:
    """The frozen encoder's features of a data set; two views of each image, the second mirrored.

    Attributes:
        coarse: float16 [N,2,C,h,w].
        fine: float16 [N,2,C,h,w].
        masks: uint8 [N,SIDE,SIDE] of 0 and 1.
        grey: uint8 [N,SIDE,SIDE].
    """

    samples: list[Sample]
    coarse: Tensor
    fine: Tensor
    masks: Tensor
    grey: NDArray[np.uint8]

    def within(self, folds: Sequence[int]) -> list[int]:
        """Indices of the samples of these folds."""
        return [n for n, one in enumerate(self.samples) if one.fold in folds]


def seen(samples: list[Sample], side: int = SIDE) -> Pool:
    """Compute features, masks and grey pictures of these samples."""
    network = NETWORK.build()
    NETWORK.start(network)
    encoder = network.encoder.eval()
    coarse, fine, masks, grey = [], [], [], []
    with torch.inference_mode():
        for sample in samples:
            pixels = read_pixels(sample)
            image = cv2.resize(pixels.image, (side, side), interpolation=cv2.INTER_AREA)
            mask = cv2.resize(pixels.mask, (side, side), interpolation=cv2.INTER_NEAREST)
            views = torch.from_numpy(np.stack([image, image[:, ::-1]])).permute(0, 3, 1, 2).float()
            features = encoder(views)
            coarse.append(features.coarse.half())
            fine.append(features.fine.half())
            masks.append(torch.from_numpy((mask > 0).astype(np.uint8)))
            grey.append(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    return Pool(
        samples,
        torch.stack(coarse).clone(),
        torch.stack(fine).clone(),
        torch.stack(masks),
        np.stack(grey),
    )


def decoded(network: DeepLabV3Plus, coarse: Tensor, fine: Tensor) -> Tensor:
    """Compute lesion logits [N,1,SIDE/4,SIDE/4] from features."""
    pyramid = enlarge(network.pyramid(coarse.float()), NETWORK.output_stride // 4)
    logits: Tensor = network.classifier(
        network.decoder(torch.cat([pyramid, network.skip(fine.float())], dim=1))
    )
    return logits


Weights = dict[str, Tensor]


def taught(
    pool: Pool, labelled: Sequence[int], seed: int, start: Weights | None, steps: int = STEPS
) -> DeepLabV3Plus:
    """Train a decoder on these images; equal images and seed give the same decoder."""
    torch.manual_seed(seed)
    network = NETWORK.build()
    if start is not None:
        network.load_state_dict(start)
    learning = [value for name, value in network.named_parameters() if "encoder." not in name]
    optimizer = torch.optim.AdamW(learning, lr=RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    drawn = np.random.default_rng(seed)
    images = np.array(sorted(labelled))
    network.train()
    for _ in range(steps):
        at = torch.from_numpy(drawn.choice(images, VIEWS, replace=len(images) < VIEWS))
        mirrored = torch.from_numpy(drawn.integers(0, 2, VIEWS))
        masks = pool.masks[at]
        masks = torch.where(mirrored[:, None, None] == 1, masks.flip(2), masks)
        logits = decoded(network, pool.coarse[at, mirrored], pool.fine[at, mirrored])
        loss = dice_bce_loss(enlarge(logits, 2), masks[:, ::2, ::2])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    return network.eval()


def said(network: DeepLabV3Plus, pool: Pool, images: Sequence[int]) -> NDArray[np.float32]:
    """Compute probabilities float32 [N,SIDE,SIDE] of these images."""
    found = []
    with torch.inference_mode():
        for start in range(0, len(images), 32):
            at = torch.tensor(images[start : start + 32])
            logits = decoded(network, pool.coarse[at, 0], pool.fine[at, 0])
            found.append(enlarge(logits, 4).sigmoid()[:, 0].numpy())
    return np.concatenate(found)


def unsure(probability: NDArray[np.float32], grey: NDArray[np.uint8]) -> float:
    """The uncertainty that a site would store for an image."""
    mask = probability >= 0.5
    lesions = find_lesions(mask, probability)
    return judge(
        probability, mask, lesions, grey, dice_before=expected_dice(probability, 0.5)
    ).score


def chosen(
    strategy: str, pool: Pool, left: Sequence[int], scores: Sequence[float], seed: int
) -> list[int]:
    """Choose the next images to label.

    Args:
        left: indices of unlabelled images.
        scores: uncertainty of each of these.
    """
    if strategy == "random":
        drawn = np.random.default_rng((seed, len(left)))
        return [int(n) for n in drawn.permutation(left)[:BATCH]]
    order = [
        n for _, n in sorted(zip(scores, left, strict=True), key=lambda one: (-one[0], one[1]))
    ]
    if strategy == "worklist":
        page = order[:PAGE]
        order = spread(page, lambda n: pool.samples[n].group)
    return order[:BATCH]


def measured(network: DeepLabV3Plus, pool: Pool) -> dict[str, float]:
    """Measure the held-out patients.

    Returns lesion IoU per image with a lesion, and the share of images without one in which
    something is outlined.
    """
    images = pool.within(TESTED)
    found = said(network, pool, images) >= 0.5
    truths = pool.masks[images].numpy() > 0
    lesions = [iou(one, truth) for one, truth in zip(found, truths, strict=True) if truth.any()]
    free = [one.any() for one, truth in zip(found, truths, strict=True) if not truth.any()]
    return {
        "lesion_iou": round(float(np.mean(lesions)), 5),
        **({"outlined_without": round(float(np.mean(free)), 4)} if free else {}),
    }


Line = dict[str, Any]


class Journal:
    """Finished rounds, one line of JSON each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text("utf-8") if path.exists() else ""
        whole = text[: text.rfind("\n") + 1]  # a truncated line is ignored
        path.write_text(whole, "utf-8")
        self.lines: list[Line] = [json.loads(line) for line in whole.splitlines()]

    def find(self, **wanted: Any) -> Line | None:
        """Return the first line with these values."""
        return next(
            (one for one in self.lines if all(one[k] == v for k, v in wanted.items())), None
        )

    def add(self, line: Line) -> None:
        """Write a line."""
        self.lines.append(line)
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")


def parent(data: Path, place: Path) -> Weights:
    """Weights trained on ovaries, from which each round starts; stored in a file."""
    if not place.exists():
        ovaries = seen(read_samples(data / "mmotu"), PARENT_SIDE)
        network = taught(ovaries, range(len(ovaries.samples)), 1, None, PARENT_STEPS)
        partial = place.with_suffix(".partial")
        torch.save(network.state_dict(), partial)
        partial.replace(place)
    found: Weights = torch.load(place, weights_only=True)
    return found


def play(pool: Pool, name: str, strategy: str, seed: int, start: Weights, journal: Journal) -> None:
    """Run the rounds of one strategy that are not yet in the journal."""
    everything = pool.within(SETS[name])
    first = np.random.default_rng(seed).permutation(everything)[:BATCH]
    labelled = everything if strategy == "all" else [int(n) for n in first]
    for number in range(1, (1 if strategy == "all" else ROUNDS) + 1):
        line = journal.find(set=name, strategy=strategy, seed=seed, round=number)
        if line is None:
            same = hashlib.sha256(repr(sorted(labelled)).encode()).hexdigest()[:16]
            left = sorted(set(everything) - set(labelled))
            known = journal.find(set=name, seed=seed, same=same)
            figures, scores = (
                (known["figures"], known["scores"])
                if known
                else judged(pool, labelled, left, seed, start)
            )
            line = {
                "set": name,
                "strategy": strategy,
                "seed": seed,
                "round": number,
                "same": same,
                "images": len(labelled),
                "patients": len({pool.samples[n].group for n in labelled}),
                "with_a_lesion": int(pool.masks[labelled].flatten(1).any(dim=1).sum()),
                "figures": figures,
                "scores": scores,
                "next": chosen(strategy, pool, left, scores, seed),
            }
            journal.add(line)
            click.echo(f"{name} {strategy} {seed} {number}: {figures}", err=True)
        labelled = [*labelled, *line["next"]]


def judged(
    pool: Pool, labelled: Sequence[int], left: Sequence[int], seed: int, start: Weights
) -> tuple[dict[str, float], list[float]]:
    """Train on these images; return the figures, and the uncertainty of each of the others."""
    network = taught(pool, labelled, seed, start)
    scores = []
    if left:
        probabilities = said(network, pool, left)
        scores = [
            round(unsure(one, pool.grey[n]), 4) for one, n in zip(probabilities, left, strict=True)
        ]
    return measured(network, pool), scores


def table(journal: Journal) -> list[str]:
    """Mean and range of lesion IoU over seeds, by data set, strategy and labelled images."""
    lines = ["| set | order | labelled | patients | with a lesion | lesion IoU | range | false |"]
    lines.append("|---|---|---:|---:|---:|---:|---|---:|")
    kinds = sorted({(one["set"], one["strategy"], one["round"]) for one in journal.lines})
    for name, strategy, number in kinds:
        rows = [
            one
            for one in journal.lines
            if (one["set"], one["strategy"], one["round"]) == (name, strategy, number)
        ]
        found = [one["figures"]["lesion_iou"] for one in rows]
        false = [one["figures"].get("outlined_without") for one in rows]
        free = "–" if None in false else f"{np.mean(false):.0%}"
        patients, lesions = (np.mean([one[key] for one in rows]) for key in COUNTED)
        lines.append(
            f"| {name} | {strategy} | {rows[0]['images']} | {patients:.0f} | {lesions:.0f} | "
            f"{np.mean(found):.3f} | {min(found):.3f} to {max(found):.3f} | {free} |"
        )
    return lines


COUNTED = ("patients", "with_a_lesion")


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=Path("../shared/data"))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True)
def main(data: Path, out: Path) -> None:
    """Run the benchmark."""
    torch.set_num_threads(1)
    journal = Journal(out)
    start = parent(data, out.with_suffix(".parent.pt"))
    pools = {
        name: seen(in_folds(read_samples(data / name), (*folds, *TESTED)))
        for name, folds in SETS.items()
    }
    for seed in SEEDS:
        for name, pool in pools.items():
            for strategy in (*STRATEGIES, "all"):
                play(pool, name, strategy, seed, start, journal)
    click.echo("\n".join(table(journal)))


if __name__ == "__main__":
    main()
