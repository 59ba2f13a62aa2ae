"""Cost and agreement of the engines, and the CRF's benefit for its time.

    python -m bench.engines --data ../shared/data/bus-bra:4 --data ../shared/data/mmotu:5

Every shipped model is run by ONNX Runtime and by OpenVINO (in the precision that the rule selects
on this processor), alternately on the same images, with one mirror image each. Times are processor
time of all threads, which is least affected by other programs on the machine. With `--data` the
whole pipeline runs on images with known masks, with and without the CRF; parity then refers to
masks.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from bench.http import images
from models.comparison.statistics import bootstrap_mean, groups_of
from models.data.samples import Sample, in_folds, read_samples
from models.evaluation.metrics import measure
from models.evaluation.per_image import read_frame, read_truth
from models.evaluation.remembering_network import RememberingNetwork
from worker.decoding import decode
from worker.ingest import DecodeLimits
from worker.pipeline import Frame, Network, PipelineSettings, segment
from worker.pipeline.engines.choice import installed
from worker.pipeline.segment import network_input
from worker.pipeline.zoo import find_model, model_roots

MODELS = ("sonoloop-lite2", "sonoloop-lite2-int8", "sonoloop-lite0")


def engines(name: str, threads: int) -> dict[str, Network]:
    """A model on every installed engine, by provider."""
    folder = find_model(model_roots(), name).folder
    found = [Network.load(folder, threads=threads, engine="onnxruntime")]
    if installed():
        found.append(Network.load(folder, threads=threads, engine="openvino"))
    return {network.provider: network for network in found}


def times(networks: dict[str, Network], repeat: int) -> dict[str, Any]:
    """Processor ms of an image with its mirror image; share of labels equal to the first's."""
    frame = decode(images(1)[0], DecodeLimits()).frame
    taken: dict[str, list[float]] = {provider: [] for provider in networks}
    wall: dict[str, list[float]] = {provider: [] for provider in networks}
    labels: dict[str, NDArray[np.bool_]] = {}
    for number in range(repeat + 2):
        for provider, network in networks.items():
            settings = PipelineSettings.for_card(network.card)
            resized, size = network_input(frame, network, settings)
            started, on_wall = time.process_time(), time.perf_counter()
            answer = network.look(resized, size, settings.tta)
            if number >= 2:  # the first ones warm up
                taken[provider].append((time.process_time() - started) * 1000)
                wall[provider].append((time.perf_counter() - on_wall) * 1000)
            labels[provider] = answer.logits >= 0
    first = next(iter(networks))
    return {
        provider: {
            "processor_ms": round(statistics.median(taken[provider]), 1),
            "wall_ms_least": round(min(wall[provider]), 1),
            "labels_equal": float((labels[provider] == labels[first]).mean()),
        }
        for provider in networks
    }


def _iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    union = np.count_nonzero(one | other)
    return np.count_nonzero(one & other) / union if union else 1.0


def quality(networks: dict[str, Network], samples: Sequence[Sample]) -> dict[str, Any]:
    """Means over the samples, by engine, with and without CRF."""
    rows: dict[str, list[dict[str, float]]] = {}
    for sample in samples:
        frame = read_frame(sample)
        truth = read_truth(sample, frame)
        reference: dict[str, NDArray[np.bool_]] = {}
        for provider, network in networks.items():
            remembering = RememberingNetwork(network, network.card)
            for crf in ("crf", "no crf"):
                found, milliseconds = _segmented(frame, remembering, crf == "crf")
                metrics = measure(found, truth)
                rows.setdefault(f"{provider}, {crf}", []).append(
                    {
                        "lesion_iou": metrics.lesion_iou,
                        "boundary_f": metrics.boundary_f,
                        "mask_iou_to_first": _iou(found, reference.setdefault(crf, found)),
                        "silent": float(not found.any()),
                        "crf_ms": milliseconds,
                    }
                )
    groups = groups_of(samples)
    first = next(iter(networks))
    return {
        f"{provider}, {crf}": _means(rows[f"{provider}, {crf}"])
        | _against(rows[f"{provider}, {crf}"], rows[f"{first}, {crf}"], groups)
        for provider in networks
        for crf in ("crf", "no crf")
    }


def _means(found: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    return {key: round(statistics.mean(one[key] for one in found), 4) for key in found[0]}


def _against(
    found: Sequence[Mapping[str, float]],
    first: Sequence[Mapping[str, float]],
    groups: NDArray[np.int64],
) -> dict[str, Any]:
    """An engine's gain over the first one, per image: mean, 95 % interval by patient."""
    if found is first:
        return {}
    pairs = list(zip(found, first, strict=True))
    said: dict[str, Any] = {"silent_otherwise": sum(a["silent"] != b["silent"] for a, b in pairs)}
    for key in ("lesion_iou", "boundary_f"):
        added = np.array([a[key] - b[key] for a, b in pairs])
        said[f"{key}_added"] = [round(value, 5) for value in bootstrap_mean(added, groups)]
    return said


def _segmented(frame: Frame, network: Network, with_crf: bool) -> tuple[NDArray[np.bool_], float]:
    settings = PipelineSettings.for_card(network.card)
    if not with_crf:
        without = settings.crf.model_copy(update={"engine": "none"})
        settings = settings.model_copy(update={"crf": without})
    spent = {"at": 0.0, "ms": 0.0}

    def progress(stage: str, _share: float) -> None:
        if stage == "crf":
            spent["at"] = time.process_time()
        elif stage == "morphology":
            spent["ms"] = (time.process_time() - spent["at"]) * 1000

    return segment(frame, network, settings, progress).mask, spent["ms"]


def _samples(given: str, most: int) -> list[Sample]:
    """Samples of `FOLDER:FOLD`, evenly thinned to at most this many."""
    folder, _, fold = given.partition(":")
    samples = read_samples(Path(folder))
    samples = in_folds(samples, [int(fold)]) if fold else samples
    return samples[:: max(1, len(samples) // most)][:most]


@click.command()
@click.option("--model", "names", multiple=True, default=MODELS, show_default=True)
@click.option("--data", multiple=True, metavar="FOLDER[:FOLD]", help="Images with known masks.")
@click.option("--most", default=100, show_default=True, help="Images of each data set.")
@click.option("--repeat", default=10, show_default=True, help="Timed rounds.")
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write figures here too.")
def main(
    names: tuple[str, ...], data: tuple[str, ...], most: int, repeat: int, target: Path | None
) -> None:
    """Compare engines; print JSON."""
    cores = len(os.sched_getaffinity(0))
    cv2.setNumThreads(1)
    figures: dict[str, Any] = {}
    for name in names:
        networks = engines(name, cores)
        figures[name] = {"times": times(networks, repeat)} if repeat else {}
        for given in data:
            figures[name][Path(given).name] = quality(networks, _samples(given, most))
        print(json.dumps({name: figures[name]}, indent=2), flush=True)
    if target:
        target.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
