"""The lesion class of each pixel of a data set, as numbers of a network.

A data set gives classes in one of two ways, beside its lesion masks:

- `classes/` holds a picture for each mask whose values are numbers of `classes.json`,
  `{"classes": ["cyst", "tumour"]}`, from 1 in that order; 254 is a lesion of unknown class, 255 a
  pixel without a label.
- a column of `samples.csv` names the class of everything in an image's mask.

The column `labelled` lists the classes that were looked for in an image, separated by semicolons;
empty means all. If a class was not looked for, its absence teaches nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.data.labels import ANY_CLASS, IGNORED
from models.data.samples import (
    CLASSES_FILE,
    DataError,
    Pixels,
    Sample,
    read_class_picture,
    read_pixels,
)

LABELLED_COLUMN = "labelled"


@dataclass(frozen=True)
class Words:
    """How a data set names the classes.

    Attributes:
        column: table column with the class of everything in a mask; None to use `classes/`.
        names: the network's name by the data set's name, if they differ.
        labelled: classes that were looked for in each of its images; empty means all.
    """

    column: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    labelled: Sequence[str] = ()


class ClassLabels:
    """Reads samples with the classes of one network.

    Args:
        names: names of the classes, in the order of the network's channels from 1.
        words: how each data set names the classes, by the data set's name.
    """

    def __init__(self, names: Sequence[str], words: Mapping[str, Words]) -> None:
        self.names = tuple(names)
        self._numbers = {name.casefold(): number for number, name in enumerate(names, 1)}
        self._words = words

    def read(self, sample: Sample) -> Pixels:
        """Read image and classes: a mask of 0, class numbers, ANY_CLASS and IGNORED.

        Raises:
            DataError: a file cannot be read or two differ in size.
        """
        pixels = read_pixels(sample)
        return Pixels(pixels.image, self.of(sample, pixels.mask))

    def of(self, sample: Sample, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the classes of a sample whose mask is uint8 [H,W] of 0 and 1.

        Raises:
            DataError: the class picture cannot be read or has another size.
        """
        if sample.mask is None:
            return mask
        words = self._words.get(sample.source, Words())
        if words.column is not None:
            said = sample.attributes.get(words.column)
            number = ANY_CLASS if said is None else self._number(said, words)
            return (mask * np.uint8(number)).astype(np.uint8)
        if sample.classes is None:
            return (mask * np.uint8(ANY_CLASS)).astype(np.uint8)
        table = np.full(256, IGNORED, np.uint8)
        table[0] = 0
        for value, name in enumerate(sample.class_names, 1):
            table[value] = self._number(name, words)
        table[ANY_CLASS] = ANY_CLASS
        values = read_class_picture(sample.classes)
        if values.shape != mask.shape:
            raise DataError(
                f"{sample.classes} is {values.shape[1]}×{values.shape[0]} px but its image "
                f"{mask.shape[1]}×{mask.shape[0]}; they must be the same."
            )
        return np.asarray(table[values], np.uint8)

    def looked_for(self, sample: Sample) -> NDArray[np.bool_]:
        """Return whether each class was looked for in the image, bool [C]."""
        said = sample.attributes.get(LABELLED_COLUMN, "")
        words = self._words.get(sample.source, Words())
        listed = [name.strip() for name in said.split(";") if name.strip()] or words.labelled
        if sample.mask is None or not listed:
            return np.ones(len(self.names), np.bool_)
        numbers = {self._number(name, words) for name in listed}
        return np.array([number in numbers for number in range(1, len(self.names) + 1)])

    def _number(self, name: str, words: Words) -> int:
        """Return a class's number by its name in the data set; IGNORED if the network lacks it."""
        return self._numbers.get(words.names.get(name, name).casefold(), IGNORED)


def write_class_names(folder: Path, names: Sequence[str]) -> None:
    """Write `classes.json` of a data set whose `classes/` has these numbers from 1."""
    content = json.dumps({"classes": list(names)}, ensure_ascii=False, indent=1)
    (folder / CLASSES_FILE).write_text(content + "\n", encoding="utf-8")
