"""Shares of printed depth scales that are found, and of wrong proposals.

On simulated screens, where the print is known; on real DICOM files, compared with their stated
spacing; on folders of real images, where only the share with a proposal can be counted.

    python -m bench.depth_scales [--screens 180] [--dicom ../shared/dicom] [--data ../shared/data]

A proposal is right if its step equals that of the printed marks within 1 %. On DICOM files with a
stated spacing it is right if its step is a length that scanners print, within 1 %.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.deidentify import photographed
from models.synthetic.depth_scales import print_scale
from models.synthetic.more_screens import MORE
from models.synthetic.screens import DEVELOPMENT
from models.synthetic.unseen_screens import UNSEEN, scanner_screen
from worker.depth_scale import propose
from worker.depth_scale.numbers import ROUND_MM
from worker.ingest import DecodeError, DecodeLimits, decode
from worker.ingest.cine import open_cine

SAME = 0.01
OWN = {
    "curved-banner": (600 / 9, 10.0),
    "trapezoid-gradient": (60.0, 10.0),
    "cardiac-fan": (50.0, 10.0),
    "inner-rulers": (54.0, 5.0),
}
"""Layouts with their own scale: px and mm between marks."""


@dataclass
class Count:
    """Pictures and their proposals."""

    pictures: int = 0
    printed: int = 0
    right: int = 0
    wrong: int = 0
    says: int = 0
    mm_right: int = 0
    mm_wrong: int = 0
    milliseconds: list[float] = field(default_factory=list)

    def add(self, pixels: NDArray[np.uint8], px: float | None, mm: float, says: bool) -> None:
        """Process a picture with this distance between marks, or None if it has none."""
        begun = time.process_time()
        found = propose(pixels)
        self.milliseconds.append((time.process_time() - begun) * 1000)
        self.pictures += 1
        self.printed += px is not None
        self.says += says
        if found is None:
            return
        right = px is not None and abs(found.px / px - 1) <= SAME
        self.right += right
        self.wrong += not right
        if found.mm is not None:
            true = right and found.mm == mm
            self.mm_right += true
            self.mm_wrong += not true

    def line(self, name: str) -> str:
        """A row of the table."""
        took = np.percentile(self.milliseconds or [0], (50, 95))
        return (
            f"| {name} | {self.pictures} | {self.printed} | {self.right} | {self.wrong} | "
            f"{self.says} | {self.mm_right} | {self.mm_wrong} | {took[0]:.0f}, {took[1]:.0f} |"
        )


def simulated(screens: int) -> Iterator[tuple[str, Count]]:
    """Screens with unchanged layout, and with a scale printed beside the echoes."""
    layouts = [*DEVELOPMENT, *MORE, *UNSEEN]
    own, without, printed = Count(), Count(), Count()
    for number in range(screens):
        layout = layouts[number % len(layouts)]
        screen = scanner_screen(layout, 3000 + number)
        px, mm = OWN.get(layout, (None, 0.0))
        (own if px else without).add(photographed(screen, number), px, mm, px is not None)
        made = None if px else print_scale(screen, number)
        if made is not None:
            pixels, truth = made
            printed.add(pixels, truth.px, truth.mm, truth.says)
    yield "simulated, a scale of the layout's own", own
    yield "simulated, one printed beside the echoes", printed
    yield "simulated, none", without


def stated(folder: Path) -> Count:
    """DICOM files that state a pixel size."""
    count = Count()
    for path in sorted(folder.glob("*.dcm")):
        data = path.read_bytes()
        try:
            frame = decode(data, DecodeLimits()).frame
        except DecodeError:
            frame = open_cine(data, DecodeLimits()).about.frame
        if frame.spacing is None:
            continue
        found = propose(frame.pixels)
        length = found.px * frame.spacing[0] if found else 0.0
        nearest = min(ROUND_MM, key=lambda one: abs(one - length))
        count.add(frame.pixels, nearest / frame.spacing[0], nearest, False)
        said = f"{length:.2f} mm by the file, read as {found.mm}" if found else "no proposal"
        print(f"  {path.name}: {said}")
    return count


def folders(data: Path) -> Iterable[tuple[str, int, int]]:
    """Data sets of images: the number of images, and of those with a proposal."""
    for folder in sorted(one for one in data.iterdir() if (one / "images").is_dir()):
        paths = sorted((folder / "images").iterdir())
        found = sum(
            propose(decode(path.read_bytes(), DecodeLimits()).frame.pixels) is not None
            for path in paths
        )
        yield folder.name, len(paths), found


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--screens", type=int, default=180)
    parser.add_argument("--dicom", type=Path, default=Path("../shared/dicom"))
    parser.add_argument("--data", type=Path)
    chosen = parser.parse_args()
    print("| pictures | n | with a scale | right | wrong | mm printed | mm right | mm wrong | ms |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, count in simulated(chosen.screens):
        print(count.line(name))
    if chosen.dicom.is_dir():
        print(stated(chosen.dicom).line("DICOM files that state a spacing"))
    if chosen.data is not None:
        for name, images, found in folders(chosen.data):
            print(f"{name}: {found} of {images} images have a proposal")


if __name__ == "__main__":
    main()
