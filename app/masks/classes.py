"""The classes and attributes that a drawing may have, and those required to hand it in.

A lesion without a class is of the class "lesion", which every project begins with; this includes
everything drawn before there were classes.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.database import WriteSession
from app.core.problems import Problem
from app.images.tables import Image
from app.label_sets.records import Vocabulary, mark_used, vocabulary_of
from app.label_sets.tables import (
    LESION_CLASS_ID,
    Attribute,
    AttributeKind,
    AttributeSubject,
    ClassKind,
)
from app.masks.drawing import lesions_by_layer, numbers_in
from app.masks.tables import Assessment, Mask

Missing = dict[str, Any]


def check_classes(
    session: WriteSession, image: Image, labels: dict[str, Any], parent: Mask | None
) -> dict[str, Any]:
    """Refuse classes and attributes that are not in the project's label set; mark the others used.

    Args:
        labels: as :attr:`app.masks.tables.Mask.labels`.
        parent: the revision that it was drawn upon; its classes may stay, even if archived.

    Returns:
        The labels, with a class for each lesion if the set has only one.

    Raises:
        Problem: 422 that names the lesion and what to do.
    """
    words = vocabulary_of(session, image.project_id)
    labels = _with_implied(words, labels)
    classes = _classes(labels)
    for layer, numbers in lesions_by_layer(labels):
        for number in numbers:
            _check_class(words, number, classes, layer, parent)
    _check_regions(words, numbers_in(labels), classes)
    used = {classes.get(number, LESION_CLASS_ID) for number in numbers_in(labels)}
    asked = _check_attributes(words, labels)
    mark_used(session, used, asked)
    return labels


def _with_implied(words: Vocabulary, labels: dict[str, Any]) -> dict[str, Any]:
    """Give every lesion without a class the set's only class, if it has just one."""
    if words.implied is None:
        return labels
    meant = {str(number): str(words.implied) for number in numbers_in(labels)}
    classes = meant | labels.get("classes", {})
    return labels | ({"classes": classes} if classes else {})


def _classes(labels: Mapping[str, Any]) -> dict[int, UUID]:
    return {int(number): UUID(one) for number, one in labels.get("classes", {}).items()}


def _check_class(
    words: Vocabulary,
    number: int,
    classes: Mapping[int, UUID],
    layer: UUID | None,
    parent: Mask | None,
) -> None:
    if number not in classes and layer is None:
        return  # no class is chosen yet, or it is "lesion"
    class_id = classes.get(number, LESION_CLASS_ID)
    kept = parent is not None and class_id in _classes(parent.labels or {}).values()
    found = words.classes.get(class_id)
    if found is None and kept:
        return  # the project had another set when this was drawn
    if found is None:
        names = ", ".join(one.name for one in words.classes.values() if not one.archived_at)
        raise Problem(
            422,
            "unknown-class",
            f"Lesion {number} has a class that is not in the label set “{words.name}”; choose one "
            f"of: {names}.",
            lesion=number,
        )
    if found.archived_at is not None and not kept:
        raise Problem(
            422,
            "class-archived",
            f"Lesion {number} has the class “{found.name}”, which is archived; choose another.",
            lesion=number,
        )
    if (layer is not None and layer != class_id) or found.overlaps != (layer is not None):
        where = "a layer of its own" if found.overlaps else "the common layer"
        raise Problem(
            422,
            "wrong-layer",
            f"Lesion {number} (“{found.name}”) belongs into {where}.",
            lesion=number,
        )


def _check_regions(words: Vocabulary, numbers: Iterable[int], classes: Mapping[int, UUID]) -> None:
    first: dict[UUID, int] = {}
    for number in numbers:
        class_id = classes.get(number)
        found = words.classes.get(class_id) if class_id else None
        if found is None or found.kind != ClassKind.REGION:
            continue
        before = first.setdefault(found.id, number)
        if before != number:
            raise Problem(
                422,
                "two-regions",
                f"Lesions {before} and {number} are both “{found.name}”, of which an image has "
                "one region; join them.",
                lesion=number,
            )


def _check_attributes(words: Vocabulary, labels: Mapping[str, Any]) -> set[UUID]:
    """Refuse values that an attribute cannot have; return the attributes that have a value."""
    known = {str(one.id): one for one in words.attributes}
    groups = [(AttributeSubject.IMAGE, "The image", labels.get("image_attributes", {}))]
    groups += [
        (AttributeSubject.LESION, f"Lesion {number}", values)
        for number, values in labels.get("attributes", {}).items()
    ]
    used = set()
    for subject, who, values in groups:
        for key, value in values.items():
            asked = known.get(key)
            if asked is None or asked.subject != subject:
                raise Problem(
                    422,
                    "unknown-attribute",
                    f"{who} has an attribute that the label set “{words.name}” does not ask of "
                    f"{subject}s; leave it out.",
                )
            _check_value(asked, who, value)
            used.add(asked.id)
    return used


def _check_value(asked: Attribute, who: str, value: object) -> None:
    why = None
    if asked.kind == AttributeKind.CHOICE:
        values = [one["value"] for one in asked.choices]
        if value not in values:
            why = f"is none of {', '.join(values)}"
    elif asked.kind == AttributeKind.TEXT:
        why = None if isinstance(value, str) else "is no text"
    elif isinstance(value, bool) or not isinstance(value, int | float):
        why = "is no number"
    elif asked.minimum is not None and value < asked.minimum:
        why = f"is below {asked.minimum:g}"
    elif asked.maximum is not None and value > asked.maximum:
        why = f"is above {asked.maximum:g}"
    if why:
        raise Problem(422, "wrong-attribute", f"{who}: “{asked.name}” {why}; correct it.")


def require_complete(session: Session, image: Image, mask: Mask) -> None:
    """Refuse to hand in a revision that lacks a class or a required attribute.

    Raises:
        Problem: 422 that names each lesion and what it lacks, also in ``missing``.
    """
    if mask.answer == Assessment.CANNOT_JUDGE:
        return
    words = vocabulary_of(session, image.project_id)
    labels = mask.labels or {}
    if mask.labels is not None:
        numbers = numbers_in(labels)
    else:  # connected parts of the mask, which have no numbers to attach anything to
        numbers = [1] if mask.answer == Assessment.LESIONS else []
    classes, missing = _classes(labels), []
    for number in numbers:
        class_id = classes.get(number, words.only)
        if class_id is None:
            missing.append(_missing(number, None, None))
            continue
        given = labels.get("attributes", {}).get(str(number), {})
        missing += [
            _missing(number, class_id, one)
            for one in words.asked_of(AttributeSubject.LESION, class_id)
            if one.required and given.get(str(one.id)) in (None, "")
        ]
    given = labels.get("image_attributes", {})
    missing += [
        _missing(None, None, one)
        for one in words.asked_of(AttributeSubject.IMAGE, None)
        if one.required and given.get(str(one.id)) in (None, "")
    ]
    if missing:
        raise Problem(
            422,
            "attributes-missing",
            f"{_listed(words, missing)}. Fill this in and hand it in again.",
            missing=missing,
        )


def _missing(number: int | None, class_id: UUID | None, asked: Attribute | None) -> Missing:
    return {
        "lesion": number,
        "class_id": str(class_id) if class_id else None,
        "attribute": str(asked.id) if asked else None,
        "name": asked.name if asked else "class",
    }


def _listed(words: Vocabulary, missing: Iterable[Missing]) -> str:
    """Return the list of missing classes and attributes as a sentence without its full stop."""
    by_thing: dict[str, list[str]] = {}
    for one in missing:
        who = "the image"
        if one["lesion"] is not None:
            found = words.classes.get(UUID(one["class_id"])) if one["class_id"] else None
            who = f"lesion {one['lesion']}" + (f" ({found.name})" if found else "")
        by_thing.setdefault(who, []).append("a class" if not one["attribute"] else one["name"])
    parts = [f"{who} lacks {', '.join(what)}" for who, what in by_thing.items()]
    text = "; ".join(parts)
    return text[0].upper() + text[1:]
