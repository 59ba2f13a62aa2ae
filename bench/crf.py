"""Our CRF compared with pydensecrf2 on one core, and both with the exact mean field.

    python -m bench.crf --json crf.json

The images are synthetic: a speckled lesion, and the network's answer as a blurred mask with noise
in the logits. There are two per size: `band`, where the network is unsure only around the lesion,
as trained networks are, and `everywhere`, where noise makes the whole image uncertain and no box
can be cut out. Times are processor time of one thread, which is least affected by other programs on
the machine. Kernels are `wide` (as in DeepLab's paper, scaled) and `narrow` (as in the shipped
model). `pydensecrf` is the 3-dimensional kernel for grey images that our adapter uses,
`pydensecrf-rgb` the 5-dimensional one of its own example. Accuracy is measured at 64 by 64 px
against the mean field over all pairs of pixels.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from numpy.typing import NDArray
from pydensecrf import densecrf

from tests.synthetic import ultrasound
from tests.unit.worker.pipeline.mean_field import exact, random_parameters, uncertain_answer
from worker.pipeline.crf import PottsParameters, engine, unary_logits
from worker.pipeline.crf.grid import active_box

SIZES = ((256, 256), (512, 512), (768, 1024))
ITERATIONS = (5, 10)
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}
"""Read once, when numpy is imported."""
KERNELS = {
    # appearance weight, sigma xy at 256 px, sigma intensity, smoothness weight, sigma xy
    "wide": (4.0, 30.0, 10.0, 3.0, 2.0),
    "narrow": (2.0, 8.0, 6.0, 1.0, 2.0),
}
DOUBT = {"band": 0.25, "everywhere": 2.0}

Infer = Callable[[NDArray[np.float32], NDArray[np.uint8], PottsParameters], NDArray[np.float32]]


def textbook(
    probability: NDArray[np.float32], grey: NDArray[np.uint8], parameters: PottsParameters
) -> NDArray[np.float32]:
    """pydensecrf on RGB, with widths scaled so that the kernel is the same for grey."""
    height, width = probability.shape
    logits = unary_logits(probability)
    crf = densecrf.DenseCRF2D(width, height, 2)
    energy = np.stack([np.zeros_like(logits), -logits]).reshape(2, -1)
    crf.setUnaryEnergy(np.ascontiguousarray(energy))
    crf.addPairwiseGaussian(sxy=parameters.smoothness_sigma_xy, compat=parameters.smoothness_weight)
    crf.addPairwiseBilateral(
        sxy=parameters.appearance_sigma_xy,
        srgb=parameters.appearance_sigma_intensity * 3**0.5,
        rgbim=np.repeat(grey[..., None], 3, axis=2),
        compat=parameters.appearance_weight,
    )
    result = np.asarray(crf.inference(parameters.iterations))[1]
    return np.asarray(result.reshape(height, width), np.float32)


ENGINES: dict[str, Infer] = {
    "grid": engine("grid"),
    "pydensecrf": engine("pydensecrf"),
    "pydensecrf-rgb": textbook,
}


def answer(height: int, width: int, doubt: float) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Probability and image; the lesion's border is as wide as the blur of the network's stride."""
    image = ultrasound(height, width, seed=1, geometry="full")
    blurred = cv2.GaussianBlur(image.mask.astype(np.float32), (0, 0), height / 64)
    noise = np.random.default_rng(1).standard_normal((height, width)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), height / 43)
    logits = (blurred - 0.5) * 12 + smooth * np.float32(doubt / smooth.std())
    return (1 / (1 + np.exp(-logits))).astype(np.float32), image.pixels


def times(repeat: int) -> list[dict[str, Any]]:
    """Milliseconds of each engine, measured alternately so that all run under the same load."""
    rows = []
    for height, width in SIZES:
        for kind, doubt in DOUBT.items():
            probability, grey = answer(height, width, doubt)
            for kernels, iterations in product(KERNELS, ITERATIONS):
                weight, sigma, levels, smoothness, near = KERNELS[kernels]
                scale = height / 256
                parameters = PottsParameters(
                    iterations, weight, sigma * scale, levels, smoothness, near * scale
                )
                taken: dict[str, list[float]] = {name: [] for name in ENGINES}
                for number in range(repeat + 1):
                    for name, infer in ENGINES.items():
                        started = time.process_time()
                        infer(probability, grey, parameters)
                        if number:  # the first round warms up
                            taken[name].append((time.process_time() - started) * 1000)
                box = active_box(probability, parameters)
                row: dict[str, Any] = {
                    "size": f"{height}x{width}",
                    "uncertain": kind,
                    "kernels": kernels,
                    "iterations": iterations,
                    "updated_share": box.height * box.width / grey.size if box else 0.0,
                    **{f"{name}_ms": statistics.median(taken[name]) for name in ENGINES},
                }
                for name in ("pydensecrf", "pydensecrf-rgb"):
                    row[f"times_faster_than_{name}"] = row[f"{name}_ms"] / row["grid_ms"]
                rows.append(row)
    return rows


def accuracy(examples: int) -> dict[str, dict[str, float]]:
    """Label agreement and largest error against the exact answer at 64 by 64 px."""
    rng = np.random.default_rng(7)
    agreement: dict[str, list[float]] = {name: [] for name in ENGINES}
    errors: dict[str, list[float]] = {name: [] for name in ENGINES}
    for seed in range(examples):
        probability, grey = uncertain_answer(64, 64, seed)
        parameters = random_parameters(rng)
        truth = exact(probability, grey, parameters)
        for name, infer in ENGINES.items():
            found = infer(probability, grey, parameters)
            agreement[name].append(float(((found >= 0.5) == (truth >= 0.5)).mean()))
            errors[name].append(float(np.abs(found - truth).max()))
    return {
        name: {
            "label_agreement_mean": statistics.mean(agreement[name]),
            "label_agreement_least": min(agreement[name]),
            "largest_error_mean": statistics.mean(errors[name]),
            "largest_error": max(errors[name]),
        }
        for name in ENGINES
    }


@click.command()
@click.option("--repeat", default=7, show_default=True, help="Timed rounds.")
@click.option("--examples", default=12, show_default=True, help="Images for the accuracy.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write figures here too.")
def main(repeat: int, examples: int, target: Path | None) -> None:
    """Time and compare; print JSON."""
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        command = [sys.executable, "-m", "bench.crf", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, **ONE_THREAD})
    cv2.setNumThreads(1)
    figures = {"accuracy_64x64": accuracy(examples), "times": times(repeat)}
    print(json.dumps(figures, indent=2))
    if target:
        target.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
