"""``POST /images/{id}/refine``, ``/box`` and ``/point`` help a person who draws; store nothing.

``POST /images/{id}/prepare`` announces that somebody is about to draw.
"""

from contextlib import AbstractContextManager
from uuid import UUID

from fastapi import APIRouter, status
from starlette.concurrency import run_in_threadpool

from app.accounts.access import GuardedRoute, Principal, Writer
from app.core.problems import GUARDED_BODY, responses
from app.core.slots import Slot
from app.core.state import AppState, State
from app.images.framed import FrameIndex, framed
from app.interactive.schemas import FillBox, Outline, OutlineAt, Refine
from app.interactive.service import (
    ask,
    box_question,
    point_question,
    prepare_frame,
    refine_question,
)

router = APIRouter(tags=["interactive"], route_class=GuardedRoute)

ASKED = GUARDED_BODY | responses(404, 429, 500)


@framed(router, "POST", "/refine", responses=ASKED)
async def refine(
    image_id: UUID, frame_index: FrameIndex, body: Refine, principal: Writer, state: AppState
) -> Outline:
    """Correct a lesion by scribbles; the scribbled pixels are fixed.

    A lesion scribble only adds and a not-lesion scribble only removes, near the scribble.
    Scribbles that the mask already follows change nothing.
    """
    with _slot(principal, state):
        question = await run_in_threadpool(
            refine_question, state, principal, image_id, frame_index, body
        )
        return await ask(state, question)


@framed(router, "POST", "/box", responses=ASKED)
async def box(
    image_id: UUID, frame_index: FrameIndex, body: FillBox, principal: Writer, state: AppState
) -> Outline:
    """Outline the lesion in a box drawn around it."""
    with _slot(principal, state):
        question = await run_in_threadpool(
            box_question, state, principal, image_id, frame_index, body
        )
        return await ask(state, question)


@framed(router, "POST", "/point", responses=ASKED)
async def point(
    image_id: UUID, frame_index: FrameIndex, body: OutlineAt, principal: Writer, state: AppState
) -> Outline:
    """Outline the lesion that a point lies in."""
    with _slot(principal, state):
        question = await run_in_threadpool(
            point_question, state, principal, image_id, frame_index, body
        )
        return await ask(state, question)


@framed(
    router,
    "POST",
    "/prepare",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=GUARDED_BODY | responses(404, 429, 500),
)
async def prepare(
    image_id: UUID, frame_index: FrameIndex, principal: Writer, state: AppState
) -> None:
    """Let a worker load the model and read the frame, so that the first answer comes at once.

    Returns before that is done. Refine, box and click also work without it.
    """
    with _slot(principal, state):
        await run_in_threadpool(prepare_frame, state, principal, image_id, frame_index)


def _slot(principal: Principal, state: State) -> AbstractContextManager[None]:
    most = state.settings.questions_per_person
    return state.slots.hold(Slot.QUESTION, principal.user.id, most)
