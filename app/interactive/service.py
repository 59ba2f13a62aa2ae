"""Requests of somebody who is drawing. The caller's draft remains the current drawing."""

from typing import Any
from uuid import UUID

from app.accounts.access import Principal
from app.core import questions
from app.core.ids import new_id
from app.core.problems import Problem
from app.core.state import State
from app.interactive.schemas import FillBox, Outline, OutlineAt, Refine
from app.masks.runs import check_runs
from app.reviews.access import visible_frame
from app.reviews.visibility import view_of
from app.segment.service import require_model

MOST_PREPARED = 8
"""Messages in the queue from which on nothing is prepared: people who draw come first."""


def refine_question(
    state: State, principal: Principal, image_id: UUID, index: int, body: Refine
) -> dict[str, Any]:
    """The message for a worker.

    Raises:
        Problem: 404; 422 that says what is wrong with the runs.
    """
    width, height, about = _about(state, principal, image_id, index, body.model)
    if (body.width, body.height) != (width, height):
        raise Problem(
            422,
            "wrong-size",
            f"The mask is {body.width} × {body.height} px and the frame is {width} × {height} px; "
            "draw on this image's own frame.",
        )
    _check("mask", body.mask, width, height, 1)
    _check("scribbles", body.scribbles, width, height, 2)
    return {
        "kind": "refine",
        **about,
        "mask": body.mask,
        "scribbles": body.scribbles,
    }


def box_question(
    state: State, principal: Principal, image_id: UUID, index: int, body: FillBox
) -> dict[str, Any]:
    """The message for a worker.

    Raises:
        Problem: 404; 422 that says what is wrong with the box or the runs.
    """
    width, height, about = _about(state, principal, image_id, index, body.model)
    box = body.box
    if box.top + box.height > height or box.left + box.width > width:
        raise Problem(
            422,
            "box-outside",
            f"The box reaches beyond the frame of {width} × {height} px; draw it inside.",
        )
    if body.mask is not None:
        _check("mask", body.mask, width, height, 1)
    return {
        "kind": "box",
        **about,
        "box": box.model_dump(),
        "mask": body.mask,
    }


def point_question(
    state: State, principal: Principal, image_id: UUID, index: int, body: OutlineAt
) -> dict[str, Any]:
    """The message for a worker.

    Raises:
        Problem: 404; 422 that says what is wrong with the point or the runs.
    """
    width, height, about = _about(state, principal, image_id, index, body.model)
    point = body.point
    if point.row >= height or point.column >= width:
        raise Problem(
            422,
            "point-outside",
            f"The point lies beyond the frame of {width} × {height} px; click inside.",
        )
    if body.mask is not None:
        _check("mask", body.mask, width, height, 1)
    return {
        "kind": "point",
        **about,
        "point": point.model_dump(),
        "mask": body.mask,
    }


def prepare_frame(state: State, principal: Principal, image_id: UUID, index: int) -> None:
    """Ask a worker to read a frame before somebody draws on it; nobody waits for an answer.

    Raises:
        Problem: 404; 409.
    """
    _, _, about = _about(state, principal, image_id, index, None)
    seconds = state.settings.interactive_seconds
    state.broker.ask(new_id(), {"kind": "prepare", **about}, seconds, most=MOST_PREPARED)


async def ask(state: State, question: dict[str, Any]) -> Outline:
    """Send a question and wait for the outline.

    Raises:
        Problem: as `questions.ask`.
    """
    kept = "Your drawing is as it was: go on by hand or try again."
    return Outline.model_validate(await questions.ask(state, question, kept))


def _about(
    state: State, principal: Principal, image_id: UUID, index: int, model: str | None
) -> tuple[int, int, dict[str, Any]]:
    """Return width and height of a frame that the caller may see, and the part of the message that
    names it, its current pixels (:attr:`Frame.picture_id`) and the model.
    """
    with state.database.read() as session:
        image, frame = visible_frame(session, principal, image_id, index)
        if view_of(session, image.id, principal.user.id).model_hidden:
            raise Problem(
                409,
                "blind-to-model",
                "In this project readers draw without the model; submit your reading first.",
            )
        if model is not None:
            require_model(session, model)
        about = {
            "image_id": str(image_id),
            "frame": index,
            "project_id": str(principal.project),
            "picture": str(frame.picture_id) if frame.picture_id else None,
            "model": model,
        }
        return frame.width, frame.height, about


def _check(name: str, runs: list[int], width: int, height: int, labels: int) -> None:
    try:
        check_runs(runs, width, height, labels)
    except ValueError as error:
        raise Problem(422, "broken-runs", f"{name}: {error}") from error
