"""The cost of HTTP, queue and storage over the pipeline: latency at p50, throughput at saturation.

One part of the cost is measured separately: writing one row with cold caches.

    python -m bench.http --requests 200

The pipeline alone runs in this process with the worker's own function and thread settings, on the
same images, alternating with requests so that both run under the same load.
"""

import asyncio
import json
import os
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import cv2
import httpx
from sqlalchemy import Column, MetaData, Table, Uuid, insert

from app.core.database import Database
from app.core.ids import new_id
from app.core.settings import Settings
from bench.site import Site, site
from tests.synthetic import ultrasound_png
from worker.pipeline import Network
from worker.pipeline.zoo import find_model
from worker.tasks.process import segment_bytes


def images(count: int, side: int = 512) -> list[bytes]:
    """Synthetic images of `side` by `side` px, all different, so that there are no duplicates."""
    return [ultrasound_png(height=side, width=side, seed=seed) for seed in range(count)]


def alone(network: Network, settings: Settings, data: bytes) -> float:
    """Seconds of the whole pipeline for one image, from bytes to mask, overlay and JSON."""
    started = time.perf_counter()
    segment_bytes(data, network, settings)
    return time.perf_counter() - started


def latency(
    product: Site, network: Network, settings: Settings, data: list[bytes]
) -> dict[str, Any]:
    """p50 of the pipeline alone and of requests, in ms, alternating on the same images."""
    direct, through = [], []
    with httpx.Client(base_url=product.url, headers=product.headers, timeout=120) as client:
        for item in data[:5]:
            alone(network, settings, item)
            client.post("/segment?store=false", content=item).raise_for_status()
        for item in data[5:]:
            direct.append(alone(network, settings, item))
            started = time.perf_counter()
            client.post("/segment", content=item).raise_for_status()
            through.append(time.perf_counter() - started)
    p50_direct, p50_through = statistics.median(direct), statistics.median(through)
    return {
        "pipeline_p50_ms": p50_direct * 1000,
        "product_p50_ms": p50_through * 1000,
        "added_p50_ms": (p50_through - p50_direct) * 1000,
    }


async def saturate(product: Site, data: list[bytes], clients: int, *, store: bool = True) -> float:
    """Images per second with this many requests running at all times."""
    address = f"/segment?wait=60&store={str(store).lower()}"
    pending = iter(data)

    async with httpx.AsyncClient(
        base_url=product.url, headers=product.headers, timeout=300
    ) as client:

        async def work() -> None:
            for item in pending:
                answer = await client.post(address, content=item)
                answer.raise_for_status()

        started = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(clients)))
        return len(data) / (time.perf_counter() - started)


def throughput(
    product: Site, network: Network, settings: Settings, data: list[bytes]
) -> dict[str, Any]:
    """Images per second of the pipeline alone and of requests, in alternating halves."""
    quarter = len(data) // 4
    parts = [data[i * quarter : (i + 1) * quarter] for i in range(4)]
    direct, through = [], []
    for part in parts:
        started = time.perf_counter()
        for item in part:
            alone(network, settings, item)
        direct.append(len(part) / (time.perf_counter() - started))
        through.append(asyncio.run(saturate(product, part, 8)))
    alone_rate, product_rate = statistics.mean(direct), statistics.mean(through)
    return {
        "pipeline_per_second": alone_rate,
        "product_per_second": product_rate,
        "lost_share": 1 - product_rate / alone_rate,
    }


def statement(network: Network, image: bytes, settings: Settings) -> dict[str, Any]:
    """p50 in ms of writing one row to a separate database, in a loop and after a network run.

    A request writes and reads a dozen such rows, all after the previous request's network has
    filled the processor's caches.
    """
    table = Table("note", MetaData(), Column("id", Uuid, primary_key=True))
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/note.db")
        table.create(database.engine)

        def write() -> float:
            started = time.perf_counter()
            with database.write(durable=False) as session:
                session.execute(insert(table), {"id": new_id()})
            return time.perf_counter() - started

        loop = [write() for _ in range(100)]
        after = []
        for _ in range(30):
            alone(network, settings, image)
            after.append(write())
        database.dispose()
    return {
        "statement_ms": statistics.median(loop) * 1000,
        "statement_after_network_ms": statistics.median(after) * 1000,
    }


@click.command()
@click.option(
    "--requests",
    default=200,
    show_default=True,
    help="Images per measurement; with few, filling and draining the queue counts as lost.",
)
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write figures here too.")
def main(requests: int, target: Path | None) -> None:
    """Compare requests with the pipeline alone."""
    cv2.setNumThreads(os.cpu_count() or 1)
    settings = Settings()
    found = find_model(settings.model_roots, settings.default_model)
    network = Network.load(found.folder, threads=len(os.sched_getaffinity(0)))
    data = images(requests * 2)
    with site() as product:
        figures = {
            **latency(product, network, settings, data[:requests]),
            **throughput(product, network, settings, data[requests:]),
            **statement(network, data[0], settings),
            "requests": requests,
        }
    print(json.dumps(figures, indent=2))
    if target:
        target.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
