"""`python -m worker.model_check`: models looked at from outside the processes that serve.

`run FOLDER` runs one model under limits of time and memory. `survey ROOT…` says as JSON which
models can serve and what is wrong with the others; `sonoloop doctor` asks it.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
from pathlib import Path

import numpy as np

from worker.pipeline.card import MODEL_FILE, ModelError
from worker.pipeline.network import Network, fit_size, require_sha256
from worker.pipeline.vetting import CPU_SECONDS, MOST_BYTES, REFUSED, vet
from worker.pipeline.zoo import find_models, is_shipped, survey


def run(folder: Path) -> None:
    """Run a model at its card's area and at half of it, of another shape.

    Raises:
        ModelError: it cannot be loaded, or what it says is not finite or of the wrong shape.
    """
    network = Network.load(folder, providers=["CPUExecutionProvider"], threads=1)
    spec = network.card.input
    random = np.random.default_rng(0)
    for height, width, area in ((300, 300, spec.area), (200, 500, max(1024, spec.area // 2))):
        size = fit_size(height, width, area, spec.multiple)
        network.look(random.integers(0, 256, (size.height, size.width, 3), np.uint8), size, "flip")


def confine() -> None:
    """Limits that the kernel keeps, whatever a graph does."""
    for what, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_AS, MOST_BYTES),
    ):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most, hard))


def state(roots: list[Path]) -> dict[str, list[str]]:
    """`models` that can serve, `NAME VERSION`, and `problems` of the others."""
    _, problems = survey(*roots)
    models = []
    for found in find_models(*roots):
        try:
            require_sha256(found.folder / MODEL_FILE, found.card.sha256)
            if not is_shipped(found.folder):
                vet(found.folder, found.card)
        except ModelError as error:
            problems.append(str(error))
        else:
            models.append(f"{found.card.name} {found.card.version}")
    return {"models": models, "problems": problems}


def main(what: str, *paths: str) -> int:
    """Do what the module says; the exit code."""
    logging.disable()
    if what == "survey":
        sys.stdout.write(json.dumps(state([Path(path) for path in paths])) + "\n")
        return 0
    confine()
    try:
        run(Path(paths[0]))
    except ModelError as error:
        sys.stdout.write(f"{REFUSED}{' '.join(str(error).split())}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
