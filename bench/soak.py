"""Memory under load: requests without pause for some minutes, resident memory of every process.

python -m bench.soak --minutes 30
"""

import asyncio
import json
import time
from pathlib import Path

import click
import httpx

from bench.http import images
from bench.site import Site, site


def resident(pid: int) -> dict[int, tuple[str, float]]:
    """Name and resident memory in MiB of a process and all its descendants (Linux)."""
    found: dict[int, tuple[str, float]] = {}
    waiting = [pid]
    while waiting:
        current = waiting.pop()
        try:
            status = Path(f"/proc/{current}/status").read_text()
            command = Path(f"/proc/{current}/cmdline").read_bytes().split(b"\0")
            for task in Path(f"/proc/{current}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
        kib = next((line.split()[1] for line in status.splitlines() if "VmRSS" in line), "0")
        found[current] = (b" ".join(command[:4]).decode(errors="replace"), int(kib) / 1024)
    return found


async def load(product: Site, data: list[bytes], until: float, counts: dict[str, int]) -> None:
    """Run four clients that alternate stored and unstored requests until the time is over."""

    async def client_loop(offset: int) -> None:
        async with httpx.AsyncClient(
            base_url=product.url, headers=product.headers, timeout=120
        ) as client:
            number = offset
            while time.monotonic() < until:
                store = "true" if number % 2 else "false"
                item = data[number % len(data)]
                answer = await client.post(f"/segment?wait=60&store={store}", content=item)
                counts[str(answer.status_code)] = counts.get(str(answer.status_code), 0) + 1
                number += 1

    await asyncio.gather(*(client_loop(offset) for offset in range(4)))


async def sample(pid: int, until: float, every: float) -> list[tuple[float, float]]:
    """Record seconds since the start and total resident memory in MiB, at intervals."""
    started = time.monotonic()
    found = []
    while time.monotonic() < until:
        total = sum(mib for _, mib in resident(pid).values())
        found.append((time.monotonic() - started, total))
        await asyncio.sleep(every)
    return found


def slope(samples: list[tuple[float, float]]) -> float:
    """Least-squares growth in MiB per hour, without the first fifth (warm-up)."""
    tail = samples[len(samples) // 5 :]
    n = len(tail)
    mean_t = sum(t for t, _ in tail) / n
    mean_m = sum(m for _, m in tail) / n
    spread = sum((t - mean_t) ** 2 for t, _ in tail)
    return 3600 * sum((t - mean_t) * (m - mean_m) for t, m in tail) / spread if spread else 0.0


@click.command()
@click.option("--minutes", default=30.0, show_default=True)
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write figures here too.")
def main(minutes: float, target: Path | None) -> None:
    """Load the site and record its memory."""
    data = images(40)
    counts: dict[str, int] = {}
    with site() as product:
        until = time.monotonic() + minutes * 60

        async def run() -> list[tuple[float, float]]:
            samples, _ = await asyncio.gather(
                sample(product.pid, until, max(1.0, minutes)), load(product, data, until, counts)
            )
            return samples

        samples = asyncio.run(run())
        processes = sorted(resident(product.pid).values(), key=lambda p: -p[1])
    fifth = samples[len(samples) // 5][1]
    figures = {
        "minutes": minutes,
        "answers": counts,
        "mib_after_a_fifth": fifth,
        "mib_at_end": samples[-1][1],
        "growth_mib_per_hour": slope(samples),
        "ratio_end_to_fifth": samples[-1][1] / fifth,
        "processes": processes[:6],
    }
    print(json.dumps(figures, indent=2))
    if target:
        target.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
