"""Counts of lesions by class and attribute of a label set."""

from collections import Counter
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.label_sets.service import find
from app.masks.tables import Mask
from app.pool.schemas import LabelSetUse


def of_label_set(session: Session, set_id: UUID) -> LabelSetUse:
    """Count lesions by class and attribute in the newest revision of every frame.

    Lesions without a class are not counted: they are of the class "lesion", whatever set their
    project follows.

    Raises:
        Problem: 404.
    """
    found = find(session, set_id)
    classes = {str(one.id): one.id for one in found.classes}
    attributes = {str(one.id): one.id for one in found.attributes}
    newest = (
        select(Mask.frame_id, func.max(Mask.revision).label("revision"))
        .group_by(Mask.frame_id)
        .subquery()
    )
    kinds, values, whole = (
        Mask.labels[key] for key in ("classes", "attributes", "image_attributes")
    )
    query = (
        select(kinds.label("kinds"), values.label("attributes"), whole.label("whole"))
        .join(
            newest,
            (newest.c.frame_id == Mask.frame_id) & (newest.c.revision == Mask.revision),
        )
        .where(or_(*(key.as_string().is_not(None) for key in (kinds, values, whole))))
        .execution_options(yield_per=1000)
    )
    lesions: Counter[UUID] = Counter()
    said: Counter[UUID] = Counter()
    for row in session.execute(query):
        lesions.update(classes[one] for one in (row.kinds or {}).values() if one in classes)
        groups = [*(row.attributes or {}).values(), row.whole or {}]
        said.update(attributes[one] for group in groups for one in group if one in attributes)
    return LabelSetUse(classes=dict(lesions), attributes=dict(said))
