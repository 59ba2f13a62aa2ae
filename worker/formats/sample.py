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
"""The class of what nothing says more of; the background is not named."""
MOST_LESIONS = 254
"""Lesion numbers fit 8 bits, and 255 is "void" in Pascal VOC."""
SPLITS = ("train", "validation", "test")

Member = tuple[str, Iterable[bytes]]
"""A file of an archive: its name and its bytes in pieces."""
Note = dict[str, Any]
"""Facts about a sample that are kept for the files that close an archive; JSON values."""
Notes = Callable[[], Iterator[Note]]
"""All notes in the order of the samples; may be called more than once."""


@dataclass(frozen=True, slots=True)
class Category:
    """One class of an archive.

    Attributes:
        number: from 1, in the order of the label set; 0 is the background.
        parent: name of the class that is wider.
        code: scheme, value and meaning of a terminology.
    """

    number: int
    name: str
    parent: str | None = None
    code: tuple[str, str, str] | None = None


LESION = Category(1, CATEGORY, code=("SCT", "52988006", "Lesion"))


class OverlapError(ValueError):
    """Lesions share pixels, and the format has one number for each pixel."""


@dataclass(frozen=True)
class Sample:
    """One labelled frame on its way into an archive.

    Attributes:
        name: what its files are called, without an ending; says nothing of where it came from.
        split: `train`, `validation` or `test`.
        subject: pseudonym of the patient within this archive alone.
        frame_png: the de-identified frame, 8-bit PNG in grey or RGB.
        labels: uint8 [H,W], 0 background, 1 to 254 the number of the lesion.
        overlays: further layers of the same kind, whose lesions may share pixels with others.
        categories: of lesions by number; without, it is `LESION`.
        attributes: of lesions by number: values by name.
        image_attributes: of the image: values by name.
        names: names of lesions by number, as far as somebody named them.
        source: who drew it: `model`, `human` or `consensus`.
        model: `NAME@VERSION` of the model that drew it or that its author started from.
        spacing: (row, column) mm, or None.
        device: manufacturer and model of the scanner, or empty.
        cine: the cine that it is a frame of, under a name within this archive alone; empty of a
            still.
        frame_index: of a frame of a cine, from 0.
        time_ms: of such a frame since the first, where it is known.
        labelled: names of the classes that were looked for, with semicolons between; empty: all.
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
        """Numbers of the lesions there are, ascending."""
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
    """Turns samples into the files of an archive."""

    samples_per_file: int
    """Number of samples of one split that are handed over at once."""
    categories: tuple[Category, ...]
    """The classes of the archive; `(LESION,)` unless set before anything is written."""
    layout: str
    """Lines of the README that describe the folders."""

    def members(
        self, samples: Iterable[Sample], note: Callable[[Sample, Any], None]
    ) -> Iterator[Member]:
        """Files of these samples, which are of one split.

        Args:
            samples: taken one by one, so that only one is in memory.
            note: keeps JSON values of a sample for :meth:`closing`; called once for each.
        """

    def closing(self, notes: Notes) -> Iterator[Member]:
        """Files about all samples; `note["data"]` holds the values that :meth:`members` kept."""
