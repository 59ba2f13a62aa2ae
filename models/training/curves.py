"""Live curves of a run: curves.jsonl, curves.png and TensorBoard's event files."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from app.core.disk import write_whole
from models.data.samples import Sample, read_pixels
from models.training.validation import predict_logits

if TYPE_CHECKING:
    from models.training.trainer import Trainer

CURVES_FILE = "curves.jsonl"
PICTURE_FILE = "curves.png"
EVENTS_FOLDER = "tensorboard"
_STEPS_BETWEEN = 20
_PICTURES_PER_SOURCE = 3
_PICTURE_WIDTH = 320
_TRUTH, _ANSWER = (64, 220, 96), (255, 176, 0)


class LiveCurves:
    """Draws the curves of a run into its folder, and logs every epoch to TensorBoard."""

    def __init__(self, trainer: Trainer) -> None:
        # Imports many libraries that training does not need.
        from torch.utils.tensorboard import SummaryWriter

        self._trainer = trainer
        # Events of an interrupted epoch are replaced by those of its repetition.
        self._events = SummaryWriter(
            str(trainer.folder / EVENTS_FOLDER),
            purge_step=trainer.epoch * trainer.steps_per_epoch + 1,
        )
        self._pictured = first_of_each_source(trainer.validation, _PICTURES_PER_SOURCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._events.close()

    def step(self, epoch: int, step: int, steps: int, loss: float) -> None:
        """Log the loss of some steps."""
        done = epoch * steps + step
        if done % _STEPS_BETWEEN == 0:
            self._events.add_scalar("step/loss", loss, done)

    def epoch_done(self) -> None:
        """Write the record of the epoch that has just ended."""
        trainer = self._trainer
        record = trainer.curves[-1]
        steps = trainer.epoch * trainer.steps_per_epoch
        for name, value in _scalars(record).items():
            self._events.add_scalar(name, value, steps)
        if "validation_iou" in record:
            for sample in self._pictured:
                with trainer.place.autocast():
                    picture = overlay(trainer.average, sample, trainer.config.input_area)
                name = f"{sample.source}/{sample.id}"
                self._events.add_image(name, picture, steps, dataformats="HWC")
        self._events.flush()
        draw_curves(trainer.folder / PICTURE_FILE, trainer.curves)


def write_curves(folder: Path, curves: Sequence[dict[str, Any]]) -> None:
    """Write one line of JSON per epoch, for people and for plotting."""
    lines = "".join(json.dumps(record) + os.linesep for record in curves)
    write_whole(folder / CURVES_FILE, lines.encode())


def draw_curves(path: Path, curves: Sequence[dict[str, Any]]) -> None:
    """Plot loss, validation IoU per data set, learning rate and speed over the epochs, as PNG."""
    import io

    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(10, 6), layout="constrained")
    panels = figure.subplots(2, 2, sharex=True).flat
    epochs = [record["epoch"] for record in curves]
    for panel, (title, names) in zip(
        panels,
        {
            "loss": ["loss", "pseudo_label_loss"],
            "validation IoU": [],
            "learning rate": ["learning_rate"],
            "images per second": ["images_per_second"],
        }.items(),
        strict=True,
    ):
        panel.set_title(title)
        panel.grid(alpha=0.3)
        for name in names:
            if name in curves[-1]:
                panel.plot(epochs, [record[name] for record in curves], ".-", label=name)
        if title == "validation IoU":
            _draw_validation(panel, curves)
        elif len(panel.lines) > 1:
            panel.legend()
    for panel in figure.axes[2:]:
        panel.set_xlabel("epoch")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=100)
    write_whole(path, stream.getvalue())


def first_of_each_source(samples: Sequence[Sample], count: int) -> list[Sample]:
    """Return the first few images of each data set, the same in every run on the same data."""
    taken: dict[str, list[Sample]] = {}
    for sample in samples:
        if len(chosen := taken.setdefault(sample.source, [])) < count:
            chosen.append(sample)
    return [sample for chosen in taken.values() for sample in chosen]


def overlay(network: Any, sample: Sample, area: int) -> NDArray[np.uint8]:
    """Return an image with the outlines of its mask (green) and of the prediction (amber).

    Returns:
        uint8 [H,W,3] RGB, 320 px wide.
    """
    pixels = read_pixels(sample)
    answer = (predict_logits(network, pixels.image, area) >= 0).astype(np.uint8)
    height = max(1, round(pixels.image.shape[0] * _PICTURE_WIDTH / pixels.image.shape[1]))
    size = (_PICTURE_WIDTH, height)
    picture = cv2.resize(pixels.image, size, interpolation=cv2.INTER_AREA)
    for mask, colour in ((pixels.mask, _TRUTH), (answer, _ANSWER)):
        small = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
        contours, _ = cv2.findContours(small, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        cv2.drawContours(picture, contours, -1, colour, 1)
    return np.asarray(picture, np.uint8)


def _scalars(record: dict[str, Any]) -> dict[str, float]:
    scalars = {
        f"epoch/{name}": float(value)
        for name, value in record.items()
        if name != "epoch" and isinstance(value, int | float)
    }
    for source, value in record.get("validation_iou", {}).items():
        scalars[f"validation_iou/{source}"] = value
    return scalars


def _draw_validation(panel: Any, curves: Sequence[dict[str, Any]]) -> None:
    validated = [record for record in curves if "validation_iou" in record]
    if not validated:
        return
    epochs = [record["epoch"] for record in validated]
    for source in validated[-1]["validation_iou"]:
        values = [record["validation_iou"][source] for record in validated]
        panel.plot(epochs, values, ".-", label=source)
    panel.legend()
