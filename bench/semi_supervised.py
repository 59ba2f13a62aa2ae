"""The gain from images without masks: a tenth of the labels alone, and with the rest unlabelled.

    python -m bench.semi_supervised --data ../shared/data --out runs/semi-supervised

Each arm gets the same labelled batches for the same number of steps. Groups (patients and
near-identical views) stay together: labelled, unlabelled or held out. An interrupted run continues.
"""

from __future__ import annotations

import csv
import hashlib
import time
from pathlib import Path

import click

from models.architectures.networks import DeepLabV3PlusConfig
from models.data.samples import SAMPLES_FILE, Sample, in_folds, read_samples
from models.training.config import (
    PhaseConfig,
    SourceConfig,
    TrainConfig,
    UnlabelledConfig,
    training_samples,
)
from models.training.trainer import Trainer

SOURCES = {"mmotu": ((1, 2, 3, 4), (5,)), "bus-bra": ((1, 2, 3), (4,))}
"""Folds to train on and folds held out."""
ARMS = ("labels alone", "mean teacher")


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--labelled", default=0.1, show_default=True, help="Share of the training groups.")
@click.option("--epochs", default=10, show_default=True, help="Passes over the labelled images.")
@click.option("--size", default=192, show_default=True, help="Window and input side, px.")
@click.option("--confidence", default=0.9, show_default=True)
@click.option("--seed", "seeds", multiple=True, type=int, default=(1,), show_default=True)
def main(
    data: Path,
    out: Path,
    labelled: float,
    epochs: int,
    size: int,
    confidence: float,
    seeds: tuple[int, ...],
) -> None:
    """Train both arms for each seed and print the table."""
    sources, rest = _divide(data, out, labelled)
    columns = ["seed", "arm", "with masks", "without", "steps", "CPU seconds", *SOURCES]
    click.echo("| " + " | ".join(columns) + " |")
    click.echo("| ---: | --- |" + " ---: |" * (len(columns) - 2))
    for seed in seeds:
        for arm in ARMS:
            teaches = arm == "mean teacher"
            config = TrainConfig(
                seed=seed,
                sources=sources,
                network=DeepLabV3PlusConfig(),
                phases=(PhaseConfig(epochs=epochs, size=size),),
                batch_size=8,
                ema_decay=0.99,
                validate_every=epochs,
                input_area=size * size,
                unlabelled=UnlabelledConfig(folders=rest, confidence=confidence)
                if teaches
                else None,
            )
            started = time.process_time()
            trainer = Trainer(config, out / f"{arm.replace(' ', '-')}-{seed}")
            scores = trainer.run()[-1]["validation_iou"]
            seconds = time.process_time() - started
            masks = len(training_samples(sources))
            bare = sum(1 for folder in rest for _ in folder.iterdir()) if teaches else 0
            figures = " | ".join(f"{scores[name]:.4f}" for name in SOURCES)
            click.echo(
                f"| {seed} | {arm} | {masks} | {bare} | {trainer.steps} "
                f"| {seconds:.0f} | {figures} |"
            )


def _divide(
    data: Path, out: Path, share: float
) -> tuple[tuple[SourceConfig, ...], tuple[Path, ...]]:
    """Link the images: a data set per source with few masks, and a folder with the rest."""
    sources, rest = [], []
    for name, (training, held_out) in SOURCES.items():
        samples = read_samples(data / name)
        kept = list(in_folds(samples, held_out))
        bare = out / "unlabelled" / name
        bare.mkdir(parents=True, exist_ok=True)
        for sample in in_folds(samples, training):
            if _drawn(sample, share):
                kept.append(sample)
            else:
                _link(bare / sample.image.name, sample.image)
        _write(out / "labelled" / name, kept)
        folder = SourceConfig(
            folder=out / "labelled" / name, train_folds=training, validation_folds=held_out
        )
        sources.append(folder)
        rest.append(bare)
    return tuple(sources), tuple(rest)


def _drawn(sample: Sample, share: float) -> bool:
    """Whether the sample's group keeps its masks; decided by a hash, the same for every run."""
    digest = hashlib.sha256(f"{sample.source}/{sample.group}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64 < share


def _write(folder: Path, samples: list[Sample]) -> None:
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    with (folder / SAMPLES_FILE).open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "patient", "fold"])
        for sample in samples:
            if sample.mask is None:
                raise ValueError(f"{sample.id} has no mask; only samples with one are labelled")
            _link(folder / "images" / sample.image.name, sample.image)
            _link(folder / "masks" / sample.mask.name, sample.mask)
            writer.writerow([sample.id, sample.group, sample.fold])


def _link(place: Path, target: Path) -> None:
    if not place.exists():
        place.symlink_to(target.resolve())


if __name__ == "__main__":
    main()
