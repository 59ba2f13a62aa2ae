"""The verification of a version before it may serve; runs in a separate process.

See `worker.pipeline.vetting` for the checks before this runs, and for the limits.
"""

from __future__ import annotations

import base64
import time
import zlib
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from worker.pipeline.card import ModelError
from worker.pipeline.frame import Frame
from worker.pipeline.network import Network, fit_size
from worker.pipeline.segment import segment
from worker.pipeline.settings import PipelineSettings

HEIGHT, WIDTH = 300, 360
LEAST_DICE = 0.98
"""Tolerance between the golden picture's old and new mask: another processor changes a few pixels.
"""
MOST_MILLISECONDS = 10_000.0
"""Longest time for one image on one thread."""


@dataclass(frozen=True)
class Verification:
    """The measurements of a verification.

    Attributes:
        milliseconds: time of the whole pipeline on the golden picture, on one thread.
        golden: mask of the golden picture: bits packed, compressed, base64.
        golden_share: share of its pixels that are in the mask.
    """

    milliseconds: float
    golden: str
    golden_share: float


def golden_picture() -> NDArray[np.uint8]:
    """Make uint8 [300,360]: speckle in a sector with one dark ellipse; the same bytes everywhere.

    Uses only integers, so that no processor rounds differently.
    """
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.int64)
    lesion = (rows - 160) ** 2 * 65**2 + (columns - 190) ** 2 * 45**2 < 45**2 * 65**2
    # Speckle of 3 × 3 px from a linear congruential generator: no library update may change it.
    grain = ((rows // 3) * 7919 + (columns // 3) * 104_729 + 12_345) * 1_103_515_245 % 2**31
    speckle = 40 + (grain >> 16) % 121
    fan = np.abs(columns - WIDTH // 2) <= 60 + rows // 2
    echo = np.where(lesion, 35, 120) * speckle // 100
    return np.where(fan, echo, 0).clip(0, 255).astype(np.uint8)


def measure(network: Network) -> Verification:
    """Run a network at two sizes and on the golden picture.

    Raises:
        ModelError: its output is not finite, has another shape, is the same everywhere, or takes
            too long; or its card promises an output that the graph lacks.
    """
    card, spec = network.card, network.card.input
    random = np.random.default_rng(0)
    for height, width, area in ((300, 300, spec.area), (200, 500, max(1024, spec.area // 2))):
        size = fit_size(height, width, area, spec.multiple)
        noise = random.integers(0, 256, (size.height, size.width, 3), np.uint8)
        answer = network.look(noise, size, "flip")
        if card.presence is not None and answer.presence is None:
            raise ModelError("The card says that the model tells presence, and its graph does not.")
    picture = golden_picture()
    logits = network.logits(picture)
    if float(logits.max()) == float(logits.min()):
        raise ModelError(
            "The model answers the same for every pixel of a picture; export what was trained."
        )
    started = time.perf_counter()
    found = segment(Frame(picture), network, PipelineSettings.for_card(card))
    milliseconds = (time.perf_counter() - started) * 1000
    if milliseconds > MOST_MILLISECONDS:
        raise ModelError(
            f"The model takes {milliseconds / 1000:.0f} s for a picture of {WIDTH} × {HEIGHT} px; "
            "export a smaller network or a smaller input area."
        )
    return Verification(
        round(milliseconds, 1), pack(found.mask), round(float(found.mask.mean()), 4)
    )


def require_golden(before: dict[str, object], now: Verification) -> None:
    """Refuse a version that outlines the golden picture differently from when it was taken in.

    Raises:
        ModelError: it does.
    """
    golden = before.get("golden")
    if not isinstance(golden, str):
        return
    then, today = unpack(golden), unpack(now.golden)
    both = int(then.sum()) + int(today.sum())
    dice = 2 * int((then & today).sum()) / both if both else 1.0
    if dice < LEAST_DICE:
        raise ModelError(
            f"The golden picture's mask is not the one of before (Dice {dice:.3f}): this machine "
            "computes something else, or the engine changed."
        )


def pack(mask: NDArray[np.bool_]) -> str:
    """Encode a mask of the golden picture as text."""
    return base64.b64encode(zlib.compress(np.packbits(mask).tobytes(), 9)).decode()


def unpack(text: str) -> NDArray[np.bool_]:
    """Decode the mask, bool [300,360], from :func:`pack`."""
    bits = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)
    return np.unpackbits(bits, count=HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.bool_)


def document(found: Verification) -> dict[str, object]:
    """The form in which rows store it."""
    return asdict(found)
