"""``/evaluations`` and ``/reference-sets``: comparing a version with the one that serves."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response

from app.accounts.access import Admin, GuardedRoute, ProjectAdmin, SiteAdmin
from app.core.blobs import BlobNotFoundError
from app.core.problems import GUARDED, GUARDED_BODY, not_found, responses
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.evaluations.records import references
from app.evaluations.tables import outline_key
from app.promotions import evaluations, report, sets
from app.promotions.schemas import (
    EvaluationDetails,
    EvaluationList,
    NewEvaluation,
    NewReferenceSet,
    ReferenceSet,
    ReferenceSetList,
)

router = APIRouter(tags=["models"], route_class=GuardedRoute)

ONE = {**GUARDED, **responses(404)}


@router.get("/evaluations", responses=GUARDED)
def list_evaluations(principal: ProjectAdmin, session: DatabaseRead) -> EvaluationList:
    """Evaluations of a project, newest first."""
    return EvaluationList(items=evaluations.recent(session, principal.project))


@router.post("/evaluations", status_code=202, responses=GUARDED_BODY | responses(404, 409))
def start_evaluation(
    body: NewEvaluation, principal: ProjectAdmin, session: DatabaseWrite, state: AppState
) -> EvaluationDetails:
    """Compare a version with the one that serves, on the project's test part and the site's
    reference sets. Each evaluation is one more look at the test part, and is counted."""
    started = evaluations.start(session, state, principal, body.model)
    return evaluations.details(session, started)


@router.get("/evaluations/{evaluation_id}", responses=ONE)
def get_evaluation(
    evaluation_id: UUID, principal: Admin, session: DatabaseRead
) -> EvaluationDetails:
    """One evaluation, with the gate's verdict."""
    return evaluations.details(session, evaluations.find(session, evaluation_id))


@router.delete("/evaluations/{evaluation_id}", responses=ONE | responses(409))
def cancel_evaluation(
    evaluation_id: UUID, principal: Admin, session: DatabaseWrite, state: AppState
) -> EvaluationDetails:
    """Stop an evaluation. What was measured stays, and is not measured again."""
    found = evaluations.find(session, evaluation_id)
    evaluations.cancel(session, state, principal, found)
    return evaluations.details(session, found)


@router.get(
    "/evaluations/{evaluation_id}/outlines/{mask_id}/{whose}",
    responses=ONE | {200: {"content": {"image/png": {}}}},
    response_class=Response,
)
def get_evaluation_outline(
    evaluation_id: UUID,
    mask_id: UUID,
    whose: Literal["before", "after"],
    principal: Admin,
    state: AppState,
) -> Response:
    """Outlines of one of the worst images, without the picture: the approved mask in white, and
    that of the old or the new version in amber."""
    try:
        png = state.blobs.get(outline_key(evaluation_id, mask_id, whose))
    except BlobNotFoundError:
        raise not_found("outline") from None
    return Response(png, media_type="image/png")


@router.get(
    "/evaluations/{evaluation_id}/report",
    responses=ONE
    | {200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}}
    | responses(409, 429, 503),
    response_class=Response,
)
async def get_evaluation_report(evaluation_id: UUID, principal: Admin, state: AppState) -> Response:
    """The report as PDF: the gate, old against new, and the images that lost most, side by side.

    Pictures that the caller may not see, or that were deleted, are left out. 409 `no-verdict`
    before the evaluation is done.
    """
    made = await report.pdf(state, principal, evaluation_id)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="evaluation_{evaluation_id}.pdf"',
    }
    return Response(made, media_type="application/pdf", headers=headers)


@router.get("/reference-sets", responses=GUARDED)
def list_reference_sets(principal: ProjectAdmin, session: DatabaseRead) -> ReferenceSetList:
    """Reference sets on which a version must not be worse, besides the project's own test part."""
    return ReferenceSetList(items=[sets.details(session, one) for one in references(session)])


@router.post("/reference-sets", status_code=201, responses=GUARDED_BODY | responses(404, 409))
def name_reference_set(
    body: NewReferenceSet, principal: SiteAdmin, session: DatabaseWrite, state: AppState
) -> ReferenceSet:
    """Freeze what is approved in a project now, except the training part, as a reference set of
    the site."""
    return sets.details(session, sets.name_reference(session, state, principal, body))


@router.delete("/reference-sets/{reference_set_id}", status_code=204, responses=ONE)
def retire_reference_set(
    reference_set_id: UUID, principal: SiteAdmin, session: DatabaseWrite, state: AppState
) -> None:
    """Leave a reference set out of later evaluations."""
    sets.retire(session, state, principal, reference_set_id)
