"""The pipeline's measures and answers, in the model that rows, jobs and responses share."""

from __future__ import annotations

from collections.abc import Iterable

from app.core.settings import VERSION
from app.images.schemas import Spacing
from app.masks.measures import Figures, Lesion, ModelReference, Provenance, StoredResult
from worker.pipeline import Network, PipelineSettings, Segmentation
from worker.pipeline.drawn import DrawnLesion
from worker.pipeline.frame import Spacing as RowColumn
from worker.pipeline.lesions import Lesion as FoundLesion


def figures(
    height: int,
    width: int,
    spacing: RowColumn | None,
    lesions: Iterable[DrawnLesion | FoundLesion],
) -> Figures:
    """Return the measures of a mask that was not drawn by a network.

    Args:
        height, width: of the frame, px.
        spacing: (row, column) mm; None if it is not known.
        lesions: lesions of the mask.
    """
    found = [Lesion.model_validate(one.to_json()) for one in lesions]
    for one in found:
        one.mean_probability = None
    return Figures(width=width, height=height, spacing_mm=spacing_mm(spacing), lesions=found)


def spacing_mm(spacing: RowColumn | None) -> Spacing | None:
    """Return (row, column) mm in the form of results."""
    return Spacing(row=spacing[0], column=spacing[1]) if spacing else None


def answered(
    found: Segmentation,
    network: Network,
    settings: PipelineSettings,
    read_ms: float,
    encode_ms: float,
) -> StoredResult:
    """Return a model's answer with its provenance.

    Args:
        found: result of this network with these settings.
        read_ms, encode_ms: time for reading the frame and writing the mask, milliseconds.
    """
    said = found.to_json()
    timings = {"decode": round(read_ms, 3), **said["timings_ms"], "encode": round(encode_ms, 3)}
    result = StoredResult.model_validate({**said, "provenance": provenance(network, settings)})
    result.timings_ms = {**timings, "total": round(sum(timings.values()), 3)}
    return result


def provenance(network: Network, settings: PipelineSettings) -> Provenance:
    """Return the provenance of a mask: model, settings, software and engine."""
    card = network.card
    return Provenance(
        model=ModelReference(name=card.name, version=card.version, sha256=card.sha256),
        settings=settings.model_dump(mode="json"),
        software=f"sonoloop {VERSION}",
        provider=network.provider,
    )
