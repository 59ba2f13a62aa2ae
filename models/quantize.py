"""`sonoloop quantize`: a model in 8-bit integers, for machines without a GPU and little memory.

Static quantisation to QDQ form with ONNX Runtime, weights per output channel. The ranges of the
activations are taken from training images, seen as the product's pipeline shows them.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Literal, get_args

import click
import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.config import training_samples
from models.data import DataError, Sample
from models.evaluation import evaluate_samples, read_frame
from models.held_out import held_out, sources_of, spread
from models.options import model_option, threads_option
from models.presence import undecided
from worker.pipeline import (
    ModelCard,
    ModelError,
    Network,
    PipelineSettings,
    file_sha256,
    find_model,
    site_roots,
)
from worker.pipeline.card import MODEL_FILE
from worker.pipeline.network import as_batch
from worker.pipeline.segment import network_input

RangeName = Literal["minmax", "average"]
"""The range of an activation: the widest seen, or a moving mean over the images."""
MOST_LOSS = 0.005
"""Of mean lesion IoU on a data set's held-out images."""

LESION_FREE = ", lesion-free"

_BATCH = 8
"""Images whose activations are in memory at once."""
_KEPT = ("classifier", "presence")
"""These layers and what follows them stay in 32 bits. The classifier's output is as large as the
image, and going to 8 bits and back costs more time than it saves; the presence head costs nothing,
and one wrong answer of it is a whole outline."""


def quantized(
    network: Network,
    samples: Sequence[Sample],
    ranges: RangeName = "average",
    weight_bits: int = 8,
) -> onnx.ModelProto:
    """The network's graph in 8-bit integers.

    Args:
        network: its graph, input area and recommended pipeline are taken.
        samples: training images for the ranges; a hundred are plenty.
        ranges: how the range of an activation is found.
        weight_bits: 8, or 7 for x86 processors without VNNI, which add products of 8 bits into 16
            and saturate.

    Raises:
        DataError: an image cannot be read.
    """
    # ONNX Runtime refuses where nothing is left over for the last batch.
    batch = next(number for number in count(_BATCH) if len(samples) % number)
    with tempfile.TemporaryDirectory() as folder:
        prepared, done = Path(folder) / "prepared.onnx", Path(folder) / "quantized.onnx"
        quant_pre_process(network.folder / MODEL_FILE, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            done,
            PipelineImages(samples, network, PipelineSettings.for_card(network.card)),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=weight_bits == 7,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=kept_in_float(onnx.load(prepared), *_KEPT),
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={
                "CalibMaxIntermediateOutputs": batch,
                "CalibMovingAverage": ranges == "average",
            },
        )
        graph = onnx.load(done)
    for owner in (graph, graph.graph, *graph.graph.node):
        owner.doc_string = ""
        del owner.metadata_props[:]
    onnx.checker.check_model(graph)
    return graph


def kept_in_float(graph: onnx.ModelProto, *layers: str) -> list[str]:
    """Names of the nodes that use the weights of these layers, and of all nodes after them."""
    beginnings = tuple(f"{layer}." for layer in layers)
    reached = {w.name for w in graph.graph.initializer if w.name.startswith(beginnings)}
    names = []
    for node in graph.graph.node:  # in topological order, as ONNX demands
        if reached.intersection(node.input):
            reached.update(node.output)
            names.append(node.name)
    return names


class PipelineImages(CalibrationDataReader):  # type: ignore[misc]
    """Images as the pipeline shows them to the network, one by one."""

    def __init__(
        self, samples: Sequence[Sample], network: Network, settings: PipelineSettings
    ) -> None:
        self._batches = _batches(samples, network, settings)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next input of the graph, or None after the last."""
        return next(self._batches, None)


def _batches(
    samples: Sequence[Sample], network: Network, settings: PipelineSettings
) -> Iterator[dict[str, NDArray[np.float32]]]:
    for sample in samples:
        resized, size = network_input(read_frame(sample), network, settings)
        yield {"image": as_batch([resized], size)}


def compare(
    samples: Sequence[Sample],
    whole: Network,
    small: Network,
    on_image: Callable[[], None] | None = None,
) -> dict[str, dict[str, float]]:
    """Mean lesion IoU of both through the whole pipeline, and the network's milliseconds.

    Of images without a lesion, IoU is the share in which nothing is outlined. The two run in turn
    on each image, so that what else the machine does hits both.

    Returns:
        By data set; its images without a lesion under its name and `, lesion-free`.

    Raises:
        DataError: an image or a mask cannot be read.
    """
    settings = PipelineSettings.for_card(whole.card)
    found: dict[str, list[tuple[float, float, float, float]]] = {}
    for sample in samples:
        (one,), (other,) = (evaluate_samples([sample], n, settings) for n in (whole, small))
        free = "" if one.metrics.truth else LESION_FREE
        found.setdefault(f"{sample.source}{free}", []).append(
            (
                one.metrics.lesion_iou,
                other.metrics.lesion_iou,
                one.network_seconds * 1000,
                other.network_seconds * 1000,
            )
        )
        if on_image:
            on_image()
    report = {}
    for source, values in sorted(found.items()):
        before, after, slow, fast = np.array(values).T
        report[source] = {
            "count": len(values),
            "lesion_iou_float": float(before.mean()),
            "lesion_iou_int8": float(after.mean()),
            "change": float((after - before).mean()),
            "worst": float((after - before).min()),
            "network_ms_float": float(np.median(slow)),
            "network_ms_int8": float(np.median(fast)),
        }
    return report


@click.command()
@model_option
@click.option("--name", help="Of the new model; the old name with -int8 where not given.")
@click.option(
    "--out",
    "zoo",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("models/zoo"),
    show_default=True,
    help="Folder of models; NAME/VERSION is made below it.",
)
@click.option(
    "--samples",
    "images",
    type=click.IntRange(min=8),
    default=60,
    show_default=True,
    help="Training images of each data set that ranges are taken from.",
)
@click.option(
    "--ranges", type=click.Choice(get_args(RangeName)), default="average", show_default=True
)
@click.option(
    "--weight-bits",
    type=click.IntRange(7, 8),
    default=8,
    show_default=True,
    help="7 for x86 processors without VNNI, on which 8 overflow.",
)
@click.option(
    "--check",
    type=click.IntRange(min=1),
    help="Held-out images of each data set to compare on; all where not given.",
)
@click.option(
    "--most-loss",
    type=click.FloatRange(min=-1, max=1),
    default=MOST_LOSS,
    show_default=True,
    help="Of mean lesion IoU on a data set; one with few lesion images scatters by more.",
)
@threads_option
def quantize(
    model: str | None,
    name: str | None,
    zoo: Path,
    images: int,
    ranges: RangeName,
    weight_bits: int,
    check: int | None,
    most_loss: float,
    threads: int | None,
) -> None:
    """Write a model in 8-bit integers, compared with the float model on its held-out images.

    Nothing is written where it loses more than --most-loss of mean lesion IoU on a data set.
    Weights for training and the training domain stay with the float model: run
    `sonoloop fit-domain` on the new one, and `sonoloop fit-presence` where it tells presence.
    """
    try:
        found = find_model(site_roots(), model)
        # Both without a training domain and presence, which the new one has not yet.
        whole = undecided(Network.load(found.folder, threads=threads).without_domain())
        training = spread(training_samples(sources_of(whole.card.training)), images)
        checked = held_out(whole.card.training)
        if check is not None:
            checked = spread(checked, check)
        graph = quantized(whole, training, ranges, weight_bits)
        with tempfile.TemporaryDirectory() as folder:
            written = Path(folder) / MODEL_FILE
            written.write_bytes(graph.SerializeToString())
            card = _card(whole.card, name, file_sha256(written))
            card.write(written.parent)
            small = Network.load(written.parent, threads=threads)
            with Progress(
                TextColumn("compare"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            ) as bar:
                task = bar.add_task("compare", total=len(checked))
                report = compare(checked, whole, small, lambda: bar.advance(task))
            click.echo(json.dumps(report, indent=2))
            loss = -min(
                values["change"] for name, values in report.items() if LESION_FREE not in name
            )
            if loss > most_loss:
                raise ModelError(
                    f"In 8 bits the model loses {loss:.4f} of mean lesion IoU on a data set, more "
                    f"than {most_loss}; nothing was written. Try --ranges, --weight-bits or "
                    "--samples."
                )
            target = zoo / card.name / card.version
            target.mkdir(parents=True, exist_ok=True)
            (target / MODEL_FILE).write_bytes(written.read_bytes())
    except (DataError, ModelError) as error:
        raise click.ClickException(str(error)) from error
    lineage = {
        "model": whole.card.name,
        "version": whole.card.version,
        "sha256": whole.card.sha256,
        "ranges": ranges,
        "weight_bits": weight_bits,
        "images": len(training),
    }
    final = card.model_copy(
        update={
            "training": {**card.training, "quantized_from": lineage},
            "metrics": {"float_and_int8": report},
        }
    )
    click.echo(final.write(target), err=True)


def _card(card: ModelCard, name: str | None, sha256: str) -> ModelCard:
    changed = card.model_copy(
        update={
            "name": name or f"{card.name}-int8",
            "title": f"{card.title}, 8-bit",
            "created": datetime.now(UTC).date(),
            "sha256": sha256,
            "files": {},
            "metrics": {},
        }
    )
    return ModelCard.model_validate(changed.model_dump())
