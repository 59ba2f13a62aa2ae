"""A training step beside busy processes: on one thread, and on all with active and passive waiting.

    python -m bench.threads

Each variant runs in a separate process, alternately, because OpenMP reads its wait policy when it
is loaded.
"""

import json
import os
import statistics
import subprocess
import sys
import time

import click


def steps(threads: int) -> dict[str, float]:
    """Median wall-clock and processor seconds of a forward and backward pass of 20 convolutions."""
    import torch

    torch.set_num_threads(threads)
    layers = [
        layer
        for _ in range(20)
        for layer in (
            torch.nn.Conv2d(32, 32, 3, padding=1),
            torch.nn.BatchNorm2d(32),
            torch.nn.ReLU(),
        )
    ]
    network, batch = torch.nn.Sequential(*layers), torch.randn(4, 32, 96, 96)
    wall, processor = [], []
    for _ in range(7):
        started, on_processor = time.perf_counter(), time.process_time()
        network(batch).sum().backward()
        wall.append(time.perf_counter() - started)
        processor.append(time.process_time() - on_processor)
    return {"wall_s": statistics.median(wall[2:]), "processor_s": statistics.median(processor[2:])}


@click.command()
@click.option("--busy", default=1, show_default=True, help="Processes that keep a core busy.")
@click.option("--threads", type=int, hidden=True, help="Only measure, in this process.")
def main(busy: int, threads: int | None) -> None:
    """Print JSON."""
    if threads:
        print(json.dumps(steps(threads)))
        return
    cores = len(os.sched_getaffinity(0))
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(busy)]
    figures = {}
    try:
        for name, count, policy in (
            ("one thread", 1, "PASSIVE"),
            ("all, spinning", cores, "ACTIVE"),
            ("all, passive (as `sonoloop train`)", cores, "PASSIVE"),
        ):
            done = subprocess.run(
                [sys.executable, "-m", "bench.threads", "--threads", str(count)],
                env={**os.environ, "OMP_WAIT_POLICY": policy},
                check=True,
                capture_output=True,
                text=True,
            )
            figures[name] = json.loads(done.stdout)
    finally:
        for one in others:
            one.kill()
            one.wait()
    print(json.dumps({"busy": busy, "load": os.getloadavg()[0], **figures}, indent=2))


if __name__ == "__main__":
    main()
