"""Problems of a network that cannot answer."""

from app.core.problems import Problem
from worker.pipeline import BrokenModelError, ModelError


def problem(error: ModelError) -> Problem:
    """Return the problem for a model that cannot be loaded, or whose output is unusable."""
    if isinstance(error, BrokenModelError):
        return Problem(
            503,
            "model-broken",
            "The model's answer to this image is not a number, so nothing is said about it. "
            "Choose another model, or tell your administrator.",
            title="The model is broken",
        )
    detail = "The model cannot be loaded; tell your administrator to run `sonoloop doctor`."
    return Problem(503, "model-unavailable", detail)
