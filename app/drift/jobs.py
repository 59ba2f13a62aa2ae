"""Jobs that check for drift."""

from datetime import datetime

from app.core.broker import BACKGROUND_QUEUE
from app.jobs.kinds import Kind, Outcome, Parameters
from app.jobs.tables import JobKind


class DriftParameters(Parameters):
    """The week to compare, by its Monday in UTC."""

    week: datetime


DRIFT = Kind(
    JobKind.DRIFT,
    BACKGROUND_QUEUE,
    DriftParameters,
    Outcome,
    again="wait: it is queued again by itself",
    less="wait: it is queued again by itself",
)
"""Compare a week of a project with what came before."""
