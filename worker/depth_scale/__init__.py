"""A scale printed in a picture: proposed to a person, never used for measuring unasked."""

from worker.depth_scale.proposal import (
    ProposedScale,
    darkest,
    is_silent,
    nearest,
    propose,
    propose_safely,
)

__all__ = ["ProposedScale", "darkest", "is_silent", "nearest", "propose", "propose_safely"]
