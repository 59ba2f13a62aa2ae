"""A doctor's waiting time for an outline: refine and box through HTTP on a running site.

    python -m bench.refine --requests 60

Synthetic frames, each with half of its lesion outlined; each request has one scribble in the
missing half. The first request for an image includes reading it and running the network, later ones
find both in the worker's memory.
"""

import json
import statistics
import time
from pathlib import Path
from typing import Any

import click
import httpx
import numpy as np

from bench.site import Site, site
from models.evaluation.simulated_user import next_scribble
from tests.synthetic import SyntheticImage, png_bytes, ultrasound
from worker.interactive import encode_runs

SIZES = ((512, 512), (600, 800))
IMAGES = 4
WARM_UP = 3


def upload(client: httpx.Client, scene: SyntheticImage) -> str:
    """Upload an image; return its id."""
    answer = client.post("/segment", params={"wait": 60}, content=png_bytes(scene.pixels))
    answer.raise_for_status()
    return str(answer.json()["image_id"])


def refine_body(scene: SyntheticImage, seed: int) -> dict[str, Any]:
    """A request: the left half of the lesion is outlined, a stroke lies in the right one."""
    height, width = scene.mask.shape
    half = scene.mask.copy()
    half[:, int(np.median(np.nonzero(scene.mask)[1])) :] = False
    stroke = next_scribble(half, scene.mask, "centre", np.random.default_rng(seed))
    scribbles = np.where(stroke < 0, 2, stroke).astype(np.uint8)
    runs = {"mask": encode_runs(half), "scribbles": encode_runs(scribbles)}
    return {"width": width, "height": height, **runs}


def box_body(scene: SyntheticImage) -> dict[str, Any]:
    """A request: a box two pixels around the lesion."""
    rows, columns = (np.flatnonzero(scene.mask.any(axis=axis)) for axis in (1, 0))
    top, left = int(rows[0]) - 2, int(columns[0]) - 2
    size = {"height": int(rows[-1]) + 3 - top, "width": int(columns[-1]) + 3 - left}
    return {"box": {"top": top, "left": left, **size}}


def ask(
    client: httpx.Client, image_id: str, kind: str, body: dict[str, Any]
) -> tuple[float, dict[str, Any]]:
    """Milliseconds until the answer, and the worker's own time."""
    started = time.perf_counter()
    answer = client.post(f"/images/{image_id}/{kind}", json=body)
    elapsed = (time.perf_counter() - started) * 1000
    answer.raise_for_status()
    return elapsed, answer.json()["timings_ms"]


def measure(client: httpx.Client, size: tuple[int, int], requests: int) -> dict[str, Any]:
    """Figures of one frame size."""
    scenes = [ultrasound(*size, seed=seed, geometry="full") for seed in range(IMAGES)]
    ids = [upload(client, scene) for scene in scenes]
    first = [
        ask(client, i, "refine", refine_body(s, 0))[0] for i, s in zip(ids, scenes, strict=True)
    ]
    rows: dict[str, Any] = {
        "size": f"{size[0]}x{size[1]}",
        "refine_first_ms": statistics.median(first),
    }
    for kind in ("refine", "box"):
        taken, inside = [], []
        for number in range(requests + WARM_UP):
            scene, image_id = scenes[number % IMAGES], ids[number % IMAGES]
            body = refine_body(scene, number) if kind == "refine" else box_body(scene)
            elapsed, timings = ask(client, image_id, kind, body)
            if number >= WARM_UP:
                taken.append(elapsed)
                inside.append(timings["total"])
        deciles = statistics.quantiles(taken, n=20)
        rows[f"{kind}_p50_ms"] = statistics.median(taken)
        rows[f"{kind}_p95_ms"] = deciles[-1]
        rows[f"{kind}_in_worker_p50_ms"] = statistics.median(inside)
    return rows


def wait_for_answers(client: httpx.Client, seconds: float = 60) -> None:
    """Wait for the worker for drawing, which starts after the site reports that it is ready."""
    scene = ultrasound(96, 96, seed=99, geometry="full")
    image_id = upload(client, scene)
    deadline = time.monotonic() + seconds
    while client.post(f"/images/{image_id}/box", json=box_body(scene)).status_code == 503:
        if time.monotonic() > deadline:
            raise RuntimeError("no worker for drawing came up in time")


def figures(product: Site, requests: int) -> list[dict[str, Any]]:
    """Return the figures of all sizes."""
    with httpx.Client(base_url=product.url, headers=product.headers, timeout=120) as client:
        wait_for_answers(client)
        return [measure(client, size, requests) for size in SIZES]


@click.command()
@click.option("--requests", default=60, show_default=True, help="Questions of each kind and size.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write figures here too.")
def main(requests: int, target: Path | None) -> None:
    """Measure; print JSON."""
    with site() as product:
        found = figures(product, requests)
    print(json.dumps(found, indent=2))
    if target:
        target.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
