"""A folder of synthetic patients: images, masks and a table, for trying the product or training."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.data.samples import SAMPLES_FILE, DataError
from models.synthetic.dicom import calibrated_dataset, dicom_bytes
from models.synthetic.furniture import Furniture, burn_in
from models.synthetic.organs import ORGANS, random_scan
from models.synthetic.scan import SyntheticImage
from worker.pipeline import encode_mask_png, encode_png

FOLDS = 5
_MOST_VIEWS = 3
_LESION_COUNTS, _COUNT_SHARES = (0, 1, 2, 3), (0.15, 0.65, 0.13, 0.07)
_MARKED_SHARE = 0.3


@dataclass(frozen=True)
class Cohort:
    """Specification of synthetic patients.

    Attributes:
        count: number of images.
        seed: seed of all random numbers.
        height, width: size of the frames, px.
        organs: keys of ORGANS, used in turn.
        banner: burn in text, scale and calipers, as scanners do.
        dicom: write images as DICOM with spacing and an invented identity, instead of PNG.
    """

    count: int
    seed: int = 0
    height: int = 480
    width: int = 640
    organs: Sequence[str] = tuple(ORGANS)
    banner: bool = False
    dicom: bool = False


def write_cohort(cohort: Cohort, out: Path, on_image: Callable[[], None] | None = None) -> None:
    """Write `images/`, `masks/` and `samples.csv`, as `models.data.samples` and imports read them.

    A patient has one to three images of one organ, all in one of five folds. The number of lesions
    varies; some images show none and have empty masks.

    Raises:
        DataError: the folder already holds a data set.
    """
    if (out / SAMPLES_FILE).exists():
        raise DataError(f"{out} holds a data set already; choose another folder.")
    for name in ("images", "masks"):
        (out / name).mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(cohort.seed)
    rows: list[dict[str, str]] = []
    patient = 0
    while len(rows) < cohort.count:
        organ = cohort.organs[patient % len(cohort.organs)]
        patient += 1
        for _ in range(min(int(rng.integers(1, _MOST_VIEWS + 1)), cohort.count - len(rows))):
            name = f"synthetic-{len(rows) + 1:04}"
            image = random_scan(
                organ,
                int(rng.integers(2**32)),
                height=cohort.height,
                width=cohort.width,
                lesions=int(rng.choice(_LESION_COUNTS, p=_COUNT_SHARES)),
            )
            marked = rng.random() < _MARKED_SHARE
            if cohort.banner:
                image = burn_in(image, _screen_text(patient, organ, marked))
            _write(image, out, name, patient, organ, cohort)
            rows.append(_row(image, name, patient, organ))
            if on_image:
                on_image()
    with (out / SAMPLES_FILE).open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _screen_text(patient: int, organ: str, marked: bool) -> Furniture:
    return Furniture(
        banner=(
            f"SYNTHETIC^PATIENT  SYNTHETIC-{patient:04}  1900-01-01",
            f"{organ.upper()}  {ORGANS[organ].transducer.frequency:.1f} MHz  NOT A PERSON",
        ),
        mark=True,
        scale=True,
        bar=True,
        calipers=marked,
        colour=marked,
    )


def _write(
    image: SyntheticImage, out: Path, name: str, patient: int, organ: str, cohort: Cohort
) -> None:
    (out / "masks" / f"{name}.png").write_bytes(encode_mask_png(image.mask))
    if not cohort.dicom:
        (out / "images" / f"{name}.png").write_bytes(encode_png(image.pixels))
        return
    dataset = calibrated_dataset(
        image,
        identifier=f"{cohort.seed}-{name}",
        PatientName=f"Synthetic^Patient {patient:04}",
        PatientID=f"SYNTHETIC-{patient:04}",
        BodyPartExamined=ORGANS[organ].body_part,
    )
    (out / "images" / f"{name}.dcm").write_bytes(dicom_bytes(dataset))


def _row(image: SyntheticImage, name: str, patient: int, organ: str) -> dict[str, str]:
    """Return the columns of training data (`id`, `patient`, `fold`), of imports (`name`, `subject`,
    spacing) and the known properties of the lesions."""
    who = f"SYNTHETIC-{patient:04}"
    spacing = f"{image.placement.spacing:.6g}"
    return {
        "id": name,
        "name": name,
        "patient": who,
        "subject": who,
        "fold": str(1 + (patient - 1) % FOLDS),
        "class": "+".join(lesion.kind for lesion in image.lesions) or "none",
        "organ": organ,
        "row_mm": spacing,
        "column_mm": spacing,
        "lesions": str(len(image.lesions)),
        "lesion_px": str(int(np.count_nonzero(image.mask))),
    }
