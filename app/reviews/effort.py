"""Effort: what corrections cost, over time and by model, from the readings handed in."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import fmean, median
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.accounts.tables import User
from app.images.schemas import Person
from app.images.tables import Image
from app.masks.tables import Mask
from app.reviews.schemas import (
    Bucket,
    EffortBucket,
    EffortByModel,
    EffortByPerson,
    EffortReport,
)
from app.reviews.tables import Reading

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Effort:
    """One reading that was handed in.

    Attributes:
        seconds: at the image, looking included, over all revisions up to the one handed in; for a
            cine, over those of all its frames.
        dice: between the model's mask and the mask handed in; for a cine, the mean of its frames.
            None until measured.
        untouched: it was handed in as the model drew it, on every frame; None until measured.
        patient: the image if no patient is known.
        model: name and version of the model whose mask the reader started from.
    """

    image_id: UUID
    at: datetime
    seconds: float | None
    dice: float | None
    untouched: bool | None
    reader: Person
    patient: UUID
    model: tuple[str, str] | None


def report(
    session: Session,
    project_id: UUID,
    since: datetime | None,
    until: datetime | None,
    bucket: Bucket,
    *,
    by_person: bool,
) -> EffortReport:
    """Return the effort of a project's readings that were handed in during a period."""
    found = efforts(session, project_id, since, until)
    people = {one.reader.id: one.reader for one in found}
    return EffortReport(
        buckets=[
            EffortBucket(start=start, **figures(group))
            for start, group in _grouped(found, lambda one: begin(one.at, bucket))
        ],
        by_model=[
            EffortByModel(model=model[0], version=model[1], **figures(group))
            for model, group in _grouped(
                [one for one in found if one.model], lambda one: one.model or ("", "")
            )
        ],
        by_person=[
            EffortByPerson(person=people[reader], **figures(group))
            for reader, group in _grouped(found, lambda one: one.reader.id)
        ]
        if by_person
        else [],
    )


def figures(efforts: Sequence[Effort]) -> dict[str, Any]:
    """Return the fields of :class:`EffortFigures`; readings not yet measured do not count."""
    seconds = [one.seconds for one in efforts if one.seconds is not None]
    dices = [one.dice for one in efforts if one.dice is not None]
    untouched = [one.untouched for one in efforts if one.untouched is not None]
    return {
        "images": len({one.image_id for one in efforts}),
        "seconds_median": median(seconds) if seconds else None,
        "seconds_mean": fmean(seconds) if seconds else None,
        "dice_mean": fmean(dices) if dices else None,
        "untouched_share": fmean(untouched) if untouched else None,
    }


def begin(at: datetime, bucket: Bucket) -> datetime:
    """Return the start of the day, week or month that a time belongs to, in UTC."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if bucket == Bucket.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if bucket == Bucket.MONTH else day


def _grouped(
    efforts: Iterable[Effort], key: Callable[[Effort], Key]
) -> list[tuple[Key, list[Effort]]]:
    groups: dict[Key, list[Effort]] = defaultdict(list)
    for one in efforts:
        groups[key(one)].append(one)
    return sorted(groups.items())


def efforts(
    session: Session, project_id: UUID, since: datetime | None, until: datetime | None
) -> Sequence[Effort]:
    """Return one row for each reading. Medians are computed in Python: SQLite has no median."""
    handed_in, revision, prediction = aliased(Mask), aliased(Mask), aliased(Mask)
    same_frame = revision.frame_id == handed_in.frame_id
    before = or_(
        and_(same_frame, revision.revision <= handed_in.revision),
        and_(~same_frame, revision.created_at <= Reading.submitted_at),
    )
    spent = (
        select(func.sum(revision.seconds))
        .where(revision.reading_id == Reading.id, before)
        .scalar_subquery()
    )
    inside = [Image.project_id == project_id, Reading.submitted_at.is_not(None)]
    if since:
        inside.append(Reading.submitted_at >= since)
    if until:
        inside.append(Reading.submitted_at < until)
    query = (
        select(
            Reading.id,
            Reading.image_id,
            Image.subject_id,
            Reading.submitted_at,
            Reading.reader_id,
            User.name,
            spent.label("seconds"),
            handed_in.dice,
            handed_in.untouched,
            prediction.model_name,
            prediction.model_version,
        )
        .join(handed_in, handed_in.id == Reading.submitted_mask_id)
        .join(User, User.id == Reading.reader_id)
        .outerjoin(prediction, prediction.id == handed_in.prediction_id)
        .join(Image, Image.id == Reading.image_id)
        .where(*inside)
    )
    cines = _of_cines(session, inside)
    return [
        Effort(
            image_id=row.image_id,
            at=row.submitted_at,
            seconds=row.seconds,
            dice=cines[row.id].dice if row.id in cines else row.dice,
            untouched=cines[row.id].untouched if row.id in cines else row.untouched,
            patient=row.subject_id or row.image_id,
            reader=Person(id=row.reader_id, name=row.name),
            model=(row.model_name, row.model_version) if row.model_name else None,
        )
        for row in session.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class _Cine:
    """The measures of all frames of one reading of a cine."""

    dice: float | None
    untouched: bool | None


def _of_cines(session: Session, inside: Sequence[ColumnElement[bool]]) -> dict[UUID, _Cine]:
    """Return the measures of the cines among some readings, by reading, without frames that are not
    measured yet."""
    order = func.row_number().over(
        partition_by=(Mask.reading_id, Mask.frame_id), order_by=Mask.revision.desc()
    )
    revisions = (
        select(Mask.reading_id, Mask.dice, Mask.untouched, order.label("place"))
        .join(Reading, Reading.id == Mask.reading_id)
        .join(Image, Image.id == Reading.image_id)
        .where(*inside, Image.frame_count > 1, Mask.created_at <= Reading.submitted_at)
        .subquery()
    )
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in session.execute(select(revisions).where(revisions.c.place == 1)):
        found[row.reading_id].append(row)
    return {reading_id: _cine(rows) for reading_id, rows in found.items()}


def _cine(frames: Sequence[Any]) -> _Cine:
    dices = [one.dice for one in frames if one.dice is not None]
    untouched = [one.untouched for one in frames if one.untouched is not None]
    return _Cine(fmean(dices) if dices else None, all(untouched) if untouched else None)
