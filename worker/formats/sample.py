"""A sample that formats write and read: a frame, its numbered lesions and their attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from worker.pipeline import decode_png
from worker.pipeline.frame import Spacing

CATEGORY = "lesion"
"""The default class; the background has no name."""
MOST_LESIONS = 254
"""Lesion numbers fit 8 bits, and 255 is "void" in Pascal VOC."""
SPLITS = ("train", "validation", "test")

Member = tuple[str, Iterable[bytes]]
"""A file of an archive: its name and its bytes in pieces."""
Note = dict[str, Any]
"""Facts about a sample, stored for the files that close an archive; JSON values."""
Notes = Callable[[], Iterator[Note]]
"""Returns all notes in the order of the samples; may be called more than once."""


@dataclass(frozen=True, slots=True)
class Category:
    """One class of an archive.

    Attributes:
        number: from 1, in the order of the label set; 0 is the background.
        parent: name of the broader class.
        code: scheme, value and meaning of a terminology.
    """

    number: int
    name: str
    parent: str | None = None
    code: tuple[str, str, str] | None = None


LESION = Category(1, CATEGORY, code=("SCT", "52988006", "Lesion"))


class OverlapError(ValueError):
    """Lesions share pixels, but the format has only one number per pixel."""


@dataclass(frozen=True)
class Sample:
    """One labelled frame for an archive.

    Attributes:
        name: name of its files, without a suffix; reveals nothing about its origin.
        split: `train`, `validation` or `test`.
        subject: pseudonym of the patient, valid only within this archive.
        frame_png: the de-identified frame, 8-bit PNG in grey or RGB.
        labels: uint8 [H,W]: 0 is background, 1 to 254 the number of the lesion.
        overlays: additional layers of the same kind, whose lesions may share pixels with others.
        categories: categories of lesions by number; the default is `LESION`.
        attributes: attributes of lesions by number: values by name.
        image_attributes: attributes of the image: values by name.
        names: names of lesions by number, if they were named.
        source: who drew it: `model`, `human` or `consensus`.
        model: `NAME@VERSION` of the model that drew it, or from which its author started.
        spacing: (row, column) mm, or None.
        device: manufacturer and model of the scanner, or empty.
        cine: its cine, under a name valid only within this archive; empty for a still.
        frame_index: for a frame of a cine, from 0.
        time_ms: time of such a frame since the first, if it is known.
        labelled: names of the classes that were looked for, separated by semicolons; empty means
            all.
    """

    name: str
    split: str
    subject: str
    frame_png: bytes = field(repr=False)
    labels: NDArray[np.uint8] = field(repr=False)
    names: Mapping[int, str]
    source: str
    model: str = ""
    spacing: Spacing | None = None
    device: str = ""
    cine: str = ""
    frame_index: int = 0
    time_ms: float | None = None
    overlays: tuple[NDArray[np.uint8], ...] = field(default=(), repr=False)
    categories: Mapping[int, Category] = field(default_factory=dict)
    attributes: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    image_attributes: Mapping[str, Any] = field(default_factory=dict)
    labelled: str = ""

    @property
    def height(self) -> int:
        """Rows, px."""
        return int(self.labels.shape[0])

    @property
    def width(self) -> int:
        """Columns, px."""
        return int(self.labels.shape[1])

    @cached_property
    def mask(self) -> NDArray[np.bool_]:
        """bool [H,W], any lesion."""
        mask = self.labels > 0
        for layer in self.overlays:
            mask |= layer > 0
        return mask

    @cached_property
    def numbers(self) -> list[int]:
        """Numbers of the existing lesions, ascending."""
        layers = (self.labels, *self.overlays)
        return sorted({int(number) for layer in layers for number in np.unique(layer) if number})

    def lesion(self, number: int) -> NDArray[np.bool_]:
        """bool [H,W], the pixels of one lesion."""
        mask = self.labels == number
        for layer in self.overlays:
            mask |= layer == number
        return cast(NDArray[np.bool_], mask)

    def category(self, number: int) -> Category:
        """The class of one lesion."""
        return self.categories.get(number, LESION)

    def flat(self) -> NDArray[np.uint8]:
        """uint8 [H,W], lesion numbers of all layers.

        Raises:
            OverlapError: a pixel is in two lesions.
        """
        if not self.overlays:
            return self.labels
        found = self.labels.copy()
        for layer in self.overlays:
            if (found[layer > 0] > 0).any():
                raise OverlapError
            found = np.maximum(found, layer)
        return found

    def classes(self) -> NDArray[np.uint8]:
        """uint8 [H,W], numbers of classes, 0 background.

        Raises:
            OverlapError: a pixel is in two lesions.
        """
        numbers = np.zeros(256, np.uint8)
        for number in self.numbers:
            numbers[number] = self.category(number).number
        return numbers[self.flat()]

    def frame(self) -> NDArray[np.uint8]:
        """The decoded frame, uint8 [H,W] or [H,W,3] RGB."""
        return decode_png(self.frame_png)

    def note(self) -> Note:
        """Return the sample's facts for the table of samples."""
        return {
            "name": self.name,
            "split": self.split,
            "subject": self.subject,
            "source": self.source,
            "model": self.model,
            "width": self.width,
            "height": self.height,
            "row_mm": self.spacing[0] if self.spacing else None,
            "column_mm": self.spacing[1] if self.spacing else None,
            "device": self.device,
            "cine": self.cine,
            "frame_index": self.frame_index if self.cine else None,
            "time_ms": self.time_ms,
            "lesions": len(self.numbers),
            "lesion_px": int(np.count_nonzero(self.mask)),
            "lesion_names": {
                str(number): self.names[number] for number in self.numbers if number in self.names
            },
            "lesion_classes": {
                str(number): self.categories[number].name
                for number in self.numbers
                if number in self.categories
            },
            "lesion_attributes": {
                str(number): dict(self.attributes[number])
                for number in self.numbers
                if self.attributes.get(number)
            },
            "image_attributes": dict(self.image_attributes),
            "labelled": self.labelled,
        }


class Writer(Protocol):
    """Converts samples to the files of an archive."""

    samples_per_file: int
    """Number of samples of one split per call."""
    categories: tuple[Category, ...]
    """The classes of the archive; `(LESION,)` unless set before anything is written."""
    layout: str
    """Lines of the README that describe the folders."""

    def members(
        self, samples: Iterable[Sample], note: Callable[[Sample, Any], None]
    ) -> Iterator[Member]:
        """Yield the files of these samples, which belong to one split.

        Args:
            samples: consumed one by one, so that only one is in memory.
            note: stores JSON values of a sample for :meth:`closing`; called once per sample.
        """

    def closing(self, notes: Notes) -> Iterator[Member]:
        """Yield files about all samples; `note["data"]` has the values from :meth:`members`."""
