"""The whole pipeline compared with the textbook stack at 512 by 512 px.

    python -m bench.stack --repeat 10

Textbook: PyTorch eager, DeepLabV3+ with a ResNet-50 encoder and output stride 16 at full
resolution, then ten iterations of pydensecrf on RGB with the parameters of its own example,
starting with decoding a PNG. Ours: a worker's processing from the PNG's bytes to mask, overlay and
JSON, with the shipped models and their recommended settings. Both use all cores; accuracy is not
compared.
"""

import json
import os
import statistics
import time
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from app.core.settings import Settings
from bench.http import images
from worker.ingest import DecodeLimits, decode
from worker.pipeline import Network
from worker.pipeline.zoo import DEFAULT_MODEL, find_model
from worker.tasks.process import segment_bytes


def textbook_network() -> torch.nn.Module:
    """DeepLabV3+ ResNet-50 with random weights: only its time is measured."""
    # torchvision is built for CUDA; without its operators' schemas it cannot be imported here.
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for schema in (
        "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
        "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    ):
        library.define(schema)  # type: ignore[no-untyped-call]
    import segmentation_models_pytorch

    network: torch.nn.Module = segmentation_models_pytorch.DeepLabV3Plus(
        "resnet50", encoder_weights=None, encoder_output_stride=16, classes=2
    )
    network.eval()
    network.library = library  # type: ignore[assignment]  # kept alive with the network
    return network


def textbook(network: torch.nn.Module, data: bytes) -> NDArray[np.uint8]:
    """Mask [H, W] by the textbook stack."""
    from pydensecrf import densecrf
    from pydensecrf.utils import unary_from_softmax

    pixels = decode(data, DecodeLimits()).frame.pixels
    rgb = pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)
    height, width = rgb.shape[:2]
    batch = torch.from_numpy(rgb.astype(np.float32) / 255).permute(2, 0, 1)[None]
    with torch.no_grad():
        softmax = network(batch).softmax(1)[0].numpy()
    crf = densecrf.DenseCRF2D(width, height, 2)
    crf.setUnaryEnergy(np.ascontiguousarray(unary_from_softmax(softmax)))
    crf.addPairwiseGaussian(sxy=3, compat=3)
    crf.addPairwiseBilateral(sxy=80, srgb=13, rgbim=np.ascontiguousarray(rgb), compat=10)
    return np.asarray(np.argmax(crf.inference(10), axis=0).reshape(height, width), np.uint8)


@click.command()
@click.option(
    "--model",
    "names",
    multiple=True,
    default=(DEFAULT_MODEL, f"{DEFAULT_MODEL}-int8", "sonoloop-lite0"),
    show_default=True,
    help="Repeatable; the default model, its 8-bit form, and the smallest.",
)
@click.option("--repeat", default=10, show_default=True)
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write figures here too.")
def main(names: tuple[str, ...], repeat: int, target: Path | None) -> None:
    """Time all alternately."""
    cores = len(os.sched_getaffinity(0))
    cv2.setNumThreads(cores)
    torch.set_num_threads(cores)
    settings = Settings()
    roots = settings.model_roots
    theirs = textbook_network()
    ours = {name: Network.load(find_model(roots, name).folder, threads=cores) for name in names}
    seconds: dict[str, list[float]] = {name: [] for name in ("textbook", *names)}
    for number, item in enumerate(images(repeat + 1)):
        started = time.perf_counter()
        textbook(theirs, item)
        taken = {"textbook": time.perf_counter() - started}
        for name, network in ours.items():
            started = time.perf_counter()
            segment_bytes(item, network, settings)
            taken[name] = time.perf_counter() - started
        if number:  # the first round warms up
            for name, value in taken.items():
                seconds[name].append(value)
    p50 = {name: statistics.median(values) * 1000 for name, values in seconds.items()}
    figures: dict[str, Any] = {
        "p50_ms": p50,
        "times_faster": {name: p50["textbook"] / p50[name] for name in names},
    }
    print(json.dumps(figures, indent=2))
    if target:
        target.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
