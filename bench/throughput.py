"""Images per second: `sonoloop predict` over a folder, and pipelines pinned to cores.

    python -m bench.throughput --images 24 --rounds 3

The bare network (ONNX Runtime, all cores, an image with its mirror image in one batch) alternates
with `sonoloop predict` on the same images, without loading in either. Then 1, 2 and 4 processes,
each pinned to a core (they share cores if there are fewer), run the worker's function; relative to
one process, this shows the gain from another core. A second machine gains the same less the cost of
its database and blob transfers.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import cv2
from click.testing import CliRunner

from app.core.settings import Settings
from bench.http import images
from bench.serving import Bare
from worker.pipeline import Network
from worker.pipeline.zoo import DEFAULT_MODEL, find_model
from worker.predict import predict
from worker.tasks.process import segment_bytes


def _predicted(files: list[Path], out: Path) -> float:
    started = time.perf_counter()
    done = CliRunner().invoke(predict, [*map(str, files), "--out", str(out)])
    if done.exit_code:
        raise click.ClickException(done.output)
    return time.perf_counter() - started


def folder(data: list[bytes], rounds: int, cores: int) -> dict[str, float]:
    """Images per second of the bare network and of predict over a folder, alternately."""
    bare = Bare(DEFAULT_MODEL, cores)
    batches = [bare.batch(item) for item in data]
    rates: dict[str, list[float]] = {"bare": [], "predict": []}
    with tempfile.TemporaryDirectory() as name:
        files = [Path(name, f"{number:04}.png") for number in range(len(data))]
        for path, item in zip(files, data, strict=True):
            path.write_bytes(item)
        for number in range(rounds + 1):
            seconds = sum(bare.run(batch) for batch in batches)
            # Predicting one file is mostly loading.
            alone = _predicted(files[:1], Path(name, "one"))
            many = _predicted(files, Path(name, "all")) - alone
            if number:  # the first round warms up
                rates["bare"].append(len(data) / seconds)
                rates["predict"].append((len(data) - 1) / many)
    means = {name: statistics.mean(values) for name, values in rates.items()}
    return {
        **{f"{name}_per_second": round(value, 2) for name, value in means.items()},
        "predict_over_bare": round(means["predict"] / means["bare"], 3),
    }


def _pinned(core: int, items: list[bytes], ready: Any, go: Any, answers: Any) -> None:
    os.sched_setaffinity(0, {core})
    cv2.setNumThreads(1)
    settings = Settings()
    found = find_model(settings.model_roots, settings.default_model)
    network = Network.load(found.folder, threads=1, engine=settings.engine)
    segment_bytes(items[0], network, settings)
    ready.release()
    go.wait()
    wall, processor = time.perf_counter(), time.process_time()
    for item in items:
        segment_bytes(item, network, settings)
    answers.put((time.perf_counter() - wall, time.process_time() - processor))


def pinned(data: list[bytes], count: int, cores: list[int]) -> dict[str, float]:
    """Images per second of this many processes, and processor ms per image."""
    context = multiprocessing.get_context("spawn")
    ready, go, answers = context.Semaphore(0), context.Event(), context.Queue()
    workers = [
        context.Process(target=_pinned, args=(cores[number % len(cores)], data, ready, go, answers))
        for number in range(count)
    ]
    for worker in workers:
        worker.start()
    for _ in workers:
        ready.acquire()
    started = time.perf_counter()
    go.set()
    taken = [answers.get() for _ in workers]
    seconds = time.perf_counter() - started
    for worker in workers:
        worker.join()
    return {
        "images_per_second": round(count * len(data) / seconds, 2),
        "processor_ms": round(1000 * statistics.mean(one[1] for one in taken) / len(data), 1),
    }


@click.command()
@click.option("--images", "count", default=24, show_default=True)
@click.option("--rounds", default=3, show_default=True)
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write figures here too.")
def main(count: int, rounds: int, target: Path | None) -> None:
    """Measure; print JSON."""
    cores = sorted(os.sched_getaffinity(0))
    data = images(count)
    figures: dict[str, Any] = {
        "load": os.getloadavg()[0],
        "folder": folder(data, rounds, len(cores)),
        "pinned": {str(number): pinned(data[:12], number, cores) for number in (1, 2, 4)},
    }
    print(json.dumps(figures, indent=2))
    if target:
        target.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
