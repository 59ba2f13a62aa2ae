"""All kinds of objects by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from worker.dicom.capture import capture
from worker.dicom.presentation import presentation
from worker.dicom.result import Kind, Result
from worker.dicom.seg import probabilities, segmentation
from worker.dicom.sr import report

_WRITERS: dict[Kind, Callable[[Result], bytes | None]] = {
    Kind.SEG: segmentation,
    Kind.SR: report,
    Kind.CAPTURE: capture,
    Kind.PRESENTATION: presentation,
    Kind.PROBABILITY: probabilities,
}


def write(result: Result, kinds: Iterable[Kind]) -> dict[Kind, bytes]:
    """Write the objects of these kinds as files; an object that would show nothing is left out."""
    made = {kind: _WRITERS[kind](result) for kind in kinds}
    return {kind: data for kind, data in made.items() if data is not None}
