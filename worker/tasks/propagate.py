"""Propagation of lesions from corrected frames of a cine to suggestions on nearby frames.

Lesions are followed in both directions from each corrected frame; between two such frames, both
contribute. Each suggestion is stored in its own transaction, so a stopped job keeps those that it
has made. A job that runs again makes them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from time import monotonic
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from app.accounts.tables import User
from app.core.blobs import BlobNotFoundError
from app.core.database import WriteSession
from app.core.ids import now
from app.core.problems import Problem
from app.images.tables import Frame, Image
from app.jobs.tables import JobState
from app.masks.tables import Draft, Mask, MaskSource, Suggestion, SuggestionState, SuggestionWay
from app.reviews.news import Change, publish_change
from app.reviews.visibility import view_of
from app.suggestions.jobs import PROPAGATE
from worker.pipeline.components import numbered
from worker.pipeline.frame import to_grey
from worker.pipeline.propagation import Shapes, Tracker, between, lesion_masks, likelihoods, small
from worker.runtime import Runtime
from worker.storage.drawing import Drawing, Numbers
from worker.storage.pictures import stored_frame
from worker.tasks.drawings import load_masks
from worker.tasks.lease import JobFailedError, Lease, Progress
from worker.tasks.measure import drawing_of

TELL_SECONDS = 1.0
"""Time between two notifications about new suggestions."""


def propagate(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Suggest lesions on the job's frames.

    Raises:
        JobFailedError: the image was deleted.
        LostLeaseError: the job was stopped, or another worker has it; suggestions are kept.
    """
    progress("reading", 0.0)
    if lease.job.image_id is None:
        raise _gone()
    wanted = PROPAGATE.read(lease.job)
    masks = load_masks(runtime, list(wanted.keys.values()))
    drawings = {
        index: drawing_of(mask, pixels) or Drawing(numbered(pixels))
        for index, (mask, pixels) in zip(wanted.keys, masks, strict=True)
    }
    work = _Suggesting(runtime, lease, progress, lease.job.image_id, drawings)
    try:
        work.suggest(wanted.first, wanted.last)
    except BlobNotFoundError as error:
        raise _gone() from error
    work.end()


class _Suggesting:
    """Suggestions of one person on one cine.

    Args:
        drawings: drawings of the key frames, by frame index.
    """

    def __init__(
        self,
        runtime: Runtime,
        lease: Lease,
        progress: Progress,
        image_id: UUID,
        drawings: Mapping[int, Drawing],
    ) -> None:
        self._runtime = runtime
        self._lease = lease
        self._progress = progress
        self._image_id = image_id
        self._drawings = drawings
        self._made = 0
        self._told = monotonic()

    def suggest(self, first: int, last: int) -> None:
        waiting = self._waiting(first, last)
        steps = list(self._segments(first, last))
        sides = sum((b - a - 1) * sum(end in self._drawings for end in (a, b)) for a, b in steps)
        total, done = max(1, sides), 0
        for before, after in steps:
            inner = range(before + 1, after)
            ahead: dict[int, Shapes] = {}
            between_two = before in self._drawings and after in self._drawings
            if before in self._drawings:
                for index, grey, shapes in self._followed(before, inner):
                    if between_two:
                        ahead[index] = shapes
                    elif index in waiting:
                        self._keep(index, [before], grey, shapes)
                    done += 1
                    self._progress("frames", done / total)
            if after in self._drawings:
                for index, grey, shapes in self._followed(after, reversed(inner)):
                    found, keys = shapes, [after]
                    if between_two:
                        share = (index - before) / (after - before)
                        found = between(ahead.pop(index), shapes, share, grey.shape)
                        keys = [before, after]
                    if index in waiting:
                        self._keep(index, keys, grey, found)
                    done += 1
                    self._progress("frames", done / total)

    def _segments(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Segments between neighbouring ends, exclusive: key frames and the ends of the range."""
        ends = sorted({*self._drawings})
        ends = [min(first, ends[0] + 1) - 1, *ends, max(last, ends[-1] - 1) + 1]
        for before, after in pairwise(ends):
            if after - before > 1 and before < last and after > first:
                yield before, after

    def _waiting(self, first: int, last: int) -> set[int]:
        """Frames without a drawing by the person or by anyone on whose work they build."""
        person = self._lease.job.owner_id
        with self._runtime.database.read() as session:
            if session.get(Image, self._image_id) is None:
                raise _gone()
            line = view_of(session, self._image_id, person).line
            drawn_on = select(Mask.frame_id).where(
                Mask.image_id == self._image_id, Mask.source != MaskSource.MODEL, line
            )
            drafted = select(Draft.frame_id).where(
                Draft.image_id == self._image_id, Draft.user_id == person
            )
            query = select(Frame.index).where(
                Frame.image_id == self._image_id,
                Frame.index.between(first, last),
                Frame.id.not_in(drawn_on),
                Frame.id.not_in(drafted),
            )
            return set(session.scalars(query))

    def _followed(
        self, key: int, to: Iterable[int]
    ) -> Iterator[tuple[int, NDArray[np.uint8], Shapes]]:
        drawing = self._drawings[key]
        lesions = {number: drawing.lesion(number) for number in drawing.numbers}
        tracker = Tracker(self._grey(key), lesions)
        for index in to:
            grey = self._grey(index)
            yield index, grey, tracker.follow(grey)

    def _grey(self, index: int) -> NDArray[np.uint8]:
        return small(to_grey(stored_frame(self._runtime, self._image_id, index).frame.pixels))

    def _keep(
        self, index: int, keys: Sequence[int], grey: NDArray[np.uint8], shapes: Shapes
    ) -> None:
        nearest = sorted(keys, key=lambda key: abs(key - index))
        if len(keys) == 1 and not self._drawings[keys[0]].numbers:
            return  # a frame without a lesion says nothing about those beyond it
        drawing = self._drawing(index, nearest, grey, shapes)
        way = SuggestionWay.INTERPOLATED if len(keys) > 1 else SuggestionWay.PROPAGATED
        labels = {
            **drawing.to_json(),
            "suggested": {"way": way.value, "frames": list(keys)},
        }
        lease = self._lease
        with self._runtime.database.write() as session:
            # Lock the image before the job, in the same order as deletion does.
            if session.get(Image, self._image_id, with_for_update=True) is None:
                raise _gone()
            lease.claim(session, lease_until=now() + timedelta(seconds=lease.seconds))
            here = Frame.image_id == self._image_id, Frame.index == index
            frame = session.scalar(select(Frame).where(*here))
            if frame is None:
                raise _gone()
            row = session.get(Suggestion, (frame.id, lease.job.owner_id))
            if row is None:
                row = Suggestion(
                    frame_id=frame.id, user_id=lease.job.owner_id, image_id=self._image_id
                )
                session.add(row)
            row.labels, row.way, row.key_frames = labels, way, list(keys)
            row.state, row.created_at = SuggestionState.OPEN, now()
            row.decision_id = row.mask_id = row.before_id = None
            if monotonic() - self._told > TELL_SECONDS:
                self._told = monotonic()
                self._publish_progress(session)
        self._made += 1

    def _publish_progress(self, session: WriteSession) -> None:
        image = session.get(Image, self._image_id)
        if image is None:
            raise _gone()
        person = session.get_one(User, self._lease.job.owner_id)
        publish_change(session, self._runtime.broker, image, Change.DRAFT, person)

    def _drawing(
        self, index: int, nearest: list[int], grey: NDArray[np.uint8], shapes: Shapes
    ) -> Drawing:
        """The lesions of a frame, each in its layer, with attributes from the nearest key frame."""
        of = [self._drawings[key] for key in nearest]
        size = of[0].labels.shape
        sure = likelihoods(shapes, grey, abs(index - nearest[0]))
        layers: dict[UUID | None, list[int]] = {}
        for number in sure:
            said = next(one for one in of if number in one.numbers)
            layers.setdefault(_layer(said, number), []).append(number)
        maps: dict[UUID | None, Numbers] = {None: np.zeros(size, np.uint8)}
        for layer, numbers in layers.items():
            pixels = np.zeros(size, np.uint8)
            for number, mask in lesion_masks({n: sure[n] for n in numbers}, size).items():
                pixels[mask] = number
            maps[layer] = pixels
        others = reversed(of)
        classes: dict[int, UUID] = {}
        names: dict[int, str] = {}
        attributes: dict[int, Mapping[str, Any]] = {}
        for one in others:  # the nearest comes last, so that it wins
            classes |= one.classes
            names |= one.names
            attributes |= one.attributes
        common = maps.pop(None)
        overlays = {layer: pixels for layer, pixels in maps.items() if layer is not None}
        return Drawing(common, overlays, classes, names, attributes)

    def end(self) -> None:
        with self._runtime.database.write() as session:
            self._lease.end(session, JobState.DONE, result={"frames": self._made})
            self._publish_progress(session)


def _layer(drawing: Drawing, number: int) -> UUID | None:
    """The class in whose layer a lesion lies; None for the common layer."""
    for layer, pixels in drawing.overlays.items():
        if (pixels == number).any():
            return layer
    return None


def _gone() -> JobFailedError:
    return JobFailedError(Problem(410, "image-deleted", "The image was deleted meanwhile."))
