"""`python -m worker.model_check`: checks models outside the serving processes.

`run FOLDER` measures one model under limits of time and memory. `survey ROOT…` prints as JSON which
models can serve and what is wrong with the others, `engines ENGINE` how closely the chosen engine's
answers match ONNX Runtime's; `sonoloop doctor` runs both.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from worker.pipeline.card import MODEL_FILE, ModelError
from worker.pipeline.engines import EngineName
from worker.pipeline.network import Network, require_sha256
from worker.pipeline.verification import measure
from worker.pipeline.vetting import CPU_SECONDS, MOST_BYTES, REFUSED, vet
from worker.pipeline.zoo import find_models, is_shipped, load, model_roots, survey


def confine() -> None:
    """Set limits that the kernel enforces, whatever a graph does."""
    for what, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_AS, MOST_BYTES),
    ):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most, hard))


def state(roots: list[Path]) -> dict[str, list[str]]:
    """Return `models` that can serve, as `NAME VERSION`, and `problems` of the others."""
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


def parity(engine: EngineName) -> list[dict[str, str | float]]:
    """Compare the chosen engine with ONNX Runtime on the shipped models: parity and speed.

    Returns:
        For each model its name, the `provider` that runs it, and if that is not ONNX Runtime the
        share of `labels_equal` and the `times_faster` by processor time, on two images of a dark
        lesion in speckle: without a lesion, rounding alone would decide doubtful pixels.
    """
    random = np.random.default_rng(0)
    found = []
    for shipped in find_models(*model_roots()):
        network = load(shipped, threads=1, engine=engine)
        row: dict[str, str | float] = {"model": shipped.card.name, "provider": network.provider}
        found.append(row)
        if network.provider.endswith("ExecutionProvider"):
            continue
        reference = load(shipped, threads=1)
        equal, spent = [], {network: 0.0, reference: 0.0}
        for height, width in ((384, 384), (300, 500)):
            size = network.fit_size(height, width)
            tissue = np.full((size.height, size.width), 110, np.float32)
            centre = size.width // 2, size.height // 2
            cv2.ellipse(tissue, centre, (size.width // 6, size.height // 8), 10, 0, 360, 15, -1)
            speckle = cv2.GaussianBlur(random.rayleigh(0.8, tissue.shape), (0, 0), 1.2)
            picture = np.clip(cv2.GaussianBlur(tissue, (0, 0), 2) * speckle, 0, 255)
            picture = picture.astype(np.uint8)
            answers = {}
            for one in spent:
                one.look(picture, size, "flip")  # the first run of each size takes longer
                started = time.process_time()
                answers[one] = one.look(picture, size, "flip").logits >= 0
                spent[one] += time.process_time() - started
            equal.append(float((answers[network] == answers[reference]).mean()))
        row["labels_equal"] = round(min(equal), 5)
        row["times_faster"] = round(spent[reference] / spent[network], 2)
    return found


def main(what: str, *paths: str) -> int:
    """Run the command; return the exit code."""
    logging.disable()
    if what == "engines":
        sys.stdout.write(json.dumps(parity(cast(EngineName, paths[0]))) + "\n")
        return 0
    if what == "survey":
        sys.stdout.write(json.dumps(state([Path(path) for path in paths])) + "\n")
        return 0
    confine()
    try:
        network = Network.load(Path(paths[0]), providers=["CPUExecutionProvider"], threads=1)
        sys.stdout.write(json.dumps(asdict(measure(network))) + "\n")
    except ModelError as error:
        sys.stdout.write(f"{REFUSED}{' '.join(str(error).split())}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
