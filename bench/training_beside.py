"""Slowdown of `POST /segment` while a training runs on the same machine.

    PYTHONPATH=. .venv/bin/python -m bench.training_beside

The training process is the one that a worker starts for "Train a model", with its priority, threads
and memory limit; it trains on BUS-UCLM, folds 1 and 2. It is alternately stopped and continued, for
a few requests each, so that other load on the machine affects both.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import click
import httpx

from app.core.settings import Settings
from bench.site import site
from tests.synthetic import ultrasound_png
from worker.pipeline.zoo import DEFAULT_MODEL, find_model
from worker.tasks.train import training_process

TRAINS = "training"
"""The stage in which it trains."""


def started(folder: Path, data: Path) -> subprocess.Popen[bytes]:
    """Start a run with the default recipe; returns once its first steps are done.

    Raises:
        ClickException: it ended before that.
    """
    recipe = {
        "data": str(data.absolute()),
        "parent": str(find_model(Settings().model_roots, DEFAULT_MODEL).folder.absolute()),
        "name": "beside",
        "version": "1.0.0",
        "epochs": 200,
    }
    (folder / "recipe.json").write_text(json.dumps(recipe), "utf-8")
    process = training_process(folder, Settings().training_memory_bytes)
    while True:
        if process.poll() is not None:
            raise click.ClickException((folder / "log").read_text("utf-8")[-2000:])
        progress = folder / "progress.json"
        found = json.loads(progress.read_text("utf-8")) if progress.exists() else {}
        if found.get("stage") == TRAINS and found.get("loss") is not None:
            return process
        time.sleep(0.5)


def quantile(values: list[float], share: float) -> float:
    """The quantile of sorted values: the value that this share does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


@click.command()
@click.option("--data", type=click.Path(path_type=Path), default=Path("../shared/data/bus-uclm"))
@click.option("--turns", default=12, show_default=True, help="With training, and as many without.")
@click.option("--requests", default=8, show_default=True, help="Of each turn.")
def main(data: Path, turns: int, requests: int) -> None:
    """Print the milliseconds with and without, and their ratio."""
    found: dict[bool, list[float]] = {False: [], True: []}
    busy: dict[bool, list[float]] = {False: [], True: []}
    images = (ultrasound_png(512, 512, seed=number) for number in itertools.count())
    with tempfile.TemporaryDirectory() as folder, site() as product:
        process = started(Path(folder), data)
        try:
            with httpx.Client(base_url=product.url, headers=product.headers, timeout=120) as client:
                for turn in range(2 * turns):
                    beside = turn % 2 == 1
                    process.send_signal(signal.SIGCONT if beside else signal.SIGSTOP)
                    before = _processor_seconds(process.pid)
                    began = time.perf_counter()
                    for number in range(requests + 1):
                        image = next(images)
                        at = time.perf_counter()
                        answer = client.post("/segment?wait=60&store=false", content=image)
                        answer.raise_for_status()
                        if number:  # the first of a turn overlaps the end of the previous one
                            found[beside].append((time.perf_counter() - at) * 1000)
                    used = _processor_seconds(process.pid) - before
                    busy[beside].append(used / (time.perf_counter() - began))
        finally:
            process.kill()
            process.wait()
    p95 = {beside: quantile(values, 0.95) for beside, values in found.items()}
    figures = {
        "load_1m": os.getloadavg()[0],
        "requests_each": len(found[True]),
        "p50_ms": {str(k): round(statistics.median(v), 1) for k, v in found.items()},
        "p95_ms": {str(k): round(v, 1) for k, v in p95.items()},
        "p95_ratio": round(p95[True] / p95[False], 3),
        "cores_that_training_had": round(statistics.mean(busy[True]), 2),
    }
    click.echo(json.dumps(figures, indent=2))


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
