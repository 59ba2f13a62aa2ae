"""Making, changing and choosing label sets."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.accounts.access import Principal
from app.accounts.idempotency import fingerprint, recall, remember
from app.core import audit
from app.core.audit_actions import Action
from app.core.database import WriteSession
from app.core.ids import new_id, now
from app.core.problems import Problem, not_found
from app.core.state import State
from app.label_sets.ready import BY_KEY, TERMS
from app.label_sets.schemas import (
    AttributeDetails,
    AttributeFields,
    Choice,
    ClassDetails,
    Code,
    LabelSetDetails,
    LabelSetUpdate,
    NewAttribute,
    NewClass,
    NewLabelSet,
)
from app.label_sets.tables import Attribute, AttributeKind, AttributeSubject, LabelClass, LabelSet
from app.projects.tables import TRASH, Project

_WHOLE = (selectinload(LabelSet.classes), selectinload(LabelSet.attributes))


def every(session: Session) -> Sequence[LabelSet]:
    """Return all sets by name, archived ones last."""
    found = session.scalars(select(LabelSet).options(*_WHOLE)).all()
    return sorted(found, key=lambda one: (one.archived_at is not None, one.name, one.id))


def followed(session: Session, principal: Principal) -> Sequence[LabelSet]:
    """Return the sets that the caller's projects follow: others reveal what other projects do."""
    query = select(Project.label_set_id).where(Project.id.in_(principal.projects))
    ids = set(session.scalars(query))
    return [one for one in every(session) if one.id in ids]


def find(session: Session, set_id: UUID, *, lock: bool = False) -> LabelSet:
    """Return one set with its classes and attributes.

    Raises:
        Problem: 404.
    """
    query = select(LabelSet).where(LabelSet.id == set_id).options(*_WHOLE)
    if lock:
        query = query.with_for_update()
    found = session.scalar(query)
    if found is None:
        raise not_found("label set")
    return found


def details(session: Session, *sets: LabelSet) -> list[LabelSetDetails]:
    """Return sets as JSON."""
    ids = [one.id for one in sets]
    query = select(Project.id, Project.label_set_id).where(
        Project.label_set_id.in_(ids), Project.id != TRASH
    )
    followers: dict[UUID, list[UUID]] = defaultdict(list)
    for row in session.execute(query.order_by(Project.id)):
        followers[row.label_set_id].append(row.id)
    return [_details(one, followers[one.id]) for one in sets]


def _details(found: LabelSet, project_ids: list[UUID]) -> LabelSetDetails:
    return LabelSetDetails(
        id=found.id,
        name=found.name,
        version=found.version,
        project_ids=project_ids,
        archived=found.archived_at is not None,
        created_at=found.created_at,
        classes=[_class_details(one) for one in sorted(found.classes, key=_position)],
        attributes=[_attribute_details(one) for one in sorted(found.attributes, key=_position)],
    )


def _position(row: LabelClass | Attribute) -> int:
    return row.position


def _class_details(row: LabelClass) -> ClassDetails:
    code = None
    if row.code_scheme and row.code_value and row.code_meaning:
        code = Code(scheme=row.code_scheme, value=row.code_value, meaning=row.code_meaning)
    return ClassDetails(
        id=row.id,
        name=row.name,
        term=row.term,
        colour=row.colour,
        code=code,
        kind=row.kind,
        parent_id=row.parent_id,
        overlaps=row.overlaps,
        archived=row.archived_at is not None,
        used=row.used_at is not None,
    )


def _attribute_details(row: Attribute) -> AttributeDetails:
    return AttributeDetails(
        id=row.id,
        name=row.name,
        term=row.term,
        subject=row.subject,
        kind=row.kind,
        required=row.required,
        class_ids=[UUID(one) for one in row.class_ids],
        choices=[Choice.model_validate(one) for one in row.choices],
        unit=row.unit,
        minimum=row.minimum,
        maximum=row.maximum,
        archived=row.archived_at is not None,
        used=row.used_at is not None,
    )


def make(
    session: WriteSession, state: State, principal: Principal, new: NewLabelSet, key: str | None
) -> LabelSet:
    """Make a set.

    Raises:
        Problem: 422 no classes, an unknown ready set, or contradictory classes.
    """
    asked = fingerprint("label-set", new.model_dump_json())
    known = recall(session, principal, key, asked, "label-set", LabelSet)
    if known is not None:
        return find(session, known)
    classes, attributes = list(new.classes), list(new.attributes)
    if new.ready is not None:
        if new.ready not in BY_KEY:
            raise _wrong(f"There is no ready set “{new.ready}”; there are {', '.join(BY_KEY)}.")
        ready_classes, ready_attributes = BY_KEY[new.ready].build()
        classes, attributes = ready_classes + classes, ready_attributes + attributes
    if not classes:
        raise _wrong("A set needs at least one class; add one, or begin with a ready set.")
    found = LabelSet(
        id=new_id(),
        name=new.name,
        version=1,
        created_by_id=principal.user.id,
        created_at=now(),
        classes=[],
        attributes=[],
    )
    session.add(found)
    session.flush()
    _write(session, found, classes, attributes)
    remember(session, principal, key, asked, "label-set", found.id)
    _record(session, state, principal, "label_set.made", found)
    return found


def change(
    session: WriteSession,
    state: State,
    principal: Principal,
    set_id: UUID,
    wanted: LabelSetUpdate,
) -> LabelSet:
    """Replace a set's contents.

    Raises:
        Problem: 404; 409 changed meanwhile, followed by a project or used by drawings; 422.
    """
    found = find(session, set_id, lock=True)
    if found.version != wanted.version:
        raise Problem(
            409,
            "set-changed",
            "Somebody else changed this set meanwhile. Nothing was overwritten: load it again and "
            "make your change upon it.",
            version=found.version,
        )
    followed = Project.label_set_id == found.id, Project.id != TRASH
    follows = select(Project.id).where(*followed).limit(1)
    if wanted.archived and session.scalar(follows):
        raise Problem(
            409, "set-in-use", "A project follows this set; choose another for it before."
        )
    found.name = wanted.name
    found.archived_at = (found.archived_at or now()) if wanted.archived else None
    _write(session, found, wanted.classes, wanted.attributes)
    found.version += 1
    session.flush()
    _record(session, state, principal, "label_set.changed", found)
    return found


def follow(
    session: WriteSession, state: State, principal: Principal, project_id: UUID, set_id: UUID
) -> LabelSet:
    """Check a project's new drawings against this set; existing drawings keep their classes.

    Raises:
        Problem: 404; 409 archived.
    """
    project = session.get(Project, project_id, with_for_update=True)
    if project is None:
        raise not_found("project")
    found = find(session, set_id, lock=True)
    if found.archived_at is not None:
        raise Problem(409, "set-archived", "This set is archived; take it back before.")
    if project.label_set_id != found.id:
        project.label_set_id = found.id
        session.flush()
        audit.record(
            session,
            state.site_key,
            principal.actor,
            "project.label_set",
            "project",
            project.id,
            label_set=str(found.id),
        )
    return found


def _record(
    session: WriteSession, state: State, principal: Principal, event: Action, found: LabelSet
) -> None:
    audit.record(
        session,
        state.site_key,
        principal.actor,
        event,
        "label_set",
        found.id,
        version=found.version,
    )


def _wrong(why: str) -> Problem:
    return Problem(422, "wrong-label-set", why)


def _write(
    session: WriteSession,
    found: LabelSet,
    classes: Sequence[NewClass],
    attributes: Sequence[NewAttribute],
) -> None:
    """Insert, change and delete rows until they are as wanted."""
    classes = [one if one.id else one.model_copy(update={"id": new_id()}) for one in classes]
    attributes = [one if one.id else one.model_copy(update={"id": new_id()}) for one in attributes]
    _check(classes, attributes)
    there = {one.id: one for one in found.classes}
    asked = {one.id: one for one in found.attributes}
    _require_own(session, LabelClass, {one.id for one in classes if one.id} - set(there))
    _require_own(session, Attribute, {one.id for one in attributes if one.id} - set(asked))
    wanted_classes = {one.id for one in classes}
    wanted_attributes = {one.id for one in attributes}
    _drop(found.classes, wanted_classes, "class")
    _drop(found.attributes, wanted_attributes, "attribute")
    for place, one in enumerate(classes):
        row = there.get(one.id) if one.id else None
        if row is None:
            row = LabelClass(id=one.id, label_set_id=found.id, position=place)
            found.classes.append(row)
        elif row.used_at is not None and (row.overlaps, row.kind) != (one.overlaps, one.kind):
            raise Problem(
                409,
                "class-in-use",
                f"“{row.name}” is drawn already; whether it overlaps, and whether it is a region, "
                "cannot change any more. Archive it and make another class.",
            )
        _fill_class(row, place, one)
    session.flush()  # insert all classes first, as they may be each other's parents
    parents = {one.id: one.parent_id for one in classes}
    for row in found.classes:
        row.parent_id = parents[row.id]
    for place, asked_one in enumerate(attributes):
        kept = asked.get(asked_one.id) if asked_one.id else None
        if kept is None:
            kept = Attribute(id=asked_one.id, label_set_id=found.id, position=place)
            found.attributes.append(kept)
        else:
            _require_same_meaning(kept, asked_one)
        _fill_attribute(kept, place, asked_one)
    session.flush()


def _require_own(
    session: Session, table: type[LabelClass] | type[Attribute], ids: set[UUID]
) -> None:
    """Refuse ids that belong to another set."""
    if ids and session.scalar(select(table.id).where(table.id.in_(ids)).limit(1)):
        raise _wrong("A class or an attribute has the id of one of another set; leave its id out.")


def _drop(rows: list[LabelClass] | list[Attribute], wanted: set[UUID | None], what: str) -> None:
    for row in [one for one in rows if one.id not in wanted]:
        if row.used_at is not None:
            raise Problem(
                409,
                f"{what}-in-use",
                f"“{row.name}” is used by drawings and cannot be deleted; archive it.",
            )
        rows.remove(row)  # type: ignore[arg-type]


def _fill_class(row: LabelClass, place: int, one: NewClass) -> None:
    row.term = _term(one.term or row.term, one.name)
    row.position, row.name, row.colour = place, one.name, one.colour
    row.code_scheme = one.code.scheme if one.code else None
    row.code_value = one.code.value if one.code else None
    row.code_meaning = one.code.meaning if one.code else None
    row.kind, row.overlaps = one.kind, one.overlaps
    row.archived_at = (row.archived_at or now()) if one.archived else None


def _fill_attribute(row: Attribute, place: int, one: NewAttribute) -> None:
    row.term = _term(one.term or row.term, one.name)
    row.position, row.name, row.subject, row.kind = place, one.name, one.subject, one.kind
    row.required, row.unit = one.required, one.unit
    row.class_ids = [str(found) for found in one.class_ids]
    kept = {choice["value"]: choice.get("term") for choice in row.choices or ()}
    row.choices = [
        {
            "value": choice.value,
            "meaning": choice.meaning,
            "term": _term(choice.term or kept.get(choice.value), choice.meaning),
        }
        for choice in one.choices
    ]
    row.minimum, row.maximum = one.minimum, one.maximum
    row.archived_at = (row.archived_at or now()) if one.archived else None


def _term(key: str | None, text: str) -> str | None:
    """Return the key of a ready set's text; None for a changed text, which is not translated."""
    return key if key is not None and TERMS.get(key) == text else None


def _require_same_meaning(row: Attribute, one: AttributeFields) -> None:
    """Refuse changes to the meaning of stored values."""
    if row.used_at is None:
        return
    gone = {choice["value"] for choice in row.choices} - {choice.value for choice in one.choices}
    if (row.kind, row.subject) != (one.kind, one.subject) or gone:
        raise Problem(
            409,
            "attribute-in-use",
            f"“{row.name}” is used by drawings; its kind, what it is said of and its values "
            "stay. Archive it and make another attribute.",
        )


def _check(classes: Sequence[NewClass], attributes: Sequence[NewAttribute]) -> None:
    """Refuse contradictions.

    Raises:
        Problem: 422 that names the class or attribute.
    """
    ids = {one.id for one in classes}
    if len(ids) < len(classes) or len({one.id for one in attributes}) < len(attributes):
        raise _wrong("Two classes or two attributes have the same id.")
    _require_different(("class", one.name) for one in classes)
    _require_different((f"attribute of {one.subject}s", one.name) for one in attributes)
    if all(one.archived for one in classes):
        raise _wrong("Every class is archived; a set needs one that can be drawn.")
    parents = {one.id: one.parent_id for one in classes}
    for one in classes:
        seen, parent = {one.id}, one.parent_id
        while parent is not None:
            if parent not in ids:
                raise _wrong(f"The parent of “{one.name}” is not in this set.")
            if parent in seen:
                raise _wrong(f"“{one.name}” is its own parent in the end.")
            seen.add(parent)
            parent = parents[parent]
    for asked in attributes:
        _check_attribute(asked, ids)


def _check_attribute(one: NewAttribute, ids: set[UUID | None]) -> None:
    values = [choice.value for choice in one.choices]
    if (one.kind == AttributeKind.CHOICE) != bool(values):
        raise _wrong(f"“{one.name}”: a choice has values to choose from, and nothing else has.")
    if len(set(values)) < len(values):
        raise _wrong(f"“{one.name}” has the same value twice.")
    number = one.minimum is not None or one.maximum is not None or one.unit is not None
    if number and one.kind != AttributeKind.NUMBER:
        raise _wrong(f"“{one.name}”: only a number has a unit and limits.")
    if one.minimum is not None and one.maximum is not None and one.minimum > one.maximum:
        raise _wrong(f"“{one.name}”: the minimum is above the maximum.")
    if not set(one.class_ids) <= ids:
        raise _wrong(f"“{one.name}” is asked of a class that is not in this set.")
    if one.class_ids and one.subject == AttributeSubject.IMAGE:
        raise _wrong(f"“{one.name}” is said of the image, which has no class.")


def _require_different(named: Iterable[tuple[str, str]]) -> None:
    seen = set()
    for what, name in named:
        if (what, name.casefold()) in seen:
            raise _wrong(f"Two are called “{name}” ({what}); give them names of their own.")
        seen.add((what, name.casefold()))
