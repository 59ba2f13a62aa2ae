"""Rows of the training pool, of exports and of imports, as the product stores them."""

import hashlib
from collections.abc import Mapping
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.accounts.tables import User
from app.core.broker import BACKGROUND_QUEUE
from app.core.ids import new_id, now
from app.exports.tables import Export, ExportFormat, ExportPart, part_key
from app.images.records import still_region
from app.images.tables import (
    Frame,
    Image,
    ImageState,
    SpacingSource,
    frame_key,
    mask_key,
    subject_with,
    thumbnail_key,
)
from app.imports.tables import Import, archive_key
from app.jobs.tables import Job, JobKind, JobState
from app.masks.tables import Assessment, Mask, MaskSource
from app.pool.records import split_of
from app.projects.tables import DEFAULT_PROJECT
from tests.running_site import Site
from tests.synthetic import ultrasound
from worker.interactive.runs import encode_runs
from worker.pipeline import encode_mask_png, encode_png
from worker.pipeline.drawn import drawn_lesions
from worker.storage.pictures import pixel_digest, thumbnail


def speckle(seed: int, height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    """Return a small frame without border or text."""
    return ultrasound(height, width, seed, geometry="full", banner=()).pixels


def add_pooled(
    site: Site,
    owner: User,
    pixels: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    *,
    project_id: UUID = DEFAULT_PROJECT,
    names: Mapping[int, str] | None = None,
    subject: str | None = None,
    state: ImageState = ImageState.APPROVED,
    answer: Assessment | None = None,
    with_runs: bool = True,
    spacing: tuple[float, float] | None = None,
) -> UUID:
    """Store an image whose mask a reviewer has approved; return its id.

    Args:
        pixels: uint8 [H,W] or [H,W,3].
        labels: uint8 [H,W], lesion numbers.
        names: names of lesions.
        subject: an identifier of the patient.
        with_runs: False stores no lesion numbers, so the mask's components are the lesions.
    """
    height, width = labels.shape
    image_id, mask_id = new_id(), new_id()
    answer = answer or (Assessment.LESIONS if labels.any() else Assessment.NO_LESION)
    runs = {
        "runs": encode_runs(labels),
        "names": {str(number): name for number, name in (names or {}).items()},
    }
    site.blobs.put(frame_key(image_id, None), encode_png(pixels))
    site.blobs.put(thumbnail_key(image_id, None), thumbnail(pixels))
    site.blobs.put(mask_key(image_id, mask_id), encode_mask_png(labels > 0))
    with site.database.write() as session:
        pseudonym = site.key.pseudonym(subject) if subject else None
        image = Image(
            id=image_id,
            project_id=project_id,
            owner_id=owner.id,
            subject_id=subject_with(session, project_id, pseudonym) if pseudonym else None,
            pixel_sha256=pixel_digest(pixels),
            format="png",
            state=state,
            lesion_count=len(np.unique(labels[labels > 0])),
            model_name="test",
            model_version="1",
            acquisition={"Manufacturer": "Synthetic", "ManufacturerModelName": "Speckle One"},
        )
        if state == ImageState.APPROVED:
            image.approved_at = now()
            image.split = split_of(pseudonym or image.pixel_sha256)
        frame = Frame(
            id=new_id(),
            image_id=image_id,
            width=width,
            height=height,
            blanked=[],
            latest_mask_id=mask_id,
            approved_mask_id=mask_id if state == ImageState.APPROVED else None,
            lesion_count=image.lesion_count,
        )
        box = {"top": 0, "left": 0, "height": height, "width": width}
        region = still_region(box, spacing, SpacingSource.FILE)
        region.image_id, region.number = image_id, 0
        mask = Mask(
            id=mask_id,
            image_id=image_id,
            frame_id=frame.id,
            revision=1,
            source=MaskSource.HUMAN,
            author_id=owner.id,
            answer=answer,
            labels=runs if with_runs else None,
            result={
                "width": width,
                "height": height,
                "spacing_mm": {"row": spacing[0], "column": spacing[1]} if spacing else None,
                "lesions": [lesion.to_json() for lesion in drawn_lesions(labels, spacing)],
            },
        )
        for row in (image, frame, mask, region):
            session.add(row)
            session.flush()
    return image_id


def ellipses(*centers: tuple[int, int], shape: tuple[int, int] = (48, 64)) -> NDArray[np.uint8]:
    """Return a label map with a numbered ellipse at each (row, column)."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    labels = np.zeros(shape, np.uint8)
    for number, (row, column) in enumerate(centers, 1):
        inside = ((rows - row) / 7) ** 2 + ((columns - column) / 10) ** 2 <= 1
        labels[inside & (labels == 0)] = number
    return labels


def add_export(site: Site, owner: User, project_id: UUID = DEFAULT_PROJECT) -> UUID:
    """Store a finished export with a meaningless archive; return its id."""
    export_id, data = new_id(), b"archive " * 100
    site.blobs.put(part_key(export_id, 1), data)
    with site.database.write() as session:
        job = Job(
            id=new_id(),
            kind=JobKind.EXPORT,
            queue=BACKGROUND_QUEUE,
            project_id=project_id,
            owner_id=owner.id,
            state=JobState.DONE,
        )
        session.add(job)
        session.flush()
        session.add(
            Export(
                id=export_id,
                project_id=project_id,
                job_id=job.id,
                created_by_id=owner.id,
                format=ExportFormat.PNG,
                filters={},
                lesion_names=True,
                licence="none",
                counts={
                    "images": 1,
                    "subjects": 1,
                    "by_split": {"train": 1},
                    "by_source": {},
                    "by_answer": {},
                    "cannot_judge": 0,
                    "duplicates": 0,
                },
                size_bytes=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
                finished_at=now(),
            )
        )
        session.flush()
        session.add(
            ExportPart(
                export_id=export_id, number=1, size_bytes=len(data), items_done=1, left_out=0
            )
        )
    return export_id


def add_import(
    site: Site,
    owner: User,
    state: JobState = JobState.DONE,
    project_id: UUID = DEFAULT_PROJECT,
) -> UUID:
    """Store an import whose check is in this state; return its id."""
    import_id = new_id()
    site.blobs.put(archive_key(import_id), b"PK\x05\x06" + bytes(18))
    with site.database.write() as session:
        job = Job(
            id=new_id(),
            kind=JobKind.IMPORT,
            queue=BACKGROUND_QUEUE,
            project_id=project_id,
            owner_id=owner.id,
            state=state,
        )
        session.add(job)
        session.flush()
        session.add(
            Import(
                id=import_id,
                project_id=project_id,
                job_id=job.id,
                created_by_id=owner.id,
                size_bytes=22,
            )
        )
    return import_id
