"""Jobs that black out areas for good."""

from uuid import UUID

from app.core.broker import BACKGROUND_QUEUE, SEGMENT_QUEUE
from app.jobs.kinds import Kind, Outcome, Parameters
from app.jobs.tables import JobKind


class RedactParameters(Parameters):
    """The redaction to apply."""

    redaction_id: UUID


class TextSearchParameters(Parameters):
    """Settings and progress of a search for text in the stored images of a project.

    Attributes:
        black_out: whether to black out what surely is text.
        total: images to search.
        searched: of these, so far.
        marked: images in which an area looks like text.
        blacked_out: images in which something was made black.
    """

    black_out: bool = False
    total: int = 0
    searched: int = 0
    marked: int = 0
    blacked_out: int = 0


REDACT = Kind(
    JobKind.REDACT,
    SEGMENT_QUEUE,
    RedactParameters,
    Outcome,
    again="black out the areas again",
    less="black out fewer areas at a time",
)
"""Black areas in a stored picture and in everything made from it."""

TEXT_SEARCH = Kind(
    JobKind.TEXT_SEARCH,
    BACKGROUND_QUEUE,
    TextSearchParameters,
    Outcome,
    again="search once more",
    less="search again: it resumes where it stopped",
)
"""Search for text in pictures that were stored without one."""
