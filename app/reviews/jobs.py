"""Jobs that compare what several people drew."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.broker import SEGMENT_QUEUE
from app.jobs.kinds import Kind, Outcome, Parameters
from app.jobs.tables import JobKind

Several = Annotated[tuple[UUID, ...], Field(min_length=2)]


class ConsensusMethod(StrEnum):
    """Methods of a consensus, which makes one mask out of several."""

    STAPLE = "staple"
    """Weighs readers by how reliable they prove to be (Warfield et al. 2004)."""
    MAJORITY = "majority"
    """Pixels that more than half of the masks mark; with two masks, those that both mark."""


class AgreementParameters(Parameters):
    """The masks to compare, every pair of them."""

    masks: Several


class ConsensusParameters(Parameters):
    """The masks to combine, and the method."""

    method: ConsensusMethod
    masks: Several


class ConsensusOutcome(Outcome):
    """The mask that was made."""

    mask_id: UUID


AGREEMENT = Kind(
    JobKind.AGREEMENT,
    SEGMENT_QUEUE,
    AgreementParameters,
    Outcome,
    again="return a reading and have it handed in again",
    less="compare smaller images",
)
"""Dice and the like between blind readings."""

CONSENSUS = Kind(
    JobKind.CONSENSUS,
    SEGMENT_QUEUE,
    ConsensusParameters,
    ConsensusOutcome,
    again="ask for the consensus again",
    less="make it of fewer revisions",
)
"""A mask out of several readings."""
