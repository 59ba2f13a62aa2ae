"""Local labels: sealed on arrival, moved to their image, opened for people who may see it.

There is no index of words, not even a keyed one: the frequencies and co-occurrence of trigram codes
reveal names (docs/adr). A search opens the labels of one project, newest first.
"""

import json
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from app.core.database import WriteSession
from app.core.ids import now
from app.core.security import SealBrokenError, SiteKey
from app.images.tables import Image
from app.jobs.tables import Job, JobState
from app.local_labels.tables import LocalLabel

PURPOSE = "local-label"
MOST_FOUND = 1000
MOST_SEARCHED = 200_000
FAILED_SINCE = timedelta(days=30)
"""Time that the label of an upload is kept that failed, so that an admin can say which file it
was."""


@dataclass(frozen=True, slots=True)
class Label:
    """The local label of an image.

    Attributes:
        name: of its file.
        case: as a person wrote it, or as a rule read it from the name.
    """

    name: str | None
    case: str | None


def keep(session: WriteSession, key: SiteKey, project_id: UUID, job_id: UUID, label: Label) -> None:
    """Seal the label of an upload, in the transaction that queues its job."""
    text = json.dumps([label.name, label.case], ensure_ascii=False).encode()
    sealed = key.seal(PURPOSE, text, project_id.bytes)
    session.add(LocalLabel(project_id=project_id, job_id=job_id, sealed=sealed))


def attach(session: WriteSession, job_id: UUID, image_id: UUID) -> None:
    """Move a job's label to the image that its upload became, unless the image has one already."""
    if session.scalar(select(exists().where(LocalLabel.image_id == image_id))):
        session.execute(delete(LocalLabel).where(LocalLabel.job_id == job_id))
    else:
        moved = update(LocalLabel).where(LocalLabel.job_id == job_id)
        session.execute(moved.values(job_id=None, image_id=image_id))


def drop_orphans(session: WriteSession) -> None:
    """Delete labels of uploads that will not become images."""
    over = select(Job.id).where(
        Job.input_bytes == 0,
        or_(
            Job.state.in_([JobState.DONE, JobState.CANCELLED]),
            and_(Job.state == JobState.FAILED, Job.finished_at < now() - FAILED_SINCE),
        ),
    )
    none = LocalLabel.job_id.is_(None) & LocalLabel.image_id.is_(None)
    session.execute(delete(LocalLabel).where(or_(LocalLabel.job_id.in_(over), none)))


_SEALED = select(LocalLabel.image_id, LocalLabel.project_id, LocalLabel.sealed).where(
    LocalLabel.image_id.in_(bindparam("image_ids", expanding=True))
)


def labels_of(session: Session, key: SiteKey, image_ids: Collection[UUID]) -> dict[UUID, Label]:
    """Return the labels of images; the caller has checked that they may be seen."""
    found = {}
    for row in session.execute(_SEALED, {"image_ids": image_ids}):
        label = _opened(key, row.project_id, row.sealed)
        if label is not None:
            found[row.image_id] = label
    return found


def labels_of_uploads(
    session: Session, key: SiteKey, job_ids: Collection[UUID]
) -> dict[UUID, Label]:
    """The labels of uploads that became no image, by their jobs, which the caller may see."""
    rows = session.scalars(select(LocalLabel).where(LocalLabel.job_id.in_(job_ids)))
    opened = {row.job_id: _opened(key, row.project_id, row.sealed) for row in rows}
    return {job_id: label for job_id, label in opened.items() if job_id and label}


def search(session: Session, key: SiteKey, project_id: UUID, text: str) -> list[UUID]:
    """Return images of a project whose name or case contains every word of a text, newest first.

    At most `MOST_FOUND` of the newest `MOST_SEARCHED`; letter case and accents do not matter.
    """
    words = plain(text).split()
    if not words:
        return []
    query = (
        select(LocalLabel.image_id, LocalLabel.sealed)
        .join(Image, Image.id == LocalLabel.image_id)
        .where(LocalLabel.project_id == project_id, Image.project_id == project_id)
        .order_by(LocalLabel.image_id.desc())
        .limit(MOST_SEARCHED)
        .execution_options(yield_per=5000)
    )
    found: list[UUID] = []
    for image_id, sealed in session.execute(query):
        label = _opened(key, project_id, sealed)
        if label is None:
            continue
        shown = plain(f"{label.name or ''} {label.case or ''}")
        if all(word in shown for word in words):
            assert image_id is not None  # noqa: S101  (joined)
            found.append(image_id)
            if len(found) == MOST_FOUND:
                break
    return found


def _opened(key: SiteKey, project_id: UUID, sealed: bytes) -> Label | None:
    """Return the label; None if it was not sealed at this site for this project."""
    try:
        name, case = json.loads(key.open(PURPOSE, sealed, project_id.bytes))
    except SealBrokenError:
        return None
    return Label(name, case)


def plain(text: str) -> str:
    """Return a text in the form used for comparing: lower case, without accents."""
    if text.isascii():
        return text.casefold()
    apart = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).casefold()
