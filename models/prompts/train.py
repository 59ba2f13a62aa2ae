"""Train the network that responds to boxes, clicks and scribbles.

    python -m models.prompts.train --data ../shared/data --out runs/prompts --steps 2800

An interrupted training resumes where it stopped. The folds are those of the shipped models, so that
the same images are held out here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path

import click
import numpy as np
import torch
from torch import Tensor

from models.architectures.deeplabv3plus import DeepLabV3Plus
from models.architectures.networks import DeepLabV3PlusConfig
from models.data.loading import load_samples
from models.data.samples import Pixels
from models.prompts.examples import Example, example, scribbled
from models.prompts.network import prompted_deeplab
from models.training.checkpoint import CHECKPOINT_FILE, write_state
from models.training.config import SourceConfig, training_samples
from models.training.initial import zoo_weights
from models.training.loss import dice_bce_loss
from models.training.optimization import parameter_groups, update_average

FOLDS = {"mmotu": (1, 2, 3, 4), "bus-bra": (1, 2, 3), "bus-uclm": (1, 2, 3)}
BATCH, RATE, ENCODER_FACTOR, DECAY, EMA = 8, 8e-4, 0.4, 0.02, 0.998
WARM_UP = 0.1
AREA = 640 * 512
AGAIN = 0.5
"""Share of the examples that the reader corrects once more, on the network's own prediction."""
SAVED_EVERY = 100
START = "sonoloop-lite0"


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--steps", type=click.IntRange(min=1), default=2800, show_default=True)
@click.option("--seed", type=int, default=20281, show_default=True)
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True)
def main(data: Path, out: Path, steps: int, seed: int, threads: int) -> None:
    """Train for a number of steps, or continue."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    network = prompted_deeplab().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    config = DeepLabV3PlusConfig(encoder="efficientnet-lite0", output_stride=16, imagenet=True)
    missing, unknown = network.load_state_dict(zoo_weights(START, config), strict=False)
    if unknown or any(not name.startswith("encoder.prompts.") for name in missing):
        raise click.ClickException(f"The weights of {START} are of another network.")
    average = deepcopy(network).requires_grad_(False)
    optimizer = torch.optim.AdamW(
        parameter_groups(
            network,
            rate=RATE,
            encoder_factor=ENCODER_FACTOR,
            weight_decay=DECAY,
            new_in_encoder="encoder.prompts.",
        )
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        [group["lr"] for group in optimizer.param_groups],
        total_steps=steps,
        pct_start=WARM_UP,
        cycle_momentum=False,
    )
    out.mkdir(parents=True, exist_ok=True)
    done = 0
    if (out / CHECKPOINT_FILE).exists():
        state = torch.load(out / CHECKPOINT_FILE, weights_only=True)
        if state["steps"] != steps:
            raise click.ClickException(f"{out} holds a run of {state['steps']} steps.")
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        done = state["done"]
    sources = [
        SourceConfig(folder=data / name, train_folds=folds, validation_folds=())
        for name, folds in FOLDS.items()
    ]
    samples = [sample for sample in training_samples(sources) if sample.mask is not None]
    pixels = [p for p in load_samples(samples, AREA) if p.mask.any()]
    click.echo(f"{len(pixels)} images with a lesion; {done} of {steps} steps done")
    network.train()
    log = (out / "log.jsonl").open("a")
    began, losses = time.perf_counter(), []
    for step, taken in enumerate(_prefetched(pixels, seed, done, steps), done):
        loss = _step(network, average, taken, np.random.default_rng((seed, 1, step)))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        update_average(average, network, step + 1, EMA)
        losses.append(loss.item())
        if (step + 1) % SAVED_EVERY == 0 or step + 1 == steps:
            write_state(
                out / CHECKPOINT_FILE,
                {
                    "steps": steps,
                    "done": step + 1,
                    "network": network.state_dict(),
                    "average": average.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "schedule": schedule.state_dict(),
                },
            )
            spent = time.perf_counter() - began
            said = {"step": step + 1, "loss": round(float(np.mean(losses)), 4), "s": round(spent)}
            log.write(json.dumps(said) + "\n")
            log.flush()
            click.echo(said)
            losses = []


def _step(
    network: DeepLabV3Plus, average: DeepLabV3Plus, taken: list[Example], rng: np.random.Generator
) -> Tensor:
    """Return a batch's loss, with part of it corrected once more on the averaged network's mask."""
    planes = np.stack([one.planes for one in taken])
    image = torch.from_numpy(np.stack([one.image for one in taken])).permute(0, 3, 1, 2).float()
    target = torch.from_numpy(np.stack([one.target for one in taken]))
    again = np.flatnonzero(rng.random(len(taken)) < AGAIN)
    if again.size:
        average.eval()
        with torch.no_grad():
            shown = torch.cat([image[again], torch.from_numpy(planes[again])], dim=1)
            masks = (average(shown)[:, 0] > 0).numpy()
        for place, mask in zip(again, masks, strict=True):
            one = taken[place]
            if one.kind == "click" and rng.random() < 0.5:
                planes[place, 3] = mask  # a second pass with the result of the first
            else:
                planes[place] = scribbled(mask, one.target == 1, rng)
    shown = torch.cat([image, torch.from_numpy(planes)], dim=1)
    shown = shown.contiguous(memory_format=torch.channels_last)
    return dice_bce_loss(network(shown), target)


def _batch(pixels: list[Pixels], seed: int, step: int) -> list[Example]:
    """Return the examples of a step, drawn from (seed, step) alone."""
    rng = np.random.default_rng((seed, 0, step))
    found: list[Example] = []
    while len(found) < BATCH:
        one = example(pixels[int(rng.integers(len(pixels)))], rng)
        if one is not None:
            found.append(one)
    return found


def _prefetched(pixels: list[Pixels], seed: int, done: int, steps: int) -> Iterator[list[Example]]:
    """Yield the batches, preparing the next one while one is used."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(_batch, pixels, seed, done)
        for step in range(done, steps):
            ready = coming.result()
            if step + 1 < steps:
                coming = thread.submit(_batch, pixels, seed, step + 1)
            yield ready


if __name__ == "__main__":
    main()
