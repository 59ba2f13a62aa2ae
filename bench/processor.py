"""Processor time of a request, by process.

    python -m bench.processor --requests 40

Wall-clock times mean little on a machine with other work; this counts the processor time of each
process of a site, from the kernel's accounting, and the commands sent to the broker. Requests come
one after the other: stored, not stored, and a page of 20 images.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import httpx
import psutil
import redis

from bench.http import images
from bench.site import Site, site

SETTLE_SECONDS = 2.0
"""Time for work after the answer, which counts as well."""
_TICKS = os.sysconf("SC_CLK_TCK")


def roles(pid: int) -> dict[int, str]:
    """Roles of a site's processes by id: `api`, `broker`, `worker`, and so on."""
    parent = psutil.Process(pid)
    found = {}
    for one in [parent, *parent.children(recursive=True)]:
        words = " ".join(Path(word).name for word in one.cmdline()[1:])
        above = one.parent()
        forked = one.pid != pid and above is not None and above.cmdline() == one.cmdline()
        if "valkey" in " ".join(one.cmdline()):
            role = "broker"
        elif "decoding" in words:
            role = "decoder"
        elif "worker" in words:
            role = "worker's processes" if forked else "worker"
        else:
            role = "supervisor" if one.pid == pid and "serve" in words else "api"
        found[one.pid] = role
    return found


def processor(pids: dict[int, str]) -> dict[str, float]:
    """Milliseconds of processor time so far, by role."""
    found: dict[str, float] = {}
    for pid, role in pids.items():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        spent = (int(fields[11]) + int(fields[12])) * 1000 / _TICKS
        found[role] = found.get(role, 0.0) + spent
    return found


def commands(pids: dict[int, str]) -> int:
    """Commands sent to the broker so far; only its clients know its address."""
    api = next(pid for pid, role in pids.items() if role == "api")
    broker = redis.Redis.from_url(psutil.Process(api).environ()["SONOLOOP_REDIS_URL"])
    return int(broker.info("stats")["total_commands_processed"])


def measure(product: Site, count: int, do: Callable[[int], object]) -> dict[str, Any]:
    """Measure the cost of one request: processor ms by role, broker commands, wall-clock ms."""
    pids = roles(product.pid)
    before, sent, started = processor(pids), commands(pids), time.perf_counter()
    for number in range(count):
        do(number)
    taken = time.perf_counter() - started
    time.sleep(SETTLE_SECONDS)
    after = processor(pids)
    spent = {role: round((after[role] - before[role]) / count, 2) for role in after}
    return {
        **spent,
        "all": round(sum(spent.values()), 2),
        "commands": round((commands(pids) - sent - 2) / count, 1),
        "clock": round(taken / count * 1000, 1),
    }


@click.command()
@click.option("--requests", default=40, show_default=True, help="Of each kind.")
@click.option("--rounds", default=1, show_default=True)
def main(requests: int, rounds: int) -> None:
    """Print one row of JSON for each kind of request, and one per second without any."""
    warm = 6
    data = iter(images(2 * (warm + rounds * requests)))
    with site() as product, httpx.Client(base_url=product.url, timeout=120) as client:

        def segment(query: str) -> Callable[[int], object]:
            headers = {**product.headers, "Accept": "image/png"}

            def send(_: int) -> object:
                answer = client.post(f"/segment{query}", content=next(data), headers=headers)
                return answer.raise_for_status()

            return send

        def listed(_: int) -> object:
            return client.get("/images?limit=20", headers=product.headers).raise_for_status()

        kinds = {
            "stored": (segment(""), requests),
            "not stored": (segment("?store=false"), requests),
            "GET /images": (listed, 5 * requests),
            "idle second": (lambda _: time.sleep(1), 10),
        }
        for do, _ in kinds.values():
            for number in range(warm):
                do(number)
        for _ in range(rounds):
            for name, (do, times) in kinds.items():
                print(json.dumps({"request": name, **measure(product, times, do)}), flush=True)


if __name__ == "__main__":
    main()
