"""A model in 8-bit integers, for machines without a GPU and with little memory.

Static quantisation to QDQ form with ONNX Runtime, weights per output channel. The ranges of the
activations come from training images, preprocessed by the product's pipeline.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

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

from models.data.samples import Sample
from models.evaluation.per_image import evaluate_samples, read_frame
from models.packaging.export import today
from models.packaging.parting import patient_folds
from worker.pipeline import (
    ModelCard,
    Network,
    PipelineSettings,
    file_sha256,
)
from worker.pipeline.card import MODEL_FILE
from worker.pipeline.network import as_batch
from worker.pipeline.segment import network_input

RangeName = Literal["minmax", "average"]
"""The range of an activation: the widest seen, or a moving mean over the images."""
MOST_LOSS = 0.005
"""The most mean lesion IoU that may be lost on a data set's held-out images."""

LESION_FREE = ", lesion-free"

_BATCH = 8
"""Number of images whose activations are in memory at once."""
_KEPT = ("classifier", "presence")
"""These layers and all that follow them stay in 32 bits. The classifier's output is as large as the
image, and converting to 8 bits and back costs more time than it saves; the presence head costs
nothing, and one wrong answer from it adds or removes a whole outline."""
_FIRST = ("encoder.stem", "encoder.blocks.0", "encoder.blocks.1")
"""The first layers stay in 32 bits too, if they have these names: an error there affects everything
after them, dark images use few of the 256 steps, and it costs no time (docs/models/trust.md has
the table)."""


def quantized(
    network: Network,
    samples: Sequence[Sample],
    ranges: RangeName = "average",
    weight_bits: int = 8,
) -> onnx.ModelProto:
    """Return the network's graph in 8-bit integers.

    Args:
        network: the source of graph, input area and recommended pipeline.
        samples: training images for the ranges; a hundred are plenty.
        ranges: how the range of an activation is found.
        weight_bits: 8, or 7 for x86 processors without VNNI, which add 8-bit products into 16 bits
            and saturate.

    Raises:
        DataError: an image cannot be read.
    """
    # ONNX Runtime raises if nothing is left for the last batch.
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
            nodes_to_exclude=[
                *kept_in_float(onnx.load(prepared), *_KEPT),
                *first_in_float(onnx.load(prepared), *_FIRST),
            ],
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
    """Return the names of the nodes that use these layers' weights, and of all nodes after them."""
    beginnings = tuple(f"{layer}." for layer in layers)
    reached = {w.name for w in graph.graph.initializer if w.name.startswith(beginnings)}
    names = []
    for node in graph.graph.node:  # in topological order, as ONNX requires
        if reached.intersection(node.input):
            reached.update(node.output)
            names.append(node.name)
    return names


def first_in_float(graph: onnx.ModelProto, *layers: str) -> list[str]:
    """Return the names of the nodes before the first that uses another layer's weights."""
    beginnings = tuple(f"{layer}." for layer in layers)
    weights = {w.name for w in graph.graph.initializer if w.name.endswith(".weight")}
    names = []
    for node in graph.graph.node:  # in topological order, as ONNX requires
        if any(not name.startswith(beginnings) for name in weights.intersection(node.input)):
            break
        names.append(node.name)
    return names if len(names) < len(graph.graph.node) else []


class PipelineImages(CalibrationDataReader):  # type: ignore[misc]
    """Images as the pipeline passes them to the network, one by one."""

    def __init__(
        self, samples: Sequence[Sample], network: Network, settings: PipelineSettings
    ) -> None:
        self._batches = _batches(samples, network, settings)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """Return the next input of the graph, or None after the last."""
        return next(self._batches, None)


def _batches(
    samples: Sequence[Sample], network: Network, settings: PipelineSettings
) -> Iterator[dict[str, NDArray[np.float32]]]:
    for sample in samples:
        resized, size = network_input(read_frame(sample), network, settings)
        yield {"image": as_batch([resized], size)}


@dataclass(frozen=True, slots=True)
class Compared:
    """One image, measured with the float model and with the 8-bit one.

    Attributes:
        part: its data set, with `LESION_FREE` appended for an image without a lesion.
        before, after: lesion IoU through the whole pipeline; for an image without a lesion 1 if
            nothing is outlined, else 0.
        slow, fast: time of the network, ms.
    """

    part: str
    before: float
    after: float
    slow: float
    fast: float


def compare(
    samples: Sequence[Sample],
    whole: Network,
    small: Network,
    on_image: Callable[[], None] | None = None,
) -> list[Compared]:
    """Run both models on each image in turn, so that other load on the machine affects both.

    Raises:
        DataError: an image or a mask cannot be read.
    """
    settings = PipelineSettings.for_card(whole.card)
    found = []
    for sample in samples:
        (one,), (other,) = (evaluate_samples([sample], n, settings) for n in (whole, small))
        free = "" if one.metrics.truth else LESION_FREE
        found.append(
            Compared(
                f"{sample.source}{free}",
                one.metrics.lesion_iou,
                other.metrics.lesion_iou,
                one.network_seconds * 1000,
                other.network_seconds * 1000,
            )
        )
        if on_image:
            on_image()
    return found


def compare_crossed(
    training: Sequence[Sample],
    whole: Network,
    ranges: RangeName,
    weight_bits: int,
    on_image: Callable[[], None] | None = None,
) -> list[Compared]:
    """Compare on each training image, with 8-bit ranges from other patients.

    A few held-out patients show little about the loss from 8 bits. Only the ranges are fitted, so
    images on which the weights were trained can be used as well.

    Raises:
        DataError: there are fewer than two patients.
    """
    found = []
    for rest, judged in patient_folds(training):
        with other_bits(whole, rest, ranges, weight_bits) as small:
            found += compare(judged, whole, small, on_image)
    return found


@contextmanager
def other_bits(
    whole: Network,
    training: Sequence[Sample],
    ranges: RangeName,
    weight_bits: int,
    name: str | None = None,
    threads: int | None = None,
) -> Iterator[Network]:
    """Yield the 8-bit model in a temporary folder."""
    graph = quantized(whole, training, ranges, weight_bits)
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / MODEL_FILE
        written.write_bytes(graph.SerializeToString())
        _card(whole.card, name, file_sha256(written)).write(written.parent)
        yield Network.load(written.parent, threads=threads)


def summarised(found: Sequence[Compared], *, timed: bool = True) -> dict[str, dict[str, float]]:
    """Return means by data set; images without a lesion under its name and `, lesion-free`.

    Args:
        timed: whether to include milliseconds, which differ from run to run.
    """
    report = {}
    for part in sorted({one.part for one in found}):
        values = [(o.before, o.after, o.slow, o.fast) for o in found if o.part == part]
        before, after, slow, fast = np.array(values).T
        report[part] = {
            "count": len(values),
            "lesion_iou_float": float(before.mean()),
            "lesion_iou_int8": float(after.mean()),
            "change": float((after - before).mean()),
            "worst": float((after - before).min()),
        }
        if timed:
            report[part] |= {
                "network_ms_float": float(np.median(slow)),
                "network_ms_int8": float(np.median(fast)),
            }
    return report


def _card(card: ModelCard, name: str | None, sha256: str) -> ModelCard:
    changed = card.model_copy(
        update={
            "name": name or f"{card.name}-int8",
            "title": f"{card.title}, 8-bit",
            "created": today(),
            "sha256": sha256,
            "files": {},
            "metrics": {},
        }
    )
    return ModelCard.model_validate(changed.model_dump())
