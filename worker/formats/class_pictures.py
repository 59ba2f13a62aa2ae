"""Pictures of classes: which lesions they contain, and the class of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import numpy as np
from numpy.typing import NDArray

from worker.formats.sample import MOST_LESIONS
from worker.formats.source import LabelError, clean_name
from worker.pipeline.components import numbered

Values = NDArray[np.uint8]
"""uint8 [H,W], the class number of each pixel, 0 for background."""


class ClassPicture:
    """One picture of classes, decoded once.

    Args:
        read: returns the values for a frame of H rows and W columns; may raise LabelError.
        names: returns class names by number, if a file states them; may raise LabelError.
    """

    def __init__(
        self,
        read: Callable[[int, int], Values],
        names: Callable[[], Mapping[int, str]] = dict,
    ) -> None:
        self._read = read
        self._names = names
        self._values: Values | None = None

    def labels(self, height: int, width: int) -> Values:
        """Return lesion numbers: the connected parts of each class, in the order of classes.

        Raises:
            LabelError: it is not a label, or has too many parts.
        """
        values = self.values(height, width)
        labels = np.zeros(values.shape, np.uint8)
        last = 0
        for kind in [int(one) for one in np.unique(values) if one]:
            parts = numbered(values == kind)
            most = int(parts.max(initial=0))
            if last + most > MOST_LESIONS:
                raise LabelError("too-many", f"An image has at most {MOST_LESIONS} lesions.")
            labels[parts > 0] = parts[parts > 0] + last
            last += most
        return labels

    def values(self, height: int, width: int) -> Values:
        """Return the class numbers.

        Raises:
            LabelError: it is no label.
        """
        if self._values is None:
            self._values = self._read(height, width)
        return self._values

    def classes(self, labels: Values) -> dict[int, str]:
        """Return the class of each lesion, that of most of its pixels; "" if it has no name.

        Raises:
            LabelError: it is no label.
        """
        values, names = self.values(*cast(tuple[int, int], labels.shape)), self._names()
        found = {}
        for number in [int(one) for one in np.unique(labels) if one]:
            counts = np.bincount(values[labels == number], minlength=256)
            kind = int(counts.argmax())
            # A mask with only lesion and background states no class.
            unnamed = f"value {kind}" if kind > 1 else ""
            found[number] = clean_name(names.get(kind, unnamed))
        return found
