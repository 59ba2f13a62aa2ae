"""Rows of DICOM instances: what was received, what became of it, and whether it came before.

Needs tables only, so workers use it as well.
"""

import hmac
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.database import WriteSession, insert_row
from app.core.ids import new_id
from app.core.security import SiteKey
from app.instances.tables import Instance
from app.jobs.tables import Job, JobState


@dataclass(frozen=True, slots=True)
class InstanceCode:
    """An instance and its bytes, both as HMACs under the site key.

    Attributes:
        pseudonym: of the SOP Instance UID.
        contents: of the SHA-256 of the bytes.
    """

    pseudonym: str
    contents: str


@dataclass(frozen=True, slots=True)
class Known:
    """An instance that came before with the same bytes: its image, or the job that makes it."""

    image_id: UUID | None
    job_id: UUID | None


def code(key: SiteKey, text: str) -> str:
    """HMAC-SHA256 of an identifier or a digest, hex."""
    return hmac.digest(key.subkey("instance"), text.encode(), "sha256").hex()


def known(session: Session, project_id: UUID, instance: InstanceCode) -> Known | None:
    """Return the image, or the job that is making it, of an instance that the project has received
    before with the same bytes, from anybody. None if it never came, its image was deleted, or its
    job failed."""
    query = (
        select(Instance.image_id, Job.id, Job.state)
        .outerjoin(Job, Job.id == Instance.job_id)
        .where(
            Instance.project_id == project_id,
            Instance.pseudonym == instance.pseudonym,
            Instance.contents == instance.contents,
        )
    )
    waiting: Known | None = None
    for image_id, job_id, state in session.execute(query):
        if image_id is not None:
            return Known(image_id, job_id)
        if state in (JobState.QUEUED, JobState.RUNNING):
            waiting = Known(None, job_id)
    return waiting


def came_otherwise(session: Session, project_id: UUID, instance: InstanceCode) -> bool:
    """Whether the project received the instance with other bytes before, which became an image."""
    query = select(Instance.id).where(
        Instance.project_id == project_id,
        Instance.pseudonym == instance.pseudonym,
        Instance.contents != instance.contents,
        Instance.image_id.is_not(None),
    )
    return session.scalar(query.limit(1)) is not None


def is_kept(session: Session, project_id: UUID, pseudonym: str) -> bool:
    """Whether the project has an image of the instance, or a job that is making one."""
    query = (
        select(Instance.id)
        .outerjoin(Job, Job.id == Instance.job_id)
        .where(
            Instance.project_id == project_id,
            Instance.pseudonym == pseudonym,
            or_(
                Instance.image_id.is_not(None),
                Job.state.in_((JobState.QUEUED, JobState.RUNNING)),
            ),
        )
    )
    return session.scalar(query.limit(1)) is not None


def expect(
    session: WriteSession, project_id: UUID, owner_id: UUID, instance: InstanceCode, job_id: UUID
) -> None:
    """Record which job makes an image of the instance."""
    _put(session, project_id, owner_id, instance, job_id=job_id)


def note_image(
    session: WriteSession, project_id: UUID, owner_id: UUID, instance: InstanceCode, image_id: UUID
) -> None:
    """Record which image the instance became."""
    _put(session, project_id, owner_id, instance, image_id=image_id)


def _put(
    session: WriteSession,
    project_id: UUID,
    owner_id: UUID,
    instance: InstanceCode,
    **values: UUID,
) -> None:
    row = {
        "project_id": project_id,
        "owner_id": owner_id,
        "pseudonym": instance.pseudonym,
        "contents": instance.contents,
    }
    there = update(Instance).filter_by(**row).values(**values)
    if session.execute(there.returning(Instance.id)).first() is not None:
        return
    try:
        with session.begin_nested():
            insert_row(session, Instance(id=new_id(), **row, **values))
    except IntegrityError:  # another process was first
        session.execute(there)
