"""The training pool in numbers, for the pool page."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, extract, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.images.tables import Frame, Image, ImageState, Split
from app.label_sets.records import classes_by_id
from app.label_sets.tables import LESION_CLASS_ID
from app.masks.tables import Assessment, Mask
from app.pool.schemas import Balance, Bin, ClassCount, Count, Month, PoolDetails, Sizes
from app.pool.tables import PoolMeasure

LONG_AXIS_MM = (0, 5, 10, 15, 20, 30, 40, 60, 80, 100)
AREA_SHARE = (0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
UNKNOWN = "unknown"
MOST_VALUES = 30

IN_POOL = (
    Frame.image_id == Image.id,
    Image.state == ImageState.APPROVED,
    Mask.id == Frame.approved_mask_id,
    or_(Mask.answer.is_(None), Mask.answer != Assessment.CANNOT_JUDGE),
)


Pool = Sequence[ColumnElement[bool]]


def details(session: Session, project_id: UUID) -> PoolDetails:
    """Return all figures of a project's pool page."""
    pool = (Image.project_id == project_id, *IN_POOL)
    start = aliased(Mask)
    model = func.coalesce(
        Mask.model_name + "@" + Mask.model_version, start.model_name + "@" + start.model_version
    )
    groups = (Image.split, Mask.source, Mask.answer, Image.format, model)
    # A cine with several approved frames is one image.
    number = func.count(func.distinct(Image.id))
    # One pass through the pool for everything that is counted by a column.
    found = session.execute(
        select(*groups, func.count(), number)
        .select_from(Image)
        .join(Frame, Frame.image_id == Image.id)
        .join(Mask, Mask.id == Frame.approved_mask_id)
        .outerjoin(start, start.id == Mask.prediction_id)
        .where(*pool)
        .group_by(*groups)
    ).all()
    by_subject = session.execute(
        select(Image.split, func.count(func.distinct(Image.subject_id)), number)
        .where(*pool)
        .group_by(Image.split)
    ).all()
    lesions, sizes, balance, measured, classes = _sizes(session, pool)
    masks = sum(row[-2] for row in found)

    def by(column: int) -> list[Count]:
        return _counts((row[column], row[-1]) for row in found)

    # Approving gives every image a split.
    splits = dict.fromkeys(Split, 0) | {row[0]: row[2] for row in by_subject if row[0]}
    subjects = dict.fromkeys(Split, 0) | {row[0]: row[1] for row in by_subject if row[0]}
    return PoolDetails(
        images=sum(row[2] for row in by_subject),
        # A subject is in one split only, so that the parts add up.
        subjects=sum(subjects.values()),
        lesions=lesions,
        without_subject=session.scalar(
            select(number)
            .select_from(Image)
            .join(Frame, Frame.image_id == Image.id)
            .join(Mask, Mask.id == Frame.approved_mask_id)
            .where(*pool, Image.subject_id.is_(None))
        )
        or 0,
        by_state=dict.fromkeys(ImageState, 0)
        | {
            row[0]: row[1]
            for row in session.execute(
                select(Image.state, func.count())
                .where(Image.project_id == project_id)
                .group_by(Image.state)
            )
        },
        by_split=splits,
        subjects_by_split=subjects,
        by_source=by(1),
        by_model=by(4),
        by_answer=by(2),
        by_format=by(3),
        by_device=_devices(session, pool),
        by_month=_months(session, pool),
        by_class=_by_class(session, classes),
        sizes=sizes,
        balance=balance,
        unmeasured=masks - measured,
    )


def _counts(rows: Iterable[Any]) -> list[Count]:
    """Return the most frequent values first; those beyond `MOST_VALUES` are summed as "other"."""
    sums: Counter[str] = Counter()
    for value, number in rows:
        sums[str(value or UNKNOWN)] += number
    found = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
    shown, rest = found[:MOST_VALUES], found[MOST_VALUES:]
    if rest:
        shown.append(("other", sum(number for _, number in rest)))
    return [Count(name=name, count=number) for name, number in shown]


def _devices(session: Session, pool: Pool) -> list[Count]:
    def text(keyword: str) -> ColumnElement[str]:
        return func.coalesce(cast(Image.acquisition[keyword].as_string(), String), "")

    maker, model = text("Manufacturer"), text("ManufacturerModelName")
    rows = session.execute(
        select(maker, model, func.count(func.distinct(Image.id)))
        .select_from(Frame)
        .join(Image, Image.id == Frame.image_id)
        .join(Mask, Mask.id == Frame.approved_mask_id)
        .where(*pool)
        .group_by(maker, model)
    )
    return _counts((f"{row[0]} {row[1]}".strip(), row[2]) for row in rows)


def _months(session: Session, pool: Pool) -> list[Month]:
    year, month = extract("year", Image.approved_at), extract("month", Image.approved_at)
    rows = session.execute(
        select(year, month, func.count(func.distinct(Image.id)))
        .where(*pool, Image.approved_at.is_not(None))
        .group_by(year, month)
        .order_by(year, month)
    )
    return [Month(month=f"{int(row[0]):04d}-{int(row[1]):02d}", count=row[2]) for row in rows]


def _by_class(session: Session, counts: Mapping[UUID, Counter[str]]) -> list[ClassCount]:
    rows = classes_by_id(session, counts)
    found = [
        ClassCount(
            class_id=kind,
            name=rows[kind].name if kind in rows else UNKNOWN,
            colour=rows[kind].colour if kind in rows else "#808080",
            images=count["images"],
            lesions=count["lesions"],
            pixels=count["pixels"],
        )
        for kind, count in counts.items()
    ]
    return sorted(found, key=lambda one: (-one.lesions, one.name))


def _sizes(
    session: Session, pool: Pool
) -> tuple[int, Sizes, Balance, int, Mapping[UUID, Counter[str]]]:
    """Return the number of lesions, their sizes, pixels of lesion and background, number of masks
    measured, and images, lesions and pixels of each class."""
    classes: dict[UUID, Counter[str]] = defaultdict(Counter)
    axes, shares = [0] * len(LONG_AXIS_MM), [0] * len(AREA_SHARE)
    lesions = with_axis = lesion_px = frame_px = masks = 0
    query = (
        select(
            PoolMeasure.frame_px,
            PoolMeasure.lesion_px,
            PoolMeasure.areas_px,
            PoolMeasure.long_axes_mm,
            PoolMeasure.class_ids,
        )
        .select_from(Image)
        .join(Frame, Frame.image_id == Image.id)
        .join(Mask, Mask.id == Frame.approved_mask_id)
        .join(PoolMeasure, PoolMeasure.mask_id == Mask.id)
        .where(*pool)
        .execution_options(yield_per=2000)
    )
    for whole, marked, areas, lengths, kinds in session.execute(query):
        _count(classes, areas, kinds)
        masks += 1
        frame_px += whole
        lesion_px += marked
        lesions += len(areas)
        with_axis += len(lengths)
        for area in areas:
            shares[bisect_right(AREA_SHARE, area / whole) - 1] += 1
        for length in lengths:
            axes[bisect_right(LONG_AXIS_MM, length) - 1] += 1
    sizes = Sizes(
        long_axis_mm=_bins(LONG_AXIS_MM, axes),
        without_spacing=lesions - with_axis,
        area_share=_bins(AREA_SHARE, shares),
    )
    balance = Balance(
        lesion_px=lesion_px,
        background_px=frame_px - lesion_px,
        lesion_share=lesion_px / frame_px if frame_px else None,
    )
    return lesions, sizes, balance, masks, classes


def _count(
    classes: dict[UUID, Counter[str]], areas: Sequence[int], kinds: Sequence[str | None] | None
) -> None:
    """Add one mask's lesions to the counts of their classes."""
    ids = [UUID(kind) if kind else LESION_CLASS_ID for kind in kinds or [None] * len(areas)]
    for kind, area in zip(ids, areas, strict=True):
        classes[kind]["lesions"] += 1
        classes[kind]["pixels"] += area
    for kind in set(ids):
        classes[kind]["images"] += 1


def _bins(edges: Sequence[float], counts: Sequence[int]) -> list[Bin]:
    highs = [*edges[1:], None]
    return [
        Bin(low=low, high=high, count=number)
        for low, high, number in zip(edges, highs, counts, strict=True)
    ]
