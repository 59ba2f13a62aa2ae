"""PNG: images, masks and lesion numbers in folders of the same shape.

`images/SPLIT/NAME.png` the frame, `masks/SPLIT/NAME.png` 1 bit, white is lesion,
`lesions/SPLIT/NAME.png` 8 bits, each pixel the number of its lesion. The reader takes any folders
in which an image and its mask have the same stem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.formats.sample import Member, Notes, Sample
from worker.pipeline import encode_mask_png, encode_png


class PngWriter:
    """Writes the layout; nothing but the pictures."""

    samples_per_file = 1
    layout = """images/SPLIT/NAME.png   the frame
masks/SPLIT/NAME.png    1 bit, white is lesion, as large as the frame
lesions/SPLIT/NAME.png  8 bits, the number of the lesion, 0 is background"""

    def members(
        self, samples: Iterable[Sample], note: Callable[[Sample, Any], None]
    ) -> Iterator[Member]:
        """Three pictures for each sample."""
        for sample in samples:
            place = f"{sample.split}/{sample.name}.png"
            yield f"images/{place}", [sample.frame_png]
            yield f"masks/{place}", [encode_mask_png(sample.mask)]
            yield f"lesions/{place}", [number_png(sample.labels)]
            note(sample, None)

    def closing(self, notes: Notes) -> Iterator[Member]:
        """Nothing more."""
        return iter(())


def number_png(labels: NDArray[np.uint8]) -> bytes:
    """8-bit grey PNG of uint8 [H,W]."""
    return encode_png(labels)
