"""The rules that take an image from unlabelled to approved, over plain values.

An image's state follows from its readings, except for two facts that only history gives: that a
reviewer returned something (``RETURNED`` until somebody saves again), and that a mask is
approved. Only :func:`state_after` decides; code that changes a reading or a mask calls it in the
same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.problems import Problem
from app.images.tables import ImageState
from app.reviews.tables import ReadingState, readers_needed


@dataclass(frozen=True, slots=True)
class ReadingStanding:
    """The facts of one reading that the image's state follows from.

    Attributes:
        state: how far the reading has come.
        assigned: somebody assigned it, so the image waits for it.
        blind: its reader does not see the other readers' masks.
    """

    state: ReadingState
    assigned: bool
    blind: bool


@dataclass(frozen=True, slots=True)
class Standings:
    """Everything that an image's state depends on.

    Attributes:
        predicted: a model has drawn a mask.
        begun: a person has saved a revision or has a draft.
        approved: a revision is approved.
        double: two people read it, blind to each other.
        readings: of every reader.
    """

    predicted: bool
    begun: bool
    approved: bool
    double: bool
    readings: Sequence[ReadingStanding]

    @property
    def live(self) -> list[ReadingStanding]:
        """The readings that still count."""
        return [one for one in self.readings if one.state != ReadingState.SUPERSEDED]


def complete(standings: Standings) -> bool:
    """Whether every reader has handed in, so that a reviewer is next.

    The image waits for readings that were assigned or returned, but not for one that somebody began
    unasked: a colleague who tried the brush must not hold up an image. A double reading needs two
    blind readings.
    """
    waiting = any(
        one.state == ReadingState.RETURNED or (one.state == ReadingState.OPEN and one.assigned)
        for one in standings.live
    )
    counted = [
        one
        for one in standings.live
        if one.state == ReadingState.SUBMITTED and (one.blind or not standings.double)
    ]
    return not waiting and len(counted) >= readers_needed(standings.double)


def state_after(before: ImageState, standings: Standings) -> ImageState:
    """Return the state of an image after its readings or masks changed.

    Args:
        before: its state until now; ``RETURNED`` lasts until somebody saves or it is complete.
        standings: as they are now.
    """
    if standings.approved:
        return ImageState.APPROVED
    if complete(standings):
        return ImageState.SUBMITTED
    returned = any(one.state == ReadingState.RETURNED for one in standings.live)
    if before == ImageState.RETURNED and returned:
        return ImageState.RETURNED
    if standings.begun:
        return ImageState.IN_CORRECTION
    return ImageState.PREDICTED if standings.predicted else ImageState.UNLABELLED


def readers_wanted(state: ImageState, standings: Standings) -> int:
    """Return how many people should still read an image, for ``Image.readers_wanted``."""
    if state in (ImageState.SUBMITTED, ImageState.APPROVED):
        return 0
    reading = [one for one in standings.live if one.blind or not standings.double]
    return max(0, readers_needed(standings.double) - len(reading))


def refuse_drawing(image: ImageState, reading: ReadingState | None, *, reviewer: bool) -> None:
    """Refuse a draft or a revision that would bypass the review.

    Args:
        image: the image's state.
        reading: the state of the caller's reading, or None.
        reviewer: the caller may review; reviewers may draw their own answer while they review.

    Raises:
        Problem: 409.
    """
    if image == ImageState.APPROVED:
        raise Problem(
            409, "approved", "This image is approved; a reviewer can return it to have it changed."
        )
    if reading == ReadingState.SUBMITTED:
        raise Problem(
            409, "submitted", "You handed this image in; take it back first to change it."
        )
    if image == ImageState.SUBMITTED and not reviewer:
        raise Problem(409, "in-review", "This image was submitted and waits for a reviewer.")
