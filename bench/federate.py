"""Four scanners of BUS-BRA as four sites: averaged weights against own training and all data.

PYTHONPATH=. nice -n 10 .venv/bin/python -m bench.federate --out FOLDER

The parent was trained on ovaries (MMOTU) and no breasts. From it, each site trains alone, all
images together train one network, and the sites' weights are averaged after their last epoch (one
round), or also halfway (two rounds). Folds 1 and 2 train, 3 is kept apart without being used for
validation, and 4 is measured. If killed and restarted, it continues.
"""

from __future__ import annotations

import csv
import json
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: spinning threads starve others

from models.architectures.networks import DeepLabV3PlusConfig
from models.data.samples import Sample, in_folds, read_pixels, read_samples
from models.evaluation.metrics import iou
from models.loop.averaging import federated
from models.training.checkpoint import Checkpoint
from models.training.config import PhaseConfig, SourceConfig, TrainConfig
from models.training.trainer import Trainer
from models.training.validation import predict_logits
from worker.evaluation.statistics import clustered

SIZE, AREA = 128, 128 * 128
EPOCHS = 2
NETWORK = DeepLabV3PlusConfig(
    width=1.0, output_stride=16, head_channels=128, atrous_rates=(3, 6, 9), dropout=0.1
)
Scores = dict[str, float]
"""Lesion IoU by image."""


def site_folders(data: Path, out: Path) -> dict[str, Path]:
    """Make a data set for each scanner: links to its images and masks, with unchanged folds."""
    by_device: dict[str, list[dict[str, str]]] = defaultdict(list)
    with (data / "samples.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            by_device[row["device"].partition(" @")[0]].append(row)
    folders = {}
    for device, rows in sorted(by_device.items()):
        folder = out / "sites" / device.replace(" ", "-").lower()
        folders[device] = folder
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("images", "masks"):
            place = folder / name
            place.mkdir(exist_ok=True)
            files = {path.stem: path for path in (data / name).iterdir()}
            for row in rows:
                source = files[row["id"]]
                if not (place / source.name).exists():
                    (place / source.name).symlink_to(source.resolve())
        with (folder / "samples.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folders


def trained(
    folder: Path,
    sources: Sequence[Path],
    epochs: int,
    start: Path | None,
    *,
    folds: tuple[int, ...] = (1, 2),
    rate: float = 5e-4,
) -> Path:
    """Train from given weights, or from ImageNet; return the checkpoint."""
    config = TrainConfig(
        seed=1,
        sources=tuple(
            SourceConfig(folder=one, train_folds=folds, validation_folds=(4,)) for one in sources
        ),
        network=NETWORK.model_copy(update={"imagenet": start is None}),
        initial_checkpoint=start,
        phases=(PhaseConfig(epochs=epochs, size=SIZE),),
        batch_size=8,
        learning_rate=rate,
        schedule="one-cycle" if start is None else "cosine",
        ema_decay=0.99,
        validate_every=0,
        input_area=AREA,
        threads=1,
        device="cpu",
    )
    trainer = Trainer(config, folder)
    if not trainer.finished:
        click.echo(f"{folder.name}: {epochs - trainer.epoch} epochs", err=True)
        trainer.run()
    return trainer.checkpoint_path


def averaged(updates: Sequence[Path], images: Sequence[int], path: Path) -> Path:
    """Average checkpoints with weights to a new one."""
    if not path.exists():
        read = [Checkpoint.read(one) for one in updates]
        replace(read[0], average=federated([one.average for one in read], images)).write(path)
    return path


def measured(checkpoint: Path, samples: Sequence[Sample], place: Path) -> Scores:
    """Lesion IoU of each image with the network alone."""
    if place.exists():
        found: Scores = json.loads(place.read_text("utf-8"))
        return found
    network = NETWORK.build()
    network.load_state_dict(Checkpoint.read(checkpoint).average)
    network.eval()
    scores = {}
    for sample in samples:
        pixels = read_pixels(sample)
        said = predict_logits(network, pixels.image, AREA) >= 0
        scores[sample.id] = iou(said, pixels.mask > 0)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(scores), "utf-8")
    return scores


def table(scores: dict[str, Scores], samples: Sequence[Sample], device: str | None) -> list[str]:
    """Means of a scanner, or of all, and each one's difference from the average of one round."""
    chosen = [
        one for one in samples if device in (None, one.attributes["device"].partition(" @")[0])
    ]
    lines = []
    for name, found in scores.items():
        mean = sum(found[one.id] for one in chosen) / len(chosen)
        gain = clustered(
            [scores["fedavg-1"][one.id] - found[one.id] for one in chosen],
            [one.group for one in chosen],
        )
        lines.append(
            f"| {device or 'all'} | {len(chosen)} | {name} | {mean:.3f} | "
            f"{gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] |"
        )
    return lines


def tell(
    runs: dict[str, Path], folders: dict[str, Path], images: list[int], data: Path, out: Path
) -> None:
    """Print the table of the runs so far."""
    samples = in_folds(read_samples(data / "bus-bra"), (4,))
    scores = {
        name: measured(path, samples, out / "scores" / f"{name.replace(' ', '-')}.json")
        for name, path in runs.items()
    }
    click.echo(f"training images: {dict(zip(folders, images, strict=True))}")
    click.echo("| scanner | images | weights | lesion IoU | one round less these |")
    for device in (*folders, None):
        click.echo("\n".join(table(scores, samples, device)))


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=Path("../shared/data"))
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(data: Path, out: Path) -> None:
    """Run the benchmark."""
    folders = site_folders(data / "bus-bra", out)
    parent = trained(out / "parent", [data / "mmotu"], 2, None, folds=(1, 2, 3), rate=1e-3)
    images = [len(in_folds(read_samples(one), (1, 2))) for one in folders.values()]
    runs: dict[str, Path] = {"parent": parent}
    for device, folder in folders.items():
        runs[f"own {device}"] = trained(out / f"own-{folder.name}", [folder], EPOCHS, parent)
    own = [runs[f"own {device}"] for device in folders]
    runs["fedavg-1"] = averaged(own, images, out / "fedavg-1" / "last.pt")
    runs["all"] = trained(out / "all", list(folders.values()), EPOCHS, parent)
    tell(runs, folders, images, data, out)
    start = parent
    for number in (1, 2):
        halves = [
            trained(out / f"round-{number}-{one.name}", [one], EPOCHS // 2, start)
            for one in folders.values()
        ]
        start = averaged(halves, images, out / f"round-{number}" / "last.pt")
    runs["fedavg-2"] = start
    tell(runs, folders, images, data, out)


if __name__ == "__main__":
    main()
