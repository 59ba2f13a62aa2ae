"""The network stage: geometry of the input, a graph and its engine, logits to probability."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.pipeline.artifact import read_artifact
from worker.pipeline.card import (
    MODEL_FILE,
    BrokenModelError,
    InputSpec,
    ModelCard,
    ModelError,
    file_sha256,
)
from worker.pipeline.classes import lesion_logit
from worker.pipeline.domain import DOMAIN_FILE, TrainingDomain
from worker.pipeline.engines import Engine, EngineName, choose, open_engine
from worker.pipeline.engines.choice import processor_flags
from worker.pipeline.settings import TtaName

logger = logging.getLogger(__name__)

MAX_SIDE_FACTOR = 4.0
"""No side of the network input exceeds this many times the square root of the area."""


class FitSize(NamedTuple):
    """How an image is fitted to the network's input size.

    `height` and `width` are the size of the resized content, `padded_height` and `padded_width`
    that of the network's input after padding at the bottom and the right. `scale` is network px per
    image px.
    """

    height: int
    width: int
    padded_height: int
    padded_width: int
    scale: float

    def frame_px(self, length: float) -> float:
        """Convert a length from px of the network input to px of the fitted image."""
        return length / self.scale


def fit_size(height: int, width: int, area: int, multiple: int) -> FitSize:
    """Return a size of about `area` pixels with the aspect of `height` by `width`, and its padding.

    Very long strips (more than 16:1) get fewer pixels, so that no side grows without bound.
    """
    if min(height, width, area, multiple) < 1:
        raise ValueError(f"sizes must be positive, got {height}x{width}, {area}, {multiple}")
    scale = min(
        math.sqrt(area / (height * width)),
        MAX_SIDE_FACTOR * math.sqrt(area) / max(height, width),
    )
    fit_height = max(1, round(height * scale))
    fit_width = max(1, round(width * scale))
    return FitSize(
        fit_height,
        fit_width,
        math.ceil(fit_height / multiple) * multiple,
        math.ceil(fit_width / multiple) * multiple,
        scale,
    )


def resize_to_fit(image: NDArray[np.uint8], size: FitSize) -> NDArray[np.uint8]:
    """Resize uint8 [H,W] or [H,W,3] to the content size, without padding.

    Area averaging to shrink, bilinear interpolation to enlarge, as in training.
    """
    if image.shape[:2] == (size.height, size.width):
        return image
    shrinking = size.height * size.width < image.shape[0] * image.shape[1]
    interpolation = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    resized = cv2.resize(image, (size.width, size.height), interpolation=interpolation)
    return cast(NDArray[np.uint8], resized)


def pad_to_fit(image: NDArray[np.uint8], size: FitSize) -> NDArray[np.uint8]:
    """Pad the resized image at the bottom and the right by repeating its edge."""
    bottom = size.padded_height - size.height
    right = size.padded_width - size.width
    if bottom == 0 and right == 0:
        return image
    padded = cv2.copyMakeBorder(image, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
    return cast(NDArray[np.uint8], padded)


def unfit(
    logits: NDArray[np.float32], size: FitSize, height: int, width: int
) -> NDArray[np.float32]:
    """Resize logits of the padded input back to `height` by `width` px, float32."""
    content = np.ascontiguousarray(logits[: size.height, : size.width])
    if (size.height, size.width) == (height, width):
        return content
    resized = cv2.resize(content, (width, height), interpolation=cv2.INTER_LINEAR)
    return cast(NDArray[np.float32], resized)


def as_batch(images: Sequence[NDArray[np.uint8]], size: FitSize) -> NDArray[np.float32]:
    """Make the graph's input, float32 [N,3,Hp,Wp], from N images already resized to `size`."""
    batch = np.empty((len(images), 3, size.padded_height, size.padded_width), np.float32)
    for planes, image in zip(batch, images, strict=True):
        padded = pad_to_fit(image, size)
        planes[:] = padded if padded.ndim == 2 else padded.transpose(2, 0, 1)
    return batch


class NetworkOutput(NamedTuple):
    """The outputs of a network for one input.

    `logits` are float32 [H,W], of any lesion against background. `embedding` is float32 [C], pooled
    features of the whole image that show how similar it is to the training images; None if the
    graph has no such output. `presence` is the uncalibrated logit that the image has any lesion;
    None likewise. `class_logits` are float32 [C,H,W] of background and the classes of the card;
    None if the network knows one kind of lesion.
    """

    logits: NDArray[np.float32]
    embedding: NDArray[np.float32] | None = None
    presence: float | None = None
    class_logits: NDArray[np.float32] | None = None


OUTPUTS = ("logits", "embedding", "presence")
"""Names of the graph outputs that are used here."""


def to_probability(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """`sigmoid(logits / temperature)`, float32 in [0, 1], without overflow."""
    # tanh saturates instead of overflowing; sigmoid(x) = (1 + tanh(x/2)) / 2.
    probability: NDArray[np.float32] = np.tanh(logits * np.float32(0.5 / temperature))
    probability += 1.0
    probability *= 0.5
    return probability


class Network:
    """An ONNX model with its card, loaded once and shared between threads.

    Engines may run in several threads at once, and nothing here changes after loading.
    """

    def __init__(
        self,
        card: ModelCard,
        engine: Engine,
        folder: Path,
        domain: TrainingDomain | None = None,
        digest: str | None = None,
    ) -> None:
        self.card = card
        self.digest = digest
        self.folder = folder
        self.domain = domain
        self._engine = engine
        self._outputs = [name for name in engine.outputs if name in OUTPUTS]

    @classmethod
    def load(
        cls,
        folder: Path | str,
        providers: Sequence[str] | None = None,
        threads: int | None = None,
        engine: EngineName = "onnxruntime",
        cache_folder: Path | None = None,
        callers: int = 1,
    ) -> Network:
        """Load `folder/model.onnx` after checking it against `folder/card.json`.

        The training domain is loaded with it if the card names one.

        Args:
            folder: holds `model.onnx` and `card.json`.
            providers: execution providers of ONNX Runtime in order of preference; None takes
                `engines.onnx.PROVIDER_ORDER`. Those that this build lacks are skipped.
            threads: CPU threads of one caller; None lets the engine use all cores it sees.
            engine: which engine runs the graph; published model figures are from ONNX Runtime.
            cache_folder: where TensorRT caches its compiled engines.
            callers: number of threads that will run the network at once.

        Raises:
            ModelError: a file is missing, altered, or not a graph that keeps the contract.
        """
        folder = Path(folder)
        artifact = read_artifact(folder)
        card = artifact.card
        path = folder / MODEL_FILE
        require_sha256(path, card.sha256)
        choice = choose(engine, path, providers, processor_flags())
        beside = card.pipeline.tta == "flip"
        session = open_engine(
            path,
            choice,
            providers,
            threads,
            beside=beside,
            callers=callers,
            cache_folder=cache_folder,
        )
        _check_graph(session, path, card)
        network = cls(card, session, folder, _domain(card, session, folder), artifact.digest)
        logger.info(
            "model loaded",
            extra={"model": card.name, "version": card.version, "provider": network.provider},
        )
        return network

    @property
    def provider(self) -> str:
        """The provider that runs the graph: an ONNX Runtime execution provider, or OpenVINO."""
        return self._engine.provider

    def fit_size(self, height: int, width: int) -> FitSize:
        """`fit_size` with the card's area and multiple."""
        return fit_size(height, width, self.card.input.area, self.card.input.multiple)

    def with_area(self, area: int) -> Network:
        """Return the same graph with an input of about `area` px instead of the card's area.

        Its training domain is valid only for the card's area and is left out at any other. The
        multiply-accumulates come from convolutions, so they are scaled with the area.
        """
        card = self.card
        if area == card.input.area:
            return self
        other = self.without_domain()
        spec = card.input.model_copy(update={"area": area})
        macs = round(card.architecture.macs * area / card.input.area)
        other.card = card.model_copy(
            update={
                "input": InputSpec.model_validate(spec.model_dump()),
                "architecture": card.architecture.model_copy(update={"macs": macs}),
            }
        )
        return other

    def under(self, card: ModelCard) -> Network:
        """Return the same graph with another card, which must describe this graph."""
        other = copy(self)
        other.card = card
        return other

    @property
    def engine(self) -> Engine:
        """The engine that runs the graph."""
        return self._engine

    def on(self, engine: Engine) -> Network:
        """Return the same network on another engine, which must run the same graph."""
        other = copy(self)
        other._engine = engine
        return other

    def without_domain(self) -> Network:
        """Return the same network without its training domain: no image counts as out of domain."""
        other = copy(self)
        other.domain = None
        return other

    def look(
        self, resized: NDArray[np.uint8], size: FitSize, tta: TtaName = "none"
    ) -> NetworkOutput:
        """Return the network's output for an image already resized to `size`, without padding.

        With `flip`, all logits are means over the image and its mirror image; the embedding is that
        of the image alone.
        """
        views = [resized]
        if tta == "flip":
            views.append(np.ascontiguousarray(resized[:, ::-1]))
        answers = self.run(views, size)
        content = np.s_[: size.height, : size.width]
        presence = [answer.presence for answer in answers if answer.presence is not None]
        mean = sum(presence) / len(presence) if presence else None
        by_class = [
            answer.class_logits[:, content[0], content[1]]
            for answer in answers
            if answer.class_logits is not None
        ]
        if by_class:
            classes = by_class[0]
            if tta == "flip":
                classes = (classes + by_class[1][..., ::-1]) * np.float32(0.5)
            return NetworkOutput(lesion_logit(classes), answers[0].embedding, mean, classes)
        logits = answers[0].logits[content]
        if tta == "flip":
            logits = (logits + answers[1].logits[content][:, ::-1]) * np.float32(0.5)
        return NetworkOutput(logits, answers[0].embedding, mean)

    def run(self, images: Sequence[NDArray[np.uint8]], size: FitSize) -> list[NetworkOutput]:
        """Run the graph once on images already resized to `size`; the logits are still padded.

        Raises:
            BrokenModelError: the graph returns NaN, infinities, or another shape.
        """
        found = self._engine.run(self._outputs, as_batch(images, size))
        said = dict(zip(self._outputs, found, strict=True))
        channels = self.card.channels
        shape = (len(images), channels, size.padded_height, size.padded_width)
        self._require_answer(said, shape)
        nothing = [None] * len(images)
        parts = (said["logits"], *(said.get(name, nothing) for name in OUTPUTS[1:]))
        return [
            NetworkOutput(
                logits[0] if channels == 1 else lesion_logit(logits),
                embedding,
                None if presence is None else float(presence),
                None if channels == 1 else logits,
            )
            for logits, embedding, presence in zip(*parts, strict=True)
        ]

    def _require_answer(
        self, said: dict[str, NDArray[np.float32]], shape: tuple[int, int, int, int]
    ) -> None:
        """Require finite logits: a comparison with NaN is false and would read as "no lesion".

        Raises:
            BrokenModelError: a value is not finite, or the logits have another shape.
        """
        which = f"{self.card.name} {self.card.version}"
        if said["logits"].shape != shape:
            raise BrokenModelError(
                f"The model {which} answers an input of {shape[2]}×{shape[3]} px with logits of "
                f"shape {said['logits'].shape} instead of {shape}; export it again."
            )
        for name, values in said.items():
            if not np.isfinite(values).all():
                raise BrokenModelError(
                    f"The model {which} answered with {name} that are not finite numbers; export "
                    "it again, or serve another model."
                )

    def logits(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits of any lesion at the image's own size.

        Args:
            image: uint8 [H,W] grey or [H,W,3] RGB.

        Returns:
            float32 [H,W].
        """
        height, width = image.shape[:2]
        size = self.fit_size(height, width)
        (answer,) = self.run([resize_to_fit(image, size)], size)
        return unfit(answer.logits, size, height, width)

    def probability(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the calibrated lesion probability at the image's size: float32 [H,W] in [0, 1]."""
        return to_probability(self.logits(image), self.card.calibration.temperature)


def require_sha256(path: Path, expected: str) -> None:
    """Refuse a file that is not the one that the card describes.

    Raises:
        ModelError: the file differs or is missing.
    """
    if not path.is_file():
        raise ModelError(f"{path} is missing; restore the model folder or export it again.")
    if file_sha256(path) != expected:
        raise ModelError(
            f"{path} is not the file that its card describes (SHA-256 differs); "
            "restore the model folder or export it again."
        )


def _domain(card: ModelCard, session: Engine, folder: Path) -> TrainingDomain | None:
    """The training domain that the card names."""
    if DOMAIN_FILE not in card.files:
        return None
    path = folder / DOMAIN_FILE
    domain = TrainingDomain.read(path)
    require_sha256(path, card.files[DOMAIN_FILE])
    embedding = session.outputs.get("embedding")
    if embedding is None or embedding.shape[1:] != domain.mean.shape:
        raise ModelError(
            f"{path} does not fit the embedding of {MODEL_FILE} beside it; run "
            "`sonoloop fit-domain`."
        )
    return domain


def _check_graph(session: Engine, path: Path, card: ModelCard) -> None:
    """Refuse a graph that breaks the contract when it is loaded, not at the first patient."""
    inputs, outputs = session.inputs, session.outputs
    image = inputs.get("image")
    logits = outputs.get("logits")
    if (
        len(inputs) != 1
        or image is None
        or logits is None
        or image.type != "float32"
        or logits.type != "float32"
        or len(image.shape) != 4
        or image.shape[1] != 3
        or any(image.shape[axis] is not None for axis in (0, 2, 3))
    ):
        raise ModelError(
            f"{path} does not keep the contract: it needs one input 'image' float32 [N,3,H,W] "
            f"with free N, H and W, and an output 'logits' float32 [N,C,H,W]; it has inputs "
            f"{dict(inputs)} and outputs {dict(outputs)}."
        )
    channels = logits.shape[1] if len(logits.shape) == 4 else None
    if channels is not None and channels != card.channels:
        said = f"names {len(card.classes)} classes" if card.classes else "names no classes"
        raise ModelError(
            f"{path} answers with {channels} channels and its card {said}, for which there would "
            f"be {card.channels}: background and one a class, or a single one. Write the classes "
            "into the card in the order of the channels."
        )
