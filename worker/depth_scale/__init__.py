"""A scale that is printed in a picture: proposed to a person, never measured by unasked."""

from worker.depth_scale.proposal import (
    ProposedScale,
    darkest,
    is_silent,
    nearest,
    propose,
    propose_safely,
)

__all__ = ["ProposedScale", "darkest", "is_silent", "nearest", "propose", "propose_safely"]
