"""The outcome of a case here, compared with the truth and other decoders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.decoders.cases import Case
from bench.decoders.peers import seen_by_peers
from worker.ingest import DecodeError, DecodeLimits, decode

LEVELS = 2
NEAR_IN_THE_MEAN = 6.0
"""Mean difference in levels that lossy coding may cause."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of one case.

    Attributes:
        verdict: "same", "refused", "wrong", or "alone" if no peer decodes it either.
        detail: the difference from the right picture, or why it was refused.
        agreeing: peers with the same picture within `LEVELS`.
        differing: other peers, with the largest difference.
    """

    case: Case
    verdict: str
    detail: str
    agreeing: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()


def compare(case: Case, folder: Path) -> Outcome:
    """Decode a case here and by peers."""
    peers = dict(seen_by_peers(case, folder))
    try:
        found = decode(case.data, DecodeLimits()).frame.pixels
    except DecodeError as error:
        if error.code == case.code:
            return Outcome(case, "refused", error.code, differing=tuple(peers))
        verdict = "wrong" if case.picture is not None or case.code else "refused"
        return Outcome(case, verdict, f"refused: {error.code}", differing=tuple(peers))
    distances = {name: largest(found, picture) for name, picture in peers.items()}
    agreeing = tuple(name for name, far in distances.items() if far <= LEVELS)
    differing = tuple(f"{name} {far}" for name, far in distances.items() if far > LEVELS)
    if case.code:
        return Outcome(case, "wrong", f"decoded, expected {case.code}", agreeing, differing)
    if case.picture is None:
        verdict = "same" if agreeing else "wrong" if distances else "alone"
        return Outcome(case, verdict, "", agreeing, differing)
    far = largest(found, case.picture)
    if not case.lossy:
        verdict = "same" if far <= LEVELS else "wrong"
        return Outcome(case, verdict, f"{far} levels", agreeing, differing)
    mean = average(found, case.picture)
    near = mean <= LEVELS or (mean <= NEAR_IN_THE_MEAN and (bool(agreeing) or not distances))
    return Outcome(
        case, "same" if near else "wrong", f"{mean:.1f} levels in the mean", agreeing, differing
    )


def in_colour(picture: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return grey or colour as [H,W,3]."""
    wide = picture.astype(np.int64)
    return np.dstack([wide] * 3) if wide.ndim == 2 else wide


def largest(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> int:
    """Largest difference of two pictures in levels; 256 if their sizes differ."""
    if one.shape[:2] != other.shape[:2]:
        return 256
    return int(np.abs(in_colour(one) - in_colour(other)).max())


def average(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mean difference of two pictures in levels; 256 if their sizes differ."""
    if one.shape[:2] != other.shape[:2]:
        return 256.0
    return float(np.abs(in_colour(one) - in_colour(other)).mean())
