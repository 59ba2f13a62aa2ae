"""Claims of another site's evaluation: figures from the rows that came with a model."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from worker.formats.bundle import BundleError

MOST_ROWS = 200_000


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Said(_Part):
    """A version's answer for an image."""

    iou: float = Field(ge=0, le=1, allow_inf_nan=False)
    outlined: bool


class ClaimRow(_Part):
    """An image that stayed at the other site."""

    set: str = Field(max_length=80)
    patient: int = Field(ge=0)
    lesion: bool
    before: Said
    after: Said


class Claims(_Part):
    """The file `evaluation.json` of a bundle."""

    rows: list[ClaimRow] = Field(max_length=MOST_ROWS)


def figures_of(content: bytes) -> list[dict[str, Any]]:
    """For each set, images, patients, and means of the version and of the one serving there.

    Raises:
        BundleError: the content is not valid rows.
    """
    try:
        rows = Claims.model_validate_json(content).rows
    except ValidationError as error:
        raise BundleError("not-a-bundle", "The rows of its evaluation cannot be read.") from error
    said = []
    for name in sorted({row.set for row in rows}):
        of = [row for row in rows if row.set == name]
        lesion = [row for row in of if row.lesion]
        free = [row for row in of if not row.lesion]
        said.append(
            {
                "set": name,
                "images": len(of),
                "patients": len({row.patient for row in of}),
                "iou": [_mean([getattr(r, w).iou for r in lesion]) for w in ("before", "after")],
                "outlined": [
                    _mean([float(getattr(r, w).outlined) for r in free])
                    for w in ("before", "after")
                ],
            }
        )
    return said


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
