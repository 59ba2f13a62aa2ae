"""Use of the site's storage: by project and by kind of data."""

import shutil
from collections import defaultdict
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core.database import Base
from app.core.state import State
from app.projects.tables import TRASH, Project
from app.usage.schemas import ProjectStorage, SiteStorage


def storage(session: Session, state: State) -> SiteStorage:
    """Return the bytes according to rows; images count once the sweeper has counted them, seconds
    after they are stored."""
    tables = Base.metadata.tables
    images, jobs = tables["image"].c, tables["job"].c
    imports, exports = tables["import"].c, tables["export"].c
    acts, of_acts = tables["bulk_act"].c, tables["bulk_act_image"].c
    sums: dict[str, dict[UUID, tuple[int, int]]] = defaultdict(dict)
    for name, project, size, counts in (
        ("images", images.project_id, images.stored_bytes, images.project_id != TRASH),
        ("exports", exports.project_id, exports.size_bytes, exports.expired_at.is_(None)),
        ("imports", imports.project_id, imports.size_bytes, imports.has_archive),
        ("uploads", jobs.project_id, jobs.input_bytes, jobs.input_bytes > 0),
    ):
        query = select(project, func.count(), func.coalesce(func.sum(size), 0)).where(counts)
        for row in session.execute(query.group_by(project)):
            sums[name][row[0]] = (row[1], int(row[2]))
    deleted = (
        select(acts.project_id, func.count(), func.coalesce(func.sum(images.stored_bytes), 0))
        .join(tables["bulk_act_image"], of_acts.bulk_act_id == acts.id)
        .join(tables["image"], images.id == of_acts.image_id)
        .where(images.project_id == TRASH, acts.kind == "delete")
        .group_by(acts.project_id)
    )
    for row in session.execute(deleted):
        sums["deleted"][row[0]] = (row[1], int(row[2]))
    projects = session.execute(
        select(Project.id, Project.name).where(Project.id != TRASH).order_by(Project.id)
    ).all()
    none = (0, 0)
    return SiteStorage(
        projects=[
            ProjectStorage(
                id=id_,
                name=name,
                images=sums["images"].get(id_, none)[0],
                image_bytes=sums["images"].get(id_, none)[1],
                deleted_images=sums["deleted"].get(id_, none)[0],
                deleted_bytes=sums["deleted"].get(id_, none)[1],
                export_bytes=sums["exports"].get(id_, none)[1],
                import_bytes=sums["imports"].get(id_, none)[1],
                upload_bytes=sums["uploads"].get(id_, none)[1],
            )
            for id_, name in projects
        ],
        model_bytes=sum(blob.size for blob in state.blobs.list("models/")),
        database_bytes=_database_bytes(session, sqlite=state.database.is_sqlite),
        free_bytes=_free_bytes(state),
        limit_bytes=state.settings.stored_bytes or None,
    )


def _database_bytes(session: Session, *, sqlite: bool) -> int:
    if sqlite:
        pages = session.scalar(text("PRAGMA page_count")) or 0
        return int(pages) * int(session.scalar(text("PRAGMA page_size")) or 0)
    return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)


def _free_bytes(state: State) -> int | None:
    """Return the free bytes; None if the blobs are in an object store, which reports none."""
    if not state.settings.blobs.startswith("file:"):
        return None
    return shutil.disk_usage(state.settings.data_dir).free
