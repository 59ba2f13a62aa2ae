"""Shares of a scanner's letters that survive de-identification, and of echoes that are lost.

On simulated screens, where every letter and every echo is known: shares of letters left beside the
sector and over it, of echoes lost, of crosses lost; for layouts used in development, and for those
that were only measured. On real images with masks: px of lesions lost, and time.

    python -m bench.deidentify [--screens 306] [--show FOLDER] [--data ../shared/data]
    python -m bench.deidentify --cut            # lines over echoes that the picture's edge cuts

Times are processor time of all threads together.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.synthetic.canvas import Letter, Screen
from models.synthetic.more_screens import MORE
from models.synthetic.screens import DEVELOPMENT
from models.synthetic.unseen_screens import UNSEEN, scanner_screen
from worker.deidentify import Deidentified, deidentify
from worker.deidentify.text import find_writing
from worker.ingest import DecodeLimits, decode
from worker.pipeline import Frame, Region, find_sector

INK_LEFT = 0.2
"""A letter with more than this share of its ink left counts as legible."""
FADED = 0.5
"""Ink is gone if less than this share of its difference from black is left."""
JPEG_QUALITY = 90
"""Every other screen is stored as a JPEG of this quality."""


@dataclass
class Count:
    """Sums over screens.

    Attributes:
        beside, beside_left: letters outside the sector, and those legible afterwards.
        over, over_left: letters over echoes, and those legible afterwards.
        naming, naming_left: the same in texts that may name somebody, see `may_name`.
        echo, echo_lost, echo_far: px of echoes; blanked ones; blanked ones more than `NEAR_TEXT` px
            from any letter.
        measuring, measuring_lost: px of crosses, ticks and lines over echoes; blanked ones.
        lesion, lesion_lost: px of lesions without writing; blanked ones.
    """

    screens: int = 0
    beside: int = 0
    beside_left: int = 0
    over: int = 0
    over_left: int = 0
    naming: int = 0
    naming_left: int = 0
    suspected: int = 0
    echo: int = 0
    echo_lost: int = 0
    echo_far: int = 0
    measuring: int = 0
    measuring_lost: int = 0
    lesion: int = 0
    lesion_lost: int = 0


NEAR_TEXT = 8
"""px around a letter in which echoes are blanked with it."""


def photographed(screen: Screen, number: int) -> NDArray[np.uint8]:
    """The pixels as received: unchanged, or after lossy compression."""
    if number % 2 == 0:
        return screen.pixels
    bgr = np.ascontiguousarray(screen.pixels[..., ::-1])
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(decoded[..., ::-1])


def may_name(text: str) -> bool:
    """Whether a text may identify somebody: not a single letter or a number of a scale."""
    return sum(map(str.isalpha, text)) > 1 or sum(map(str.isdigit, text)) > 2


def legible(letter: Letter, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> bool:
    """Whether enough of a letter is left to read it.

    It can also be read if only its strokes are black, but not the area between them.
    """
    window = letter.region.slices
    ink = letter.ink
    level_before = before[window].max(axis=2).astype(np.float32)
    level_after = after[window].max(axis=2).astype(np.float32)
    left = level_after[ink] >= np.maximum(FADED * level_before[ink], 8)
    if not (level_before[ink] > 8).any():  # dark letters on a light page: the page must be blanked
        around = ~ink & (level_before > 60)
        return bool(around.any() and (level_after[around] > 30).mean() > INK_LEFT)
    if float(left.mean()) > INK_LEFT:
        return True
    close = cv2.dilate(ink.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool) & ~ink
    lit = close & (level_before > 40)
    return bool(lit.sum() > 10 and (level_after[lit] > 20).mean() > 0.8)


def score(screen: Screen, before: NDArray[np.uint8], found: Deidentified, count: Count) -> None:
    """Add one screen to the sums."""
    after = found.frame.pixels
    count.screens += 1
    for word in screen.words:
        for letter in word.letters:
            left = legible(letter, before, after)
            if letter.over_echo:
                count.over += 1
                count.over_left += left
                count.naming += may_name(word.text)
                count.naming_left += left and may_name(word.text)
            else:
                count.beside += 1
                count.beside_left += left
            count.suspected += left and _covered(letter, found)
    lost = (after.max(axis=2) == 0) & (before.max(axis=2) > 8)
    ink = np.zeros(lost.shape, np.uint8)
    for word in screen.words:
        for letter in word.letters:
            ink[letter.region.slices] |= letter.ink.astype(np.uint8)
    around = cv2.dilate(ink, np.ones((2 * NEAR_TEXT + 1,) * 2, np.uint8)) > 0
    count.echo += int(screen.echo.sum())
    count.echo_lost += int((lost & screen.echo).sum())
    count.echo_far += int((lost & screen.echo & ~around).sum())
    count.measuring += int((screen.measuring & ~around).sum())
    count.measuring_lost += int((lost & screen.measuring & ~around).sum())
    plain = screen.lesions & screen.echo & ~around
    count.lesion += int(plain.sum())
    count.lesion_lost += int((lost & plain).sum())


def _covered(letter: Letter, found: Deidentified) -> bool:
    """Whether a letter lies in a box that a person is asked to check."""
    top, left, height, width = letter.region
    row, column = top + height / 2, left + width / 2
    return any(
        box.region.top <= row < box.region.top + box.region.height
        and box.region.left <= column < box.region.left + box.region.width
        for box in found.suspected
    )


def table(rows: Iterable[tuple[str, Count, list[float]]]) -> str:
    """Return the table in Markdown."""
    lines = [
        "| layout | screens | letters beside | left | over echoes | left | of these suspected "
        "| in texts that may name | left "
        "| echo lost | away from text | lesion lost | crosses lost | ms p50 |",
        "| --- |" + " ---: |" * 13,
    ]
    for name, c, ms in rows:
        lines.append(
            f"| {name} | {c.screens} | {c.beside:,} | {_share(c.beside_left, c.beside)} "
            f"| {c.over:,} | {_share(c.over_left, c.over)} | {c.suspected} "
            f"| {c.naming:,} | {_share(c.naming_left, c.naming)} "
            f"| {_share(c.echo_lost, c.echo)} | {_share(c.echo_far, c.echo)} "
            f"| {_share(c.lesion_lost, c.lesion)} "
            f"| {_share(c.measuring_lost, c.measuring)} | {np.median(ms):.0f} |"
        )
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "–"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--screens", type=int, default=306, help="in all, by turns of the layouts")
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--layouts", nargs="*", help="these alone")
    parser.add_argument("--cut", action="store_true", help="lines that an edge cuts, and no others")
    parser.add_argument("--data", type=Path, help="folder of data sets with images/ and masks/")
    parser.add_argument("--every", type=int, default=1, help="of so many images of --data one")
    parser.add_argument("--show", type=Path, help="folder for pictures before and after")
    arguments = parser.parse_args()
    layouts = arguments.layouts or [*DEVELOPMENT, *MORE, *UNSEEN]
    if arguments.cut:
        print(cut_lines(layouts, arguments.screens, arguments.seed))
    elif arguments.screens:
        simulated(layouts, arguments.screens, arguments.seed, arguments.show)
    for folder in sorted(arguments.data.iterdir()) if arguments.data else ():
        if (folder / "masks").is_dir():
            print(real(folder, arguments.every), flush=True)


def simulated(layouts: list[str], screens: int, seed: int, show: Path | None) -> None:
    """Measure simulated screens, and print a row for each layout and for both groups."""
    counts: dict[str, Count] = defaultdict(Count)
    times: dict[str, list[float]] = defaultdict(list)
    for number in range(screens):
        layout = layouts[number % len(layouts)]
        turn = number // len(layouts)
        screen = scanner_screen(layout, seed + turn)
        before = photographed(screen, turn)
        started = time.process_time()
        found = deidentify(Frame(before))
        passed = (time.process_time() - started) * 1000
        group = "unseen" if layout in UNSEEN else "development"
        for name in (layout, group):
            score(screen, before, found, counts[name])
            times[name].append(passed)
        if show:
            show.mkdir(parents=True, exist_ok=True)
            both = np.hstack([before, found.frame.pixels])[..., ::-1]
            cv2.imwrite(str(show / f"{layout}-{turn:03}.png"), both)
    order = [*(name for name in layouts if name in counts), "development", "unseen"]
    print(table((name, counts[name], times[name]) for name in order if name in counts))


EDGES = ("top", "bottom", "left", "right")
CUT_LINES = 2
"""Cuts of each screen."""
LEAST_PICTURE, LEAST_INK = 200, 0.3
"""Least px of a picture that is left, and least share of a letter's ink for it to count."""


def cut_lines(layouts: list[str], screens: int, seed: int) -> str:
    """Cut screens through lines over echoes that may name somebody, and count letters left."""
    letters: dict[str, int] = defaultdict(int)
    left: dict[str, int] = defaultdict(int)
    echo = lost = 0
    for number in range(screens):
        layout, turn = layouts[number % len(layouts)], number // len(layouts)
        screen = scanner_screen(layout, seed + turn)
        before = photographed(screen, turn)
        rng = random.Random(f"{layout}{turn}{seed}")
        words = [
            one
            for one in screen.words
            if may_name(one.text) and any(letter.over_echo for letter in one.letters)
        ]
        for word in rng.sample(words, len(words))[:CUT_LINES]:
            edge = rng.choice(EDGES)
            window = _cut(word.region, edge, rng.uniform(0.35, 0.8), *before.shape[:2])
            pieces = [
                piece
                for letter in word.letters
                if letter.over_echo and (piece := _rest(letter, window, before.shape[:2]))
            ]
            if not pieces or min(window.height, window.width) < LEAST_PICTURE:
                continue
            pixels = np.ascontiguousarray(before[window.slices])
            after = deidentify(Frame(pixels)).frame.pixels
            letters[edge] += len(pieces)
            left[edge] += sum(legible(piece, pixels, after) for piece in pieces)
            seen = screen.echo[window.slices]
            echo += int(seen.sum())
            lost += int((seen & (after.max(axis=2) == 0) & (pixels.max(axis=2) > 8)).sum())
    found = ", ".join(
        f"{edge} {_share(left[edge], letters[edge])} of {letters[edge]}" for edge in EDGES
    )
    return f"letters of cut lines that are left: {found}; echo lost {_share(lost, echo)}"


def _cut(line: Region, edge: str, share: float, height: int, width: int) -> Region:
    """The part of a picture with this share of a line left at that edge."""
    if edge in ("top", "bottom"):
        row = line.top + round(line.height * (share if edge == "bottom" else 1 - share))
        return Region(0, 0, row, width) if edge == "bottom" else Region(row, 0, height - row, width)
    column = line.left + round(line.width * (share if edge == "right" else 1 - share))
    if edge == "right":
        return Region(0, 0, height, column)
    return Region(0, column, height, width - column)


def _rest(letter: Letter, window: Region, shape: tuple[int, ...]) -> Letter | None:
    """The remainder of a letter in a part of the picture; None if that is too little."""
    ink = np.zeros(shape, np.bool_)
    ink[letter.region.slices] = letter.ink
    inside = ink[window.slices]
    if inside.sum() < max(4, LEAST_INK * letter.ink.sum()):
        return None
    left, top, width, height = cv2.boundingRect(inside.astype(np.uint8))
    region = Region(top, left, height, width)
    return Letter(region, inside[region.slices], over_echo=True)


def real(folder: Path, every: int) -> str:
    """Measure a data set: the share of its lesions that is lost, and the time to find text."""
    lesion = lost = written = images = 0
    sector_ms: list[float] = []
    plain_ms: list[float] = []
    written_ms: list[float] = []
    for path in sorted((folder / "images").iterdir())[::every]:
        frame = decode(path.read_bytes(), DecodeLimits()).frame
        drawn = cv2.imread(str(folder / "masks" / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE)
        mask = np.asarray(drawn) > 0
        started = time.process_time()
        kept = find_sector(frame.pixels).kept(frame.height, frame.width)
        at_sector = time.process_time()
        writing = find_writing(frame.pixels, kept)
        ended = time.process_time()
        sector_ms.append((at_sector - started) * 1000)
        (written_ms if writing.blanked else plain_ms).append((ended - at_sector) * 1000)
        black = kept == 0 if writing.mask is None else (kept == 0) | (writing.mask > 0)
        bright = (frame.pixels if frame.pixels.ndim == 2 else frame.pixels.max(axis=2)) > 8
        images += 1
        written += bool(writing.blanked)
        lesion += int(mask.sum())
        lost += int((mask & black & bright).sum())
    return (
        f"{folder.name}: {images} images, text blanked in {written}; lesions lose "
        f"{_share(lost, lesion)} of their px; sector {np.median(sector_ms):.1f} ms p50; text "
        f"{_median(plain_ms)} ms p50 where none was found, {_median(written_ms)} where some was"
    )


def _median(values: list[float]) -> str:
    return f"{np.median(values):.1f}" if values else "–"


if __name__ == "__main__":
    main()
