"""Processor time of one image in a worker, by stage and by function.

    python -m bench.profile --images 20

Stages are processor time of all threads of this process, with one for the network; the search for
text over echoes has two of its own. Functions are those of the main thread. Decoding runs in a
separate process and counts as waiting. docs/profile.md contains this output.
"""

from __future__ import annotations

import cProfile
import itertools
import json
import os
import pstats
import statistics
import time
from pathlib import Path

import click
import cv2

from app.core.settings import Settings
from bench.http import images
from worker.pipeline import Network, encode_png
from worker.pipeline.zoo import find_model
from worker.storage.pictures import pixel_digest, thumbnail
from worker.tasks.process import predict_frame, read_upload

ROOT = Path(__file__).parents[1]


@click.command()
@click.option("--images", "count", default=20, show_default=True)
@click.option("--model", help="Default: the site's.")
@click.option("--functions", default=25, show_default=True, help="How many are listed.")
def main(count: int, model: str | None, functions: int) -> None:
    """Print the stages' medians as JSON, then the functions with the most own time."""
    cv2.setNumThreads(1)
    settings = Settings()
    found = find_model(settings.model_roots, model or settings.default_model)
    network = Network.load(found.folder, threads=1, engine=settings.engine)
    data = images(count + 3)
    stages: dict[str, list[float]] = {}

    def one(item: bytes) -> None:
        begun = [("decode, de-identify", time.process_time())]

        def stage(name: str, _share: float = 0.0) -> None:
            begun.append((name, time.process_time()))

        read = read_upload(item, settings)
        predict_frame(read.decoded.frame, network, read.milliseconds, stage)
        pixels = read.decoded.frame.pixels
        stage("picture as PNG")
        encode_png(pixels)
        stage("thumbnail, digest")
        thumbnail(pixels)
        pixel_digest(pixels)
        stage("end")
        for (name, at), (_, then) in itertools.pairwise(begun):
            name = {"done": "mask as PNG, JSON"}.get(name, name)
            stages.setdefault(name, []).append((then - at) * 1000)
        stages.setdefault("all", []).append((begun[-1][1] - begun[0][1]) * 1000)

    for item in data[:3]:
        one(item)
    stages.clear()
    profile = cProfile.Profile(time.thread_time)
    profile.enable()
    for item in data[3:]:
        one(item)
    profile.disable()
    whole = statistics.median(stages["all"])
    table = {
        name: {
            "ms": round(statistics.median(values), 2),
            "share": round(statistics.median(values) / whole, 3),
        }
        for name, values in stages.items()
    }
    print(json.dumps({"load": os.getloadavg()[0], "stages": table}, indent=2))
    rows = []
    for (file, line, name), (_, calls, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        place = Path(file)
        where = place.relative_to(ROOT) if place.is_relative_to(ROOT / "worker") else place.name
        rows.append((own / count * 1000, calls / count, f"{where}:{line} {name}"))
    for own, calls, where in sorted(rows, reverse=True)[:functions]:
        print(f"{own:9.3f} ms {calls:8.1f} calls  {where}")


if __name__ == "__main__":
    main()
