"""The data of a training run: a project's pool, its classes, and images replayed from others."""

import hashlib
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.evaluations.records import references
from app.images.tables import Frame, Image, ImageState, Split
from app.label_sets.records import vocabulary_of
from app.masks.tables import Assessment, FrameClass
from app.pool.approved import approved_masks
from app.training.schemas import Part, ReplayedSet, TrainedClass
from app.training.tables import PoolSnapshot

LEAST_REPLAYED = 10
"""Patients; if the training part of a reference set's project has fewer, nothing is replayed."""
REPLAY_VALIDATES = 5
"""One replayed patient in this many validates, where the mixture must not lose too much."""

Item = tuple[str, str, str]
"""Mask, part, group."""


@dataclass(frozen=True)
class Replay:
    """A part of the data that the candidate must not forget.

    Attributes:
        items: like those of the pool; the parts are training and validation.
    """

    name: str
    items: list[Item]

    def said(self) -> ReplayedSet:
        """Return it as JSON."""
        patients = len({group for _, _, group in self.items})
        return ReplayedSet(name=self.name, images=len(self.items), patients=patients)


@dataclass(frozen=True)
class Pool:
    """The pool of a project now.

    Attributes:
        parts: numbers of images and patients by split. Frames of one image are one patient's.
        unknown: the number of images of unknown patients.
        classes: the classes to distinguish; empty if the project has only one.
    """

    items: list[Item]
    parts: dict[Split, Part]
    unknown: int
    classes: list[TrainedClass]
    replay: list[Replay]

    def frozen(self, project_id: UUID) -> PoolSnapshot:
        """Return a snapshot row of all of it."""
        replay = [{"name": one.name, "items": [list(i) for i in one.items]} for one in self.replay]
        classes = [{"id": str(one.id), "name": one.name} for one in self.classes]
        said = {"items": self.items, "classes": classes, "replay": replay}
        return PoolSnapshot(
            project_id=project_id,
            digest=hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest(),
            items=[list(item) for item in self.items],
            counts={split.value: part.model_dump() for split, part in self.parts.items()},
            classes=classes,
            replay=replay,
        )


def pool_of(session: Session, project_id: UUID) -> Pool:
    """Return the pool of a project now."""
    items: list[Item] = []
    patients: dict[Split, set[str]] = defaultdict(set)
    images: Counter[Split] = Counter()
    free: Counter[Split] = Counter()
    unknown = set[UUID]()
    for row in session.execute(approved_masks(project_id)):
        group = str(row.subject_id or row.image_id)
        items.append((str(row.id), row.split.value, group))
        patients[row.split].add(group)
        images[row.split] += 1
        free[row.split] += row.answer is Assessment.NO_LESION
        if row.subject_id is None:
            unknown.add(row.image_id)
    parts = {
        split: Part(images=images[split], patients=len(patients[split]), lesion_free=free[split])
        for split in Split
    }
    return Pool(
        items,
        parts,
        len(unknown),
        _classes(session, project_id),
        _replay(session, project_id, images[Split.TRAIN]),
    )


def _classes(session: Session, project_id: UUID) -> list[TrainedClass]:
    """Return the classes that are not archived, with the number of training images of each."""
    words = vocabulary_of(session, project_id)
    named = [one for one in words.classes.values() if one.archived_at is None]
    if len(named) < 2:
        return []
    query = (
        select(FrameClass.class_id, func.count())
        .join(Frame, Frame.id == FrameClass.frame_id)
        .join(Image, Image.id == Frame.image_id)
        .where(
            Image.project_id == project_id,
            Image.state == ImageState.APPROVED,
            Image.split == Split.TRAIN,
            Frame.approved_mask_id.is_not(None),
        )
        .group_by(FrameClass.class_id)
    )
    shown = dict(session.execute(query).tuples().all())
    return [TrainedClass(id=one.id, name=one.name, images=shown.get(one.id, 0)) for one in named]


def _replay(session: Session, project_id: UUID, wanted: int) -> list[Replay]:
    """Return images of the training part of each reference set's project, as many as the pool has.

    The other parts, which the gate judges on, are not used. Patients are taken whole, in an order
    that depends on their ids.
    """
    found: dict[UUID, Replay] = {}
    for one in references(session):
        if one.project_id != project_id and one.project_id not in found:
            items = _replayed(session, one.project_id, wanted)
            if items:
                found[one.project_id] = Replay(one.name, items)
    return list(found.values())


def _replayed(session: Session, project_id: UUID, wanted: int) -> list[Item]:
    by_group: dict[str, list[str]] = defaultdict(list)
    for row in session.execute(approved_masks(project_id, [Split.TRAIN])):
        by_group[str(row.subject_id or row.image_id)].append(str(row.id))
    if len(by_group) < LEAST_REPLAYED:
        return []
    items: list[Item] = []
    for number, group in enumerate(sorted(by_group, key=_shuffled)):
        if number >= LEAST_REPLAYED and len(items) >= wanted * REPLAY_VALIDATES // (
            REPLAY_VALIDATES - 1
        ):
            break
        part = Split.VALIDATION if number % REPLAY_VALIDATES == 0 else Split.TRAIN
        items += [(mask, part.value, group) for mask in by_group[group]]
    return items


def _shuffled(group: str) -> str:
    return hashlib.sha256(f"replay {group}".encode()).hexdigest()
