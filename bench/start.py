"""Time of a second start: from the command until `/readyz` reports that everything is ready.

    python -m bench.start --repeat 5

The first start creates data folder, database and keys and is not counted.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from app.site.lock import holder
from app.site.readiness import fetch_readiness

LIMIT_SECONDS = 120


def start_once(folder: Path) -> float:
    """Start on a folder, wait until ready, stop; return the seconds until ready."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SONOLOOP_")}
    environment |= {"SONOLOOP_DATA_DIR": str(folder), "SONOLOOP_PORT": "0"}
    began = time.perf_counter()
    server = subprocess.Popen(
        [sys.executable, "-P", "-m", "app", "serve"], env=environment, stdout=subprocess.DEVNULL
    )
    try:
        while True:
            running = holder(folder)
            report = fetch_readiness(running.local_url) if running else None
            seconds = time.perf_counter() - began
            if report and report["status"] == "ready":
                return seconds
            if server.poll() is not None or seconds > LIMIT_SECONDS:
                raise click.ClickException(f"the server did not become ready: {report}")
            time.sleep(0.01)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


@click.command()
@click.option("--repeat", default=5, show_default=True)
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write figures here too.")
def main(repeat: int, target: Path | None) -> None:
    """Seconds from `sonoloop serve` to ready, on a folder that was served before."""
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "data"
        first = start_once(folder)
        times = [start_once(folder) for _ in range(repeat)]
    figures = {
        "first_seconds": round(first, 2),
        "second_seconds_median": round(statistics.median(times), 2),
        "second_seconds_worst": round(max(times), 2),
        "starts": repeat,
        "cores": os.cpu_count(),
    }
    click.echo(json.dumps(figures, indent=2))
    if target:
        target.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
