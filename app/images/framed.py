"""Routes about one frame: ``/images/{id}/frames/{index}/…``, and a short form for the first frame.

A still has one frame, so programs that handle only stills need no frame index.
"""

import inspect
from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path

from app.images.tables import MOST_FRAMES

FrameIndex = Annotated[int, Path(ge=0, lt=MOST_FRAMES, description="From 0, in order of time.")]

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def framed(
    router: APIRouter, method: str, path: str, *, short: str | None = None, **options: Any
) -> Callable[[Endpoint], Endpoint]:
    """Register a route of a frame, and its short form.

    Args:
        router: without a prefix.
        path: what follows ``/images/{image_id}/frames/{frame_index}``.
        short: what follows ``/images/{image_id}`` in the short form, if that differs.
        options: options of the route.
    """

    def register(endpoint: Endpoint) -> Endpoint:
        first = f"/images/{{image_id}}{path if short is None else short}"
        for address, does in (
            (first, _of_first(endpoint)),
            (f"/images/{{image_id}}/frames/{{frame_index}}{path}", endpoint),
        ):
            router.add_api_route(address, does, methods=[method], **options)
        return endpoint

    return register


def _of_first(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Return the same endpoint without the parameter that names the frame."""
    signature = inspect.signature(endpoint)
    others = [one for name, one in signature.parameters.items() if name != "frame_index"]
    first = partial(endpoint, frame_index=0)
    update_wrapper(first, endpoint)
    first.__dict__["__signature__"] = signature.replace(parameters=others)
    return first
