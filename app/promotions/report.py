"""The report of an evaluation as PDF. A worker makes it from the pictures as they are now."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.accounts.access import Principal
from app.core.ids import new_id
from app.core.problems import Problem
from app.core.questions import ask
from app.core.slots import Slot
from app.core.state import State
from app.evaluations.tables import report_key
from app.promotions.evaluations import find
from app.reviews.access import visible_frame

_KEPT = "The evaluation is kept; ask for its report again."


async def pdf(state: State, principal: Principal, evaluation_id: UUID) -> bytes:
    """Return the report, with the pictures that the caller may see.

    Raises:
        Problem: 404; 409 it has no verdict; 429; 503 no worker.
    """
    order_id = new_id()
    question = await run_in_threadpool(_question, state, principal, evaluation_id, order_id)
    with state.slots.hold(Slot.QUESTION, principal.user.id, state.settings.questions_per_person):
        await ask(state, question, _KEPT)
    return await run_in_threadpool(_taken, state, order_id)


def _question(
    state: State, principal: Principal, evaluation_id: UUID, order_id: UUID
) -> dict[str, Any]:
    with state.database.read() as session:
        one = find(session, evaluation_id)
        if one.verdict is None:
            raise Problem(
                409, "no-verdict", "This evaluation has no verdict; its report comes with it."
            )
        seen = [
            worst["mask_id"]
            for worst in one.verdict["worst"]
            if _sees(session, principal, UUID(worst["image_id"]), worst["frame_index"])
        ]
    return {
        "kind": "report",
        "id": str(order_id),
        "evaluation_id": str(evaluation_id),
        "seen": seen,
    }


def _sees(session: Session, principal: Principal, image_id: UUID, index: int) -> bool:
    """Whether the caller may see the picture: a reference set may be another project's."""
    try:
        visible_frame(session, principal, image_id, index)
    except Problem:
        return False
    return True


def _taken(state: State, order_id: UUID) -> bytes:
    """Return the report that the worker stored, and delete it."""
    made = state.blobs.get(report_key(order_id))
    state.blobs.delete(report_key(order_id))
    return made
