"""Deletions that can still be undone: list them, and make them final early."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.schemas import PersonName
from app.accounts.tables import Role, User
from app.bulk import trash
from app.bulk.schemas import BulkErased, Deletion
from app.bulk.service import SLICE
from app.bulk.tables import BulkAct, BulkActImage, BulkKind
from app.core import audit
from app.core.problems import Problem
from app.core.state import State
from app.corrections.records import erase
from app.images.tables import Image
from app.projects.tables import TRASH


def deletions(
    session: Session, state: State, principal: Principal, before: UUID | None, limit: int
) -> list[Deletion]:
    """Return the deletions in the request's project that still hold images, newest first: the
    caller's own, or everybody's for admins."""
    query = (
        select(BulkAct, User, func.count(), func.coalesce(func.sum(Image.stored_bytes), 0))
        .join(BulkActImage, BulkActImage.bulk_act_id == BulkAct.id)
        .join(Image, Image.id == BulkActImage.image_id)
        .join(User, User.id == BulkAct.created_by_id)
        .where(
            BulkAct.project_id == principal.project,
            BulkAct.kind == BulkKind.DELETE,
            Image.project_id == TRASH,
        )
        .group_by(BulkAct.id, User.id)
        .order_by(BulkAct.id.desc())
        .limit(limit)
    )
    if not principal.has(Role.ADMIN):
        query = query.where(BulkAct.created_by_id == principal.user.id)
    if before is not None:
        query = query.where(BulkAct.id < before)
    return [
        Deletion(
            id=act.id,
            created_at=act.created_at,
            created_by=PersonName.model_validate(user),
            images=images,
            bytes=int(size or 0),
            kept_until=trash.kept_until(session, state, act),
        )
        for act, user, images, size in session.execute(query)
    ]


def erase_now(state: State, principal: Principal, act_id: UUID) -> BulkErased:
    """Erase the images that a deletion still holds, in slices; after a killed process, the next
    call continues.

    Raises:
        Problem: 409 if the act is not a deletion.
    """
    with state.database.read() as session:
        if session.get_one(BulkAct, act_id).kind != BulkKind.DELETE:
            raise Problem(409, "not-a-deletion", "This act deleted no images.")
    erased = 0
    while True:
        with state.database.write() as session:
            query = (
                select(Image)
                .join(BulkActImage, BulkActImage.image_id == Image.id)
                .where(BulkActImage.bulk_act_id == act_id, Image.project_id == TRASH)
                .order_by(Image.id)
                .limit(SLICE)
                .with_for_update(of=Image)
            )
            found = session.scalars(query).all()
            for image in found:
                audit.record(
                    session, state.site_key, principal.actor, "image.erased", "image", image.id
                )
                erase(session, state, image)
        erased += len(found)
        if len(found) < SLICE:
            return BulkErased(images=erased)
