"""Validation of a drawing before it is stored, and its pixels as PNG.

The api never decodes pixels; it only writes out runs that it has checked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from io import BytesIO
from itertools import pairwise
from typing import Any
from uuid import UUID

from app.core.problems import Problem
from app.images.tables import Frame
from app.masks.measures import hand_figures
from app.masks.runs import RUNS_LIMIT, check_runs
from app.masks.schemas import (
    Labels,
    Measurement,
    MeasurementDetails,
    MeasurementKind,
    Overlay,
)
from app.masks.tables import Assessment


def check_labels(labels: Labels) -> None:
    """Refuse runs that do not code a label map of the stated size.

    Raises:
        Problem: 422 that says which run is wrong.
    """
    layers = [labels.runs, *(layer.runs for layer in labels.overlays)]
    try:
        for runs in layers:
            check_runs(runs, labels.width, labels.height)
    except ValueError as error:
        raise Problem(422, "broken-runs", str(error)) from error
    if sum(map(len, layers)) > RUNS_LIMIT:
        raise Problem(
            422,
            "broken-runs",
            f"All layers together have more than {RUNS_LIMIT:,} numbers; smooth the mask first.",
        )
    if len({layer.class_id for layer in labels.overlays}) < len(labels.overlays):
        raise Problem(422, "wrong-layer", "Two layers are of one class; send one layer for each.")
    seen: set[int] = set()
    for runs in layers:
        numbers = set(runs[::2]) - {0}
        if twice := seen & numbers:
            raise Problem(
                422,
                "wrong-layer",
                f"Lesion {min(twice)} lies in two layers; give each lesion a number of its own.",
            )
        seen |= numbers


def check_size(labels: Labels, frame: Frame) -> None:
    """Refuse a drawing whose size is not its frame's.

    Raises:
        Problem: 422.
    """
    if (labels.width, labels.height) != (frame.width, frame.height):
        raise Problem(
            422,
            "wrong-size",
            f"The drawing is {labels.width} × {labels.height} px and the frame is "
            f"{frame.width} × {frame.height} px; draw on this image's own frame.",
        )


def check_answer(labels: Labels, answer: Assessment, reason: str | None) -> None:
    """Refuse an answer that the pixels contradict.

    Raises:
        Problem: 422 that says how to resolve it.
    """
    drawn = any(any(runs[::2]) for runs in (labels.runs, *(one.runs for one in labels.overlays)))
    if answer is Assessment.LESIONS and not drawn:
        raise Problem(
            422, "answer-contradicts-mask", "No lesion is drawn; draw one or answer “no lesion”."
        )
    if answer is not Assessment.LESIONS and drawn:
        raise Problem(
            422,
            "answer-contradicts-mask",
            f"A lesion is drawn and the answer is “{answer}”; delete it or answer “lesions”.",
        )
    if answer is Assessment.CANNOT_JUDGE and not reason:
        raise Problem(422, "reason-missing", "Say why the image cannot be judged.")


def stored(labels: Labels) -> dict[str, Any]:
    """Return a drawing as :attr:`app.masks.tables.Mask.labels`, without lesions of no pixels.

    Empty fields are left out, so a drawing without classes is stored as it always was.
    """
    kept: dict[str, Any] = {"runs": labels.runs, "names": labels.names}
    overlays: list[dict[str, Any]] = [
        {"class_id": str(layer.class_id), "runs": layer.runs}
        for layer in labels.overlays
        if any(layer.runs[::2])
    ]
    there = {str(number) for number in numbers_in({"runs": labels.runs, "overlays": overlays})}
    more = {
        "overlays": overlays,
        "classes": {key: str(one) for key, one in labels.classes.items() if key in there},
        "attributes": {
            key: values for key, values in labels.attributes.items() if key in there and values
        },
        "image_attributes": labels.image_attributes,
        "measurements": [one.model_dump(mode="json") for one in labels.measurements],
        "note": labels.note.strip(),
        "kept": sorted({label for label in labels.kept if str(label) in there}),
        "overlap": _overlap([labels.runs, *(layer["runs"] for layer in overlays)]),
    }
    return kept | {key: value for key, value in more.items() if value}


def lesions_by_layer(labels: Mapping[str, Any]) -> list[tuple[UUID | None, list[int]]]:
    """Return the numbers of the lesions in each layer: the common one (None), then the classes'."""
    layers: list[tuple[UUID | None, list[int]]] = [(None, _numbers(labels.get("runs", ())))]
    for layer in labels.get("overlays", ()):
        layers.append((UUID(layer["class_id"]), _numbers(layer["runs"])))
    return layers


def numbers_in(labels: Mapping[str, Any]) -> list[int]:
    """Return the numbers of all lesions of a stored drawing, ascending."""
    return sorted(number for _, numbers in lesions_by_layer(labels) for number in numbers)


def _numbers(runs: Iterable[int]) -> list[int]:
    return sorted(set(list(runs)[::2]) - {0})


def _overlap(layers: list[list[int]]) -> bool:
    """Whether any pixel is in lesions of two layers."""
    if len(layers) < 2:
        return False
    spans = []
    for runs in layers:
        at = 0
        for label, length in zip(runs[::2], runs[1::2], strict=True):
            if label:
                spans.append((at, at + length))
            at += length
    spans.sort()
    return any(b[0] < a[1] for a, b in pairwise(spans))


def mask_png(labels: Labels) -> bytes:
    """Return a 1-bit greyscale PNG, white where any lesion is; the labels must be checked."""
    from PIL import Image as Picture  # only saving needs it
    from PIL import ImageChops

    size = labels.width, labels.height
    picture = Picture.frombytes("L", size, _pixels(labels.runs))
    for layer in labels.overlays:
        picture = ImageChops.lighter(picture, Picture.frombytes("L", size, _pixels(layer.runs)))
    out = BytesIO()
    picture.convert("1", dither=Picture.Dither.NONE).save(out, "PNG", compress_level=6)
    return out.getvalue()


def stored_labels(kept: dict[str, Any], frame: Frame) -> Labels:
    """Return a stored drawing, which was checked when it was saved."""
    return Labels.model_construct(
        width=frame.width,
        height=frame.height,
        runs=kept["runs"],
        overlays=[
            Overlay.model_construct(class_id=UUID(layer["class_id"]), runs=layer["runs"])
            for layer in kept.get("overlays", ())
        ],
        names=kept["names"],
        classes={key: UUID(one) for key, one in kept.get("classes", {}).items()},
        attributes=kept.get("attributes", {}),
        image_attributes=kept.get("image_attributes", {}),
        measurements=[
            Measurement.model_construct(kind=MeasurementKind(one["kind"]), lines=one["lines"])
            for one in kept.get("measurements", ())
        ],
        note=kept.get("note", ""),
        kept=kept.get("kept", []),
    )


def measured(
    kept: Iterable[Mapping[str, Any]], spacing: tuple[float, float] | None
) -> list[MeasurementDetails]:
    """Return stored measurements with their lengths and the values that follow from these.

    Args:
        spacing: (row, column) mm of the whole frame, or None.
    """
    return [
        MeasurementDetails(
            kind=MeasurementKind(one["kind"]),
            lines=one["lines"],
            **asdict(hand_figures(one["kind"], one["lines"], [spacing] * len(one["lines"]))),
        )
        for one in kept
    ]


def _pixels(runs: list[int]) -> bytes:
    return b"".join(
        (b"\xff" if label else b"\0") * length
        for label, length in zip(runs[::2], runs[1::2], strict=True)
    )
