"""The masks that an export holds, as one query."""

import json
from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from app.core.database import WriteSession
from app.exports.schemas import ExportCounts, ExportFilters, SuspectedTextRule
from app.images.tables import Frame, Image, ImageState, Split, Subject
from app.masks.tables import Assessment, Mask
from app.pool.records import split_of
from app.redaction.tables import SUSPECTED

NAMES_LIMIT = 200
BATCH = 1000

MASK_ID = case(
    (Image.state == ImageState.APPROVED, Frame.approved_mask_id), else_=Frame.latest_mask_id
)
"""The mask that represents a frame: the approved one, else the newest."""
SPLIT_ORDER = {Split.TRAIN: 0, Split.VALIDATION: 1, Split.TEST: 2}


def candidates(project_id: UUID, filters: ExportFilters) -> Select[Any]:
    """Return a query for every frame of a project that passes the filters, with its mask, including
    those that are left out later."""
    start = aliased(Mask)
    suspected = Image.id.in_(SUSPECTED)
    unsearched = Frame.blanked.is_(None)
    columns: list[Any] = [
        Image.id.label("image_id"),
        Frame.id.label("frame_id"),
        Frame.index.label("frame_index"),
        Mask.id.label("mask_id"),
        Image.split,
        Image.pixel_sha256,
        Image.subject_id,
        Mask.source,
        Mask.answer,
        suspected.label("suspected"),
        unsearched.label("unknown"),
        # If the same pixels were approved twice, the later approval counts, but an image with
        # unjudged text never takes precedence over a cleared one.
        func.row_number()
        .over(
            partition_by=(Image.pixel_sha256, Frame.index),
            order_by=(
                case((or_(suspected, unsearched), 1), else_=0),
                case((Image.approved_at.is_(None), 1), else_=0),
                Image.approved_at.desc(),
                Image.id,
            ),
        )
        .label("place"),
    ]
    query: Select[Any] = (
        select(*columns)
        .join(Frame, Frame.image_id == Image.id)
        .join(Mask, Mask.id == MASK_ID)
        .where(Image.project_id == project_id, Image.state.in_(filters.states))
    )
    if len(filters.splits) < len(Split):
        query = query.where(Image.split.in_(filters.splits))
    if filters.approved_from:
        query = query.where(Image.approved_at >= filters.approved_from)
    if filters.approved_to:
        query = query.where(Image.approved_at < filters.approved_to)
    if filters.annotator_id:
        query = query.where(Mask.author_id == filters.annotator_id)
    if filters.model:
        name, _, version = filters.model.partition("@")
        query = query.outerjoin(start, start.id == Mask.prediction_id).where(
            or_(*(_is_model(mask, name, version) for mask in (Mask, start)))
        )
    return query


def _is_model(mask: type[Mask], name: str, version: str) -> ColumnElement[bool]:
    named = mask.model_name == name
    return and_(named, mask.model_version == version) if version else named


def chosen(project_id: UUID, filters: ExportFilters, rule: SuspectedTextRule) -> Subquery:
    """Return the masks of an export: each picture once, without those that could not be judged."""
    every = candidates(project_id, filters).subquery()
    query = select(every).where(
        every.c.place == 1,
        or_(every.c.answer.is_(None), every.c.answer != Assessment.CANNOT_JUDGE),
    )
    if rule == SuspectedTextRule.LEAVE_OUT:
        query = query.where(every.c.suspected.is_(False), every.c.unknown.is_(False))
    return query.subquery()


def assign_splits(session: WriteSession, project_id: UUID, filters: ExportFilters) -> None:
    """Assign images that were never approved to the part that their subject belongs to.

    An approval would assign the same part, so this decides nothing new.
    """
    if set(filters.states) <= {ImageState.APPROVED}:
        return
    while True:
        rows = session.execute(
            select(Image.id, func.coalesce(Subject.pseudonym, Image.pixel_sha256))
            .outerjoin(Subject, Subject.id == Image.subject_id)
            .where(
                Image.project_id == project_id,
                Image.state.in_(filters.states),
                Image.split.is_(None),
            )
            .order_by(Image.id)  # the order in which all code locks several images
            .limit(BATCH)
        ).all()
        if not rows:
            return
        session.execute(
            update(Image), [{"id": image_id, "split": split_of(of)} for image_id, of in rows]
        )


def count(
    session: Session, project_id: UUID, filters: ExportFilters, rule: SuspectedTextRule
) -> ExportCounts:
    """Count the images that the filters select now."""
    every = candidates(project_id, filters).subquery()
    first = case((every.c.place == 1, 1), else_=0)
    groups = (
        *(every.c.split, every.c.source, every.c.answer, first),
        *(every.c.suspected, every.c.unknown),
    )
    splits: Counter[Split] = Counter(dict.fromkeys(Split, 0))
    sources: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    doubtful = duplicates = suspected = included = unknown = 0
    for split, source, answer, stands, looks_like_text, never_looked, number in session.execute(
        select(*groups, func.count()).group_by(*groups)
    ):
        if answer == Assessment.CANNOT_JUDGE:
            doubtful += number
        elif not stands:
            duplicates += number
        elif looks_like_text and rule == SuspectedTextRule.LEAVE_OUT:
            suspected += number
        elif never_looked and rule == SuspectedTextRule.LEAVE_OUT:
            unknown += number
        else:
            included += number if looks_like_text else 0
            unknown += number if never_looked else 0
            splits[split] += number
            sources[source.value] += number
            answers[answer.value if answer else "prediction"] += number
    masks = chosen(project_id, filters, rule)
    unknown_patient = case((masks.c.subject_id.is_(None), 1), else_=0)
    subjects, without = session.execute(
        select(
            func.count(func.distinct(masks.c.subject_id)),
            func.coalesce(func.sum(unknown_patient), 0),
        ).select_from(masks)
    ).one()
    return ExportCounts(
        images=splits.total(),
        subjects=subjects,
        without_subject=without,
        by_split=dict(splits),
        by_source=dict(sources),
        by_answer=dict(answers),
        cannot_judge=doubtful,
        duplicates=duplicates,
        suspected_text=suspected,
        suspected_text_included=included,
        text_unknown=unknown,
    )


def lesion_names(
    session: Session, project_id: UUID, filters: ExportFilters, rule: SuspectedTextRule
) -> list[str]:
    """Return the names that people gave to lesions of these masks, sorted, at most
    `NAMES_LIMIT`."""
    masks = chosen(project_id, filters, rule)
    text = cast(Mask.labels["names"], String)
    query = (
        select(text)
        .join(masks, masks.c.mask_id == Mask.id)
        .where(Mask.labels.is_not(None))
        .distinct()
        .execution_options(yield_per=BATCH)
    )
    found: set[str] = set()
    for names in session.scalars(query):
        found |= {str(name) for name in (json.loads(names or "{}") or {}).values()}
        if len(found) >= NAMES_LIMIT:
            break
    return sorted(name for name in found if name)[:NAMES_LIMIT]
