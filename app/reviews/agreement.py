"""Agreement of blind readings: for one image, and for a project."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.accounts.tables import User
from app.core.problems import Problem
from app.images.schemas import Person
from app.images.tables import Image
from app.label_sets.records import classes_by_id
from app.masks.tables import Assessment, Mask
from app.reviews.details import reading_details
from app.reviews.readings import readings_of
from app.reviews.schemas import (
    AgreeingReading,
    AgreementDetails,
    AgreementTotals,
    ClassAgreement,
    ClassAgreementTotals,
    PairAgreement,
)
from app.reviews.tables import Agreement
from app.reviews.visibility import View


def of_frame(session: Session, view: View, frame_id: UUID) -> AgreementDetails:
    """Return the measured agreement of an image's blind readings on one of its frames.

    Raises:
        Problem: 404 if there are not two, they are not measured yet, or the caller is a blind
            reader at work.
    """
    row = session.get(Agreement, frame_id)
    if row is None or view.blind:
        raise Problem(
            404, "no-agreement", "There are no two blind readings of this image to compare yet."
        )
    masks = {
        mask.id: mask
        for mask in session.scalars(
            select(Mask).where(Mask.id.in_([row.first_mask_id, row.second_mask_id]))
        )
    }
    readings = readings_of(session, view.image_id)
    found = {one.id: one for one in reading_details(session, readings)}

    def side(mask_id: UUID) -> AgreeingReading:
        mask = masks[mask_id]
        reading = found.get(mask.reading_id) if mask.reading_id else None
        return AgreeingReading(reading=reading, revision=mask.revision)

    return AgreementDetails(
        first=side(row.first_mask_id),
        second=side(row.second_mask_id),
        dice=row.dice,
        iou=row.iou,
        hd95_px=row.hd95_px,
        by_class=[
            ClassAgreement(class_id=kind, name=name, dice=found["dice"], iou=found["iou"])
            for kind, name, found in _named(session, row.by_class or {})
        ],
        presence=(row.first_present, row.second_present),
        measured_at=row.measured_at,
    )


@dataclass(frozen=True, slots=True)
class Compared:
    """One measured pair: its readers, and the presence of a lesion if both could judge."""

    readers: tuple[Person, Person]
    dice: float
    iou: float
    presence: tuple[bool, bool] | None
    by_class: dict[str, dict[str, float]]


def _named(session: Session, by_class: Mapping[str, Any]) -> list[tuple[UUID, str, Any]]:
    """Id, name and value of each class, by name."""
    names = {kind: row.name for kind, row in classes_by_id(session, map(UUID, by_class)).items()}
    found = [(UUID(kind), names.get(UUID(kind), kind), value) for kind, value in by_class.items()]
    return sorted(found, key=lambda entry: entry[1].casefold())


def totals(
    session: Session, project_id: UUID, since: datetime | None, until: datetime | None
) -> AgreementTotals:
    """Return the agreement of all pairs of a project that were measured in a period."""
    pairs = _compared(session, project_id, since, until)
    by_readers: dict[tuple[UUID, UUID], list[Compared]] = defaultdict(list)
    for pair in pairs:
        by_readers[pair.readers[0].id, pair.readers[1].id].append(pair)
    by_class: dict[str, list[dict[str, float]]] = defaultdict(list)
    for pair in pairs:
        for kind, found in pair.by_class.items():
            by_class[kind].append(found)
    return AgreementTotals(
        by_class=[
            ClassAgreementTotals(
                class_id=kind,
                name=name,
                pairs=len(group),
                dice_mean=fmean(one["dice"] for one in group),
                iou_mean=fmean(one["iou"] for one in group),
            )
            for kind, name, group in _named(session, by_class)
        ],
        pairs=len(pairs),
        dice_mean=fmean(one.dice for one in pairs) if pairs else None,
        iou_mean=fmean(one.iou for one in pairs) if pairs else None,
        presence_kappa=kappa(one.presence for one in pairs if one.presence),
        by_pair_of_readers=[
            PairAgreement(
                readers=group[0].readers,
                pairs=len(group),
                dice_mean=fmean(one.dice for one in group),
                iou_mean=fmean(one.iou for one in group),
                presence_kappa=kappa(one.presence for one in group if one.presence),
            )
            for group in sorted(by_readers.values(), key=len, reverse=True)
        ],
    )


def kappa(presence: Iterable[tuple[bool, bool]]) -> float | None:
    """Cohen's κ of two readers on whether there is a lesion.

    Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological
    Measurement 20, 1960: (observed − expected) / (1 − expected), where `expected` is the share of
    chance agreement, given how often each reader says "lesion".

    Returns:
        −1 to 1; None without pairs, or if both readers always give the same one answer.
    """
    pairs = list(presence)
    if not pairs:
        return None
    first, second = (sum(pair[at] for pair in pairs) / len(pairs) for at in (0, 1))
    observed = sum(a == b for a, b in pairs) / len(pairs)
    expected = first * second + (1 - first) * (1 - second)
    return None if expected == 1.0 else (observed - expected) / (1 - expected)


def _compared(
    session: Session, project_id: UUID, since: datetime | None, until: datetime | None
) -> Sequence[Compared]:
    """Return all pairs of a period; the older account of each pair comes first."""
    first, second = aliased(Mask), aliased(Mask)
    one, other = aliased(User), aliased(User)
    query = (
        select(
            Agreement.dice,
            Agreement.iou,
            Agreement.by_class,
            Agreement.first_present,
            Agreement.second_present,
            first.answer.label("first_answer"),
            second.answer.label("second_answer"),
            one.id.label("first_id"),
            one.name.label("first_name"),
            other.id.label("second_id"),
            other.name.label("second_name"),
        )
        .join(first, first.id == Agreement.first_mask_id)
        .join(second, second.id == Agreement.second_mask_id)
        .join(one, one.id == first.author_id)
        .join(other, other.id == second.author_id)
        .join(Image, Image.id == Agreement.image_id)
        .where(Image.project_id == project_id)
    )
    if since:
        query = query.where(Agreement.measured_at >= since)
    if until:
        query = query.where(Agreement.measured_at < until)
    found = []
    for row in session.execute(query):
        a, b = (
            Person(id=row.first_id, name=row.first_name),
            Person(id=row.second_id, name=row.second_name),
        )
        judged = Assessment.CANNOT_JUDGE not in (row.first_answer, row.second_answer)
        present = (row.first_present, row.second_present)
        if b.id < a.id:
            a, b, present = b, a, (present[1], present[0])
        found.append(
            Compared((a, b), row.dice, row.iou, present if judged else None, row.by_class or {})
        )
    return found
