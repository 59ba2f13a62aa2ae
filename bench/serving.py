"""The cost of a request relative to the bare network: latency, throughput, storing, other requests.

    python -m bench.serving --requests 60

The bare network is ONNX Runtime with all cores on a batch of two (an image and its mirror image),
already resized: the minimum for any server that runs the same graph. It alternates with Sonoloop on
the same images, so that both run under the same load. Every figure is a ratio within the run,
except for other requests' times. `neighbours` compares Sonoloop with plain servers that run the
same network in ONNX Runtime and in PyTorch and do nothing else (`bench.neighbour`): images per
second of 1, 2 and 4 clients, and processor time per image of all processes of a server, which is
less affected by other work on the machine.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import click
import cv2
import httpx
import numpy as np
import onnxruntime
import psutil
from numpy.typing import NDArray

from app.core.settings import Settings
from bench.http import images, saturate
from bench.neighbour import ENGINES
from bench.site import Site, site, wait_ready
from worker.decoding import decode
from worker.ingest import DecodeLimits
from worker.pipeline import Network, PipelineSettings
from worker.pipeline.network import as_batch
from worker.pipeline.segment import network_input
from worker.pipeline.zoo import DEFAULT_MODEL, find_model
from worker.tasks.process import segment_bytes

LONGEST_SECONDS = 900
"""Time limit on one part of a measurement; a part that takes longer will not end."""

MODELS = (DEFAULT_MODEL, f"{DEFAULT_MODEL}-int8")


class Bare:
    """The graph of a model in ONNX Runtime, as a plain server would run it."""

    def __init__(self, name: str, threads: int) -> None:
        folder = find_model(Settings().model_roots, name).folder
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        path = str(folder / "model.onnx")
        providers = ["CPUExecutionProvider"]
        self._session = onnxruntime.InferenceSession(path, options, providers=providers)
        self.network = Network.load(folder, threads=threads)

    def batch(self, data: bytes) -> NDArray[np.float32]:
        """An image and its mirror image as the graph's input."""
        frame = decode(data, DecodeLimits()).frame
        settings = PipelineSettings.for_card(self.network.card)
        resized, size = network_input(frame, self.network, settings)
        return as_batch([resized, np.ascontiguousarray(resized[:, ::-1])], size)

    def run(self, batch: NDArray[np.float32]) -> float:
        """Seconds for one run."""
        started = time.perf_counter()
        self._session.run(["logits"], {"image": batch})
        return time.perf_counter() - started


def sequential(product: Site, data: list[bytes], cores: int) -> dict[str, Any]:
    """p50 of requests for a mask, in ms and relative to the bare network, by model."""
    bare = {name: Bare(name, cores) for name in MODELS}
    stored: dict[str, dict[str, str]] = {"stored": {}, "not_stored": {"store": "false"}}
    kinds = ["bare", *stored]
    times: dict[str, dict[str, list[float]]] = {
        name: {kind: [] for kind in kinds} for name in MODELS
    }
    headers = {**product.headers, "Accept": "image/png"}
    with httpx.Client(base_url=product.url, headers=headers, timeout=120) as client:
        for number, item in enumerate(data):
            for name in MODELS:
                batch = bare[name].batch(item)
                taken = {}
                # The order differs for each image: whatever follows the bare network finds its
                # threads still spinning, and the processor's caches full of its weights.
                for kind in kinds[number % len(kinds) :] + kinds[: number % len(kinds)]:
                    if kind == "bare":
                        taken[kind] = bare[name].run(batch)
                        continue
                    started = time.perf_counter()
                    query = {"model": name, **stored[kind]}
                    answer = client.post("/segment", content=item, params=query)
                    taken[kind] = time.perf_counter() - started
                    answer.raise_for_status()
                if number >= 3:  # the first ones warm up
                    for kind, value in taken.items():
                        times[name][kind].append(value)
    found: dict[str, Any] = {}
    for name, kinds_of in times.items():
        p50 = {kind: statistics.median(values) * 1000 for kind, values in kinds_of.items()}
        found[name] = {
            **{f"{kind}_p50_ms": value for kind, value in p50.items()},
            "request_over_bare": p50["stored"] / p50["bare"],
            "stored_over_not_stored": p50["stored"] / p50["not_stored"],
        }
    return found


@cache
def _alone() -> Callable[[bytes], object]:
    """The pipeline of this process, on one core."""
    cv2.setNumThreads(1)
    settings = Settings()
    folder = find_model(settings.model_roots, None).folder
    network = Network.load(folder, threads=1)
    return lambda data: segment_bytes(data, network, settings).mask_png


def _segment_alone(data: bytes) -> int:
    return len(_alone()(data))  # type: ignore[arg-type]


def throughput(product: Site, data: list[bytes], cores: int) -> dict[str, float]:
    """Images per second of four clients, and of one bare pipeline process per core, alternately."""
    part = len(data) // 6
    parts = [data[i * part : (i + 1) * part] for i in range(6)]
    asyncio.run(saturate(product, parts[0][:4], 4))
    alone, through = [], []
    # Not forked: OpenCV and ONNX Runtime have threads in this process, whose locks would be held
    # forever after a fork.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cores, mp_context=context) as pool:
        list(pool.map(_segment_alone, data[: 2 * cores], timeout=LONGEST_SECONDS))
        for number in range(3):
            started = time.perf_counter()
            list(pool.map(_segment_alone, parts[2 * number], timeout=LONGEST_SECONDS))
            alone.append(part / (time.perf_counter() - started))
            through.append(asyncio.run(saturate(product, parts[2 * number + 1], 4)))
    rates = {"alone": statistics.mean(alone), "product": statistics.mean(through)}
    return {
        **{f"{name}_per_second": rate for name, rate in rates.items()},
        "product_over_alone": rates["product"] / rates["alone"],
    }


async def others(product: Site, data: list[bytes]) -> dict[str, float]:
    """p50 and p95 in ms of `GET /images` while two clients request masks."""
    taken: list[float] = []
    masks = asyncio.create_task(asyncio.to_thread(lambda: asyncio.run(saturate(product, data, 2))))
    async with httpx.AsyncClient(base_url=product.url, headers=product.headers) as client:
        while not masks.done():
            started = time.perf_counter()
            (await client.get("/images", timeout=60)).raise_for_status()
            taken.append(time.perf_counter() - started)
            await asyncio.sleep(0.05)
    await masks
    taken.sort()
    return {
        "images_p50_ms": statistics.median(taken) * 1000,
        "images_p95_ms": taken[int(0.95 * len(taken))] * 1000,
    }


@contextmanager
def neighbour(engine: str) -> Iterator[Site]:
    """Start a plain server around the same network and wait until it is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "bench.neighbour", "--engine", engine, "--port", str(port)]
    process = subprocess.Popen(command)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_ready(url, process)
        yield Site(url, "none", process.pid, Path())
    finally:
        process.terminate()
        process.wait(60)


def processor_seconds(pid: int) -> float:
    """Processor seconds of all processes of a server."""
    parent = psutil.Process(pid)
    times = [one.cpu_times() for one in (parent, *parent.children(recursive=True))]
    return float(sum(time.user + time.system for time in times))


def beside(product: Site, data: list[bytes]) -> dict[str, Any]:
    """Images per second and processor ms per image, by server and number of clients, in turn."""
    found: dict[str, Any] = {}
    with ExitStack() as stack:
        servers = {"sonoloop": product}
        servers |= {engine: stack.enter_context(neighbour(engine)) for engine in ENGINES}
        for server in servers.values():
            asyncio.run(saturate(server, data[:4], 2))
        part = max(4, len(data) // 6)
        for clients in (1, 2, 4):
            taken: dict[str, list[tuple[float, float]]] = {name: [] for name in servers}
            for number in range(2):
                images = data[number * part :][:part]
                for name, server in servers.items():
                    before = processor_seconds(server.pid)
                    # Not stored: an image can be new to a site only once.
                    rate = asyncio.run(saturate(server, images, clients, store=False))
                    spent = (processor_seconds(server.pid) - before) / len(images)
                    taken[name].append((rate, spent * 1000))
            found[f"{clients} clients"] = {
                name: {
                    "per_second": statistics.mean(rate for rate, _ in pairs),
                    "processor_ms": statistics.mean(spent for _, spent in pairs),
                }
                for name, pairs in taken.items()
            }
    return found


@click.command()
@click.option("--requests", default=60, show_default=True, help="Images per measurement.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write figures here too.")
def main(requests: int, target: Path | None) -> None:
    """Compare requests with the bare network."""
    cores = len(os.sched_getaffinity(0))
    cv2.setNumThreads(cores)
    data = images(2 * requests + requests // 2)
    with site() as product:
        middle = data[requests // 2 :][:requests]
        parts: dict[str, Callable[[], Any]] = {
            "sequential": lambda: sequential(product, data[: requests // 2], cores),
            "throughput": lambda: throughput(product, middle, cores),
            "neighbours": lambda: beside(product, middle),
            "others": lambda: asyncio.run(others(product, data[-requests // 2 :])),
        }
        figures: dict[str, Any] = {"requests": requests, "load_before": os.getloadavg()[0]}
        for name, measure in parts.items():
            started = time.perf_counter()
            figures[name] = measure()
            click.echo(f"{name}: {time.perf_counter() - started:.0f} s", err=True)
    print(json.dumps(figures, indent=2))
    if target:
        target.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
