"""The network with batches across requests: images per second and p95 by batch size, with the CRF.

    python -m bench.gpu                          # on a machine with a GPU, under five minutes
    python -m bench.gpu --provider cpu --seconds 2   # the same path on the processor

Requests wait for each other up to a latency budget and run as one batch (an image and its mirror
image count as two); decoding is left out, resizing and CRF run on the machine's cores. First the
labels are compared with those of ONNX Runtime on the processor: on TensorRT and CUDA one pixel in a
thousand may differ. TensorRT stores its engines in `--cache`, so that a second run starts at once.
"""

from __future__ import annotations

import json
import os
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from bench.http import images
from worker.decoding import decode
from worker.ingest import DecodeLimits
from worker.pipeline import Frame, Network, PipelineSettings, segment
from worker.pipeline.engines.batching import BatchingEngine
from worker.pipeline.zoo import find_model, model_roots

PROVIDERS = {
    "tensorrt": ["TensorrtExecutionProvider", "CUDAExecutionProvider"],
    "cuda": ["CUDAExecutionProvider"],
    "cpu": ["CPUExecutionProvider"],
}


def best() -> str:
    """The first provider that this build of ONNX Runtime has."""
    import onnxruntime

    there = set(onnxruntime.get_available_providers())
    return next(name for name, wanted in PROVIDERS.items() if wanted[0] in there)


def parity(network: Network, reference: Network, frames: list[Frame]) -> dict[str, float]:
    """Least share of equal pixels, and least IoU, of masks on two providers."""
    settings = PipelineSettings.for_card(network.card)
    equal, overlap = [], []
    for frame in frames:
        one, other = (segment(frame, n, settings).mask for n in (network, reference))
        equal.append(float((one == other).mean()))
        union = np.count_nonzero(one | other)
        overlap.append(np.count_nonzero(one & other) / union if union else 1.0)
    return {"pixels_equal": min(equal), "mask_iou": min(overlap)}


def rate(
    network: Network, frames: list[Frame], clients: int, seconds: float
) -> tuple[float, NDArray[np.float64]]:
    """Images per second of this many busy threads, and the ms of each image."""
    settings = PipelineSettings.for_card(network.card)
    deadline = time.perf_counter() + seconds
    taken: list[float] = []
    lock = threading.Lock()

    def client(number: int) -> None:
        while (started := time.perf_counter()) < deadline:
            segment(frames[number % len(frames)], network, settings)
            with lock:
                taken.append((time.perf_counter() - started) * 1000)

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(client, range(clients)))
    return len(taken) / (time.perf_counter() - began), np.array(taken)


@click.command()
@click.option("--model", default="sonoloop-lite2", show_default=True)
@click.option(
    "--provider", type=click.Choice(list(PROVIDERS)), help="The best there is, if unsaid."
)
@click.option("--batch", "batches", type=int, multiple=True, default=(1, 2, 4, 8, 16, 32))
@click.option("--budget-ms", default=4.0, show_default=True, help="How long a request waits.")
@click.option("--seconds", default=8.0, show_default=True, help="Of each batch size.")
@click.option("--cache", type=click.Path(path_type=Path), help="Where TensorRT keeps its engines.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write figures here too.")
def main(
    model: str,
    provider: str | None,
    batches: tuple[int, ...],
    budget_ms: float,
    seconds: float,
    cache: Path | None,
    target: Path | None,
) -> None:
    """Compare with the processor, then measure; print JSON."""
    name = provider or best()
    cores = len(os.sched_getaffinity(0))
    cv2.setNumThreads(1)
    folder = find_model(model_roots(), model).folder
    cache = cache or Path(gettempdir()) / "sonoloop-engines"
    frames = [Frame(decode(data, DecodeLimits()).frame.pixels) for data in images(8)]
    reference = Network.load(folder, ["CPUExecutionProvider"], cores)
    started = time.perf_counter()
    direct = Network.load(folder, PROVIDERS[name], cores, cache_folder=cache)
    segment(frames[0], direct, PipelineSettings.for_card(direct.card))
    figures: dict[str, Any] = {
        "provider": direct.provider,
        "load_s": time.perf_counter() - started,
        "parity_with_cpu": parity(direct, reference, frames),
        "budget_ms": budget_ms,
    }
    print(json.dumps(figures), flush=True)
    rows = []
    for most in batches:
        with BatchingEngine(direct.engine, 2 * most, budget_ms / 1000) as engine:
            network = direct.on(engine)
            rate(network, frames, 2 * most, min(1.0, seconds))  # warm up each size first
            per_second, taken = rate(network, frames, 2 * most, seconds)
            rows.append(
                {
                    "batch": most,
                    "clients": 2 * most,
                    "images_per_second": round(per_second, 1),
                    "p50_ms": round(statistics.median(taken), 1),
                    "p95_ms": round(float(np.percentile(taken, 95)), 1),
                    "mean_batch": round(engine.mean_batch / 2, 2),
                }
            )
        print(json.dumps(rows[-1]), flush=True)
    figures["by_batch"] = rows
    if target:
        target.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
