"""Export of a checkpoint to a model folder that the pipeline can load."""

from __future__ import annotations

import contextlib
import io
import os
import time
import warnings
from collections.abc import Sequence
from datetime import UTC, date, datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from app.core.disk import write_whole
from models.architectures.cost import multiply_accumulates, parameter_count
from models.architectures.deeplabv3plus import DeepLabV3Plus
from models.architectures.encoder import INPUT_MULTIPLE, Encoder
from models.packaging.agreement import IOU_TOLERANCE, iou_agreement
from models.packaging.held_out import spread
from models.packaging.tracing import TRANSLATIONS, traceable
from models.training.checkpoint import Checkpoint
from models.training.config import ConfigError, read_yaml, validation_samples
from models.training.weights import WEIGHTS_FILE, weights_file
from worker.pipeline.card import (
    MODEL_FILE,
    NAME_PATTERN,
    VERSION_PATTERN,
    Architecture,
    Calibration,
    InputSpec,
    ModelCard,
    ModelClass,
    file_sha256,
)
from worker.pipeline.network import Network
from worker.pipeline.settings import PipelineSettings, TtaName

OPSET = 18
PARITY_SIZES = ((256, 256), (192, 352), (384, 160), (224, 288))
"""Height and width: square, wide, tall, and odd multiples of 32."""
PARITY_TOLERANCE = 1e-3
_TRACED_SIZE = (96, 160)
_LARGEST_MULTIPLE = 128


class ExportError(Exception):
    """The exported graph differs from the network; the message says how."""


class CardNotes(BaseModel):
    """The facts about a model that only people know, for its card."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=NAME_PATTERN)
    version: str = Field(pattern=VERSION_PATTERN)
    title: str
    intended_use: str
    architecture: str
    encoder: str
    command: str
    """The command that trained it."""
    input_area: int | None = Field(default=None, ge=1024)
    """Pixels of the network input, if other than in the validation of the training."""
    tta: TtaName = "none"
    """Test-time augmentation to tune and run with."""
    data: dict[str, Any] = Field(default_factory=dict)
    training: dict[str, Any] = Field(default_factory=dict)
    """Added to what the checkpoint records."""
    licences: list[Any] = Field(default_factory=list)
    limits: list[str] = Field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> CardNotes:
        """Read a YAML file.

        Raises:
            ExportError: the file is missing or does not hold the notes.
        """
        try:
            return read_yaml(cls, path, "file with the notes of a card")
        except ConfigError as error:
            raise ExportError(str(error)) from error


class WithEmbedding(nn.Module):
    """A network with an encoder, and the mean of the encoder's features as a second output.

    The mean over the coarse map, [N,C], shows what kind of image the network was given
    (`models.packaging.domain`); its cost is negligible, as the map is computed anyway. A network
    with a presence head returns its logit [N] as a third.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        coarse: list[Tensor] = []
        encoder = self.network.get_submodule("encoder")
        hook = encoder.register_forward_hook(lambda _m, _i, out: coarse.append(out.coarse))
        network = self.network
        try:
            if isinstance(network, DeepLabV3Plus) and network.presence is not None:
                said: tuple[Tensor, ...] = network.with_presence(image)
            else:
                said = (network(image),)
        finally:
            hook.remove()
        return said[0], coarse[0].mean(dim=(2, 3)), *said[1:]


def output_names(network: nn.Module) -> list[str]:
    """Return the names of the graph's outputs, in order."""
    if not has_embedding(network):
        return ["logits"]
    with_head = isinstance(network, DeepLabV3Plus) and network.presence is not None
    return ["logits", "embedding", *(["presence"] if with_head else [])]


def has_embedding(network: nn.Module) -> bool:
    """Return whether the network has an encoder whose features can be pooled."""
    return isinstance(getattr(network, "encoder", None), Encoder)


def to_onnx(network: nn.Module) -> onnx.ModelProto:
    """Return the network as an ONNX graph `image` → `logits` with free batch, height and width.

    A network with an encoder gets the second output `embedding`, one with a presence head the third
    output `presence`. Height and width are any multiples of 32. Batch norms are folded into the
    convolutions, and the exporter's notes about source files are removed.
    """
    traced = traceable(network.eval())
    embeds = has_embedding(traced)
    example = torch.zeros(2, 3, *_TRACED_SIZE)
    batch = torch.export.Dim("batch", min=1, max=1024)
    height = torch.export.Dim("rows", min=1, max=_LARGEST_MULTIPLE)
    width = torch.export.Dim("columns", min=1, max=_LARGEST_MULTIPLE)
    free = {0: batch, 2: INPUT_MULTIPLE * height, 3: INPUT_MULTIPLE * width}
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        # The exporter writes to standard output and warns about its own internals.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            WithEmbedding(traced) if embeds else traced,
            (example,),
            dynamo=True,
            optimize=True,
            opset_version=OPSET,
            input_names=["image"],
            output_names=output_names(network),
            dynamic_shapes={"image": free},
            custom_translation_table=TRANSLATIONS,
            verbose=False,
        )
    if program is None:
        raise ExportError("The exporter returned no graph.")
    graph: onnx.ModelProto = program.model_proto
    _remove_notes(graph)
    if embeds:
        _restore_names(graph)
    onnx.checker.check_model(graph, full_check=True)
    return graph


def parity(
    network: nn.Module,
    graph: onnx.ModelProto,
    sizes: Sequence[tuple[int, int]] = PARITY_SIZES,
    seed: int = 0,
) -> dict[str, float]:
    """Return the largest absolute difference of the outputs on random images, by size `HxW`.

    A graph without embedding is compared by its logits.

    Raises:
        ExportError: a difference exceeds PARITY_TOLERANCE or a shape is wrong.
    """
    session = onnxruntime.InferenceSession(
        graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    network = WithEmbedding(network.eval()) if "embedding" in names else network.eval()
    generator = np.random.default_rng(seed)
    differences = {}
    for height, width in sizes:
        image = generator.uniform(0, 255, (2, 3, height, width)).astype(np.float32)
        with torch.inference_mode():
            said = network(torch.from_numpy(image))
        expected = dict(zip(names, said if isinstance(said, tuple) else (said,), strict=True))
        found = dict(zip(names, session.run(names, {"image": image}), strict=True))
        differences[f"{height}x{width}"] = max(
            _difference(f"{name} at {height}x{width}", found[name], expected[name].numpy())
            for name in names
        )
    return differences


def export_checkpoint(checkpoint: Checkpoint, notes: CardNotes, zoo: Path) -> ModelCard:
    """Write `zoo/<name>/<version>/` with graph, weights and card; an existing one is replaced.

    The card gets neutral calibration and, except for test-time augmentation, neutral pipeline
    settings; `sonoloop tune` sets them.

    Raises:
        ExportError: ONNX and PyTorch disagree.
    """
    config = checkpoint.config
    network = config.network.build()
    network.load_state_dict(checkpoint.average)
    graph = to_onnx(network)
    differences = parity(network, graph)
    folder = zoo / notes.name / notes.version
    path = folder / MODEL_FILE
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(path, graph.SerializeToString())
    write_whole(folder / WEIGHTS_FILE, weights_file(config.network, checkpoint.average))
    area = notes.input_area or config.input_area
    side = round(area**0.5)
    card = ModelCard(
        name=notes.name,
        version=notes.version,
        title=notes.title,
        intended_use=notes.intended_use,
        created=today(),
        sha256=file_sha256(path),
        files={WEIGHTS_FILE: file_sha256(folder / WEIGHTS_FILE)},
        architecture=Architecture(
            name=notes.architecture,
            encoder=notes.encoder,
            output_stride=config.network.stride,
            parameters=parameter_count(network),
            macs=multiply_accumulates(network, side, side),
        ),
        classes=tuple(ModelClass(name=name) for name in config.classes),
        input=InputSpec(area=area, multiple=INPUT_MULTIPLE),
        calibration=Calibration(),
        pipeline=PipelineSettings(tta=notes.tta),
        data=notes.data,
        training={
            "command": notes.command,
            "seed": config.seed,
            "epochs": checkpoint.epochs,
            "config": config.model_dump(mode="json"),
            "torch": installed_version("torch"),
            **notes.training,
        },
        metrics={"onnx_parity_max_logit_difference": differences},
        licences=notes.licences,
        limits=notes.limits,
    )
    card.write(folder)
    return card


def today() -> date:
    """Return the date for the card, UTC; that of SOURCE_DATE_EPOCH, if set, to reproduce a model's
    bytes.

    Source: reproducible-builds.org, SOURCE_DATE_EPOCH specification 1.0.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(given) if given.isdigit() else time.time(), UTC).date()


def record_agreement(checkpoint: Checkpoint, folder: Path, limit: int | None = None) -> ModelCard:
    """Compare the lesion IoU on the run's validation folds and write it into the card.

    Args:
        checkpoint: the exported checkpoint.
        folder: the model's folder.
        limit: number of images of each data set, spread evenly over it; all by default.

    Raises:
        ExportError: the two differ by more than IOU_TOLERANCE.
        DataError: the run's data is missing.
    """
    network = checkpoint.config.network.build()
    network.load_state_dict(checkpoint.average)
    samples = validation_samples(checkpoint.config.sources)
    if limit is not None:
        samples = spread(samples, limit)
    agreement = iou_agreement(network, Network.load(folder), samples)
    for source, values in agreement.items():
        if not abs(values["difference"]) <= IOU_TOLERANCE:
            raise ExportError(
                f"On {source} the mean lesion IoU of ONNX is {values['onnx']:.4f} and that of "
                f"PyTorch {values['pytorch']:.4f}; they may differ by {IOU_TOLERANCE}."
            )
    card = ModelCard.read(folder)
    card = card.model_copy(
        update={"metrics": {**card.metrics, "validation_iou_pytorch_and_onnx": agreement}}
    )
    card.write(folder)
    return card


def _difference(what: str, onnx_says: NDArray[Any], pytorch_says: NDArray[Any]) -> float:
    if onnx_says.shape != pytorch_says.shape:
        raise ExportError(
            f"ONNX gives {onnx_says.shape} for the {what}, PyTorch {pytorch_says.shape}."
        )
    difference = float(np.abs(onnx_says - pytorch_says).max())
    if not difference <= PARITY_TOLERANCE:
        raise ExportError(
            f"The {what} of ONNX and PyTorch differ by {difference:.2g}, more than "
            f"{PARITY_TOLERANCE}."
        )
    return difference


def _remove_notes(graph: onnx.ModelProto) -> None:
    """Remove stack traces and names of source files, which change bytes between machines."""
    owners = [
        graph,
        graph.graph,
        *graph.graph.node,
        *graph.graph.input,
        *graph.graph.output,
        *graph.graph.value_info,
        *graph.graph.initializer,
    ]
    for owner in owners:
        owner.doc_string = ""
        del owner.metadata_props[:]


def _restore_names(graph: onnx.ModelProto) -> None:
    """Rename the weights as in the network without its wrapper."""
    names = {i.name: i.name.removeprefix("network.") for i in graph.graph.initializer}
    for value in (*graph.graph.initializer, *graph.graph.value_info):
        value.name = names.get(value.name, value.name)
    for node in graph.graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = names.get(name, name)
