"""Comparison of a project's week with the first images of the version that answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.deployments.records import serving
from app.drift.jobs import DRIFT
from app.drift.records import FEW_PATIENTS, FEW_REFERENCE, WEEK
from app.drift.tables import DriftWeek
from app.hooks.records import note
from app.hooks.tables import HookEvent
from app.images.tables import Image
from app.jobs.tables import JobState
from app.masks.tables import Mask, MaskSource
from app.reviews.tables import Reading
from worker.evaluation.drift import MEASURES, Seen, alarm, figure
from worker.runtime import Runtime
from worker.tasks.lease import Lease, Progress

REFERENCE = 500
"""Number of the first images of a version, with which later weeks are compared."""
MOST = 2_000
"""Number of images of a week that are compared, from its start."""

Version = tuple[str, str]
Values = dict[str, list[Seen]]


def drift(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Compare a week once. Row, alarms and messages are written in one transaction.

    Raises:
        LostLeaseError: cancelled, or another worker has the job.
    """
    week, project_id = DRIFT.read(lease.job).week, lease.job.project_id
    progress("comparing", 0.1)
    with runtime.database.read() as session:
        versions = _versions(session, project_id, week)
        rows = [_row(session, project_id, week, version) for version in versions]
    with runtime.database.write() as session:
        known = set(
            session.execute(
                select(DriftWeek.model_name, DriftWeek.model_version).where(
                    DriftWeek.project_id == project_id, DriftWeek.week == week
                )
            ).tuples()
        )
        for row in rows:
            if (row.model_name, row.model_version) in known:
                continue
            session.add(row)
            for one in row.alarms:
                note(
                    session,
                    runtime.broker,
                    project_id,
                    HookEvent.DRIFT,
                    week=row.week.date().isoformat(),
                    model=f"{row.model_name}@{row.model_version}",
                    measure=one["measure"],
                    image_ids=one["images"],
                )
        lease.end(session, JobState.DONE, result=DRIFT.outcome().model_dump(mode="json"))


def _versions(session: Session, project_id: UUID, week: datetime) -> list[Version]:
    """Return the versions that answered new images of the week; if none did, the serving one."""
    query = (
        select(Mask.model_name, Mask.model_version)
        .join(Image, Image.id == Mask.image_id)
        .where(
            Image.project_id == project_id,
            Mask.source == MaskSource.MODEL,
            Mask.revision == 1,
            Mask.created_at >= week,
            Mask.created_at < week + WEEK,
            Mask.model_name.is_not(None),
        )
    )
    found = [(str(row[0]), str(row[1])) for row in session.execute(query.distinct())]
    serves = serving(session, project_id)
    if not found and serves is not None:
        found = [(serves.model_name, serves.model_version)]
    return sorted(found)


def _row(session: Session, project_id: UUID, week: datetime, version: Version) -> DriftWeek:
    end = week + WEEK
    now, images = values_of(session, project_id, version, (week, end), MOST)
    before, _ = values_of(session, project_id, version, (None, week), REFERENCE)
    patients = {one.patient for one in images}
    looks = select(func.count()).where(
        DriftWeek.project_id == project_id,
        DriftWeek.model_name == version[0],
        DriftWeek.model_version == version[1],
        DriftWeek.look > 0,
    )
    known = {one.patient for one in before["uncertainty"]}
    enough = len(patients) >= FEW_PATIENTS and len(known) >= FEW_REFERENCE
    look = (session.scalar(looks) or 0) + 1 if enough else 0
    fewest = (FEW_REFERENCE, FEW_PATIENTS)
    figures = {name: figure(name, before[name], now[name], look, fewest) for name in MEASURES}
    alarms = [found for name in MEASURES if (found := alarm(figures[name], now[name]))]
    return DriftWeek(
        project_id=project_id,
        week=week,
        model_name=version[0],
        model_version=version[1],
        images=len({one.image for one in images}),
        patients=len(patients),
        look=look,
        figures=list(figures.values()),
        alarms=alarms,
    )


def values_of(
    session: Session,
    project_id: UUID,
    version: Version,
    between: tuple[datetime | None, datetime],
    most: int,
) -> tuple[Values, Sequence[Seen]]:
    """Measures of images that a version outlined first in a period, and of those read in it.

    A cine has measures for each of its frames.
    """
    start, end = between
    found: Values = defaultdict(list)
    first = (
        Image.project_id == project_id,
        Mask.source == MaskSource.MODEL,
        Mask.revision == 1,
        Mask.model_name == version[0],
        Mask.model_version == version[1],
    )
    query = (  # a cine has one mask for each frame that the version segmented
        select(Image.id, Image.subject_id, Mask.result)
        .join(Mask, Mask.image_id == Image.id)
        .where(*first, Mask.created_at < end, *([Mask.created_at >= start] if start else []))
        .order_by(Mask.id)
        .limit(most)
    )
    images = []
    for row in session.execute(query):
        said, patient, image = row.result or {}, row.subject_id or row.id, str(row.id)
        images.append(Seen(patient, image, 0.0))
        for name, value in (
            ("distance", said.get("domain_distance")),
            ("uncertainty", (said.get("uncertainty") or {}).get("score")),
            ("flagged", said.get("out_of_domain")),
        ):
            if value is not None:
                found[name].append(Seen(patient, image, float(value)))
    handed_in = aliased(Mask)
    newer = aliased(Mask)
    # Every frame of a cine that the reader drew, as handed in; a reading references only one.
    last_of_frame = ~exists().where(
        newer.reading_id == handed_in.reading_id,
        newer.frame_id == handed_in.frame_id,
        newer.revision > handed_in.revision,
        newer.created_at <= Reading.submitted_at,
    )
    of_cine = (
        Image.frame_count > 1,
        handed_in.reading_id == Reading.id,
        handed_in.created_at <= Reading.submitted_at,
        last_of_frame,
    )
    read = (
        select(Image.id, Image.subject_id, handed_in.untouched, handed_in.dice)
        .join(Reading, Reading.image_id == Image.id)
        .join(handed_in, handed_in.image_id == Image.id)
        .join(Mask, Mask.id == handed_in.prediction_id)
        .where(
            *first,
            or_(handed_in.id == Reading.submitted_mask_id, and_(*of_cine)),
            handed_in.untouched.is_not(None),
            Reading.submitted_at < end,
            *([Reading.submitted_at >= start] if start else []),
        )
        .order_by(Reading.submitted_at, handed_in.id)
        .limit(most)
    )
    for row in session.execute(read):
        patient, image = row.subject_id or row.id, str(row.id)
        found["corrected"].append(Seen(patient, image, float(not row.untouched)))
        if not row.untouched and row.dice is not None:
            found["dice"].append(Seen(patient, image, row.dice))
    return found, images
