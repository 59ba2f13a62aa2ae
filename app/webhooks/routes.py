"""``/projects/{id}/webhooks``: which systems are told of a project's events."""

from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import select

from app.accounts.access import Admin, GuardedRoute
from app.core import audit
from app.core.calling import NotAllowedError, require_allowed
from app.core.ids import new_id
from app.core.problems import GUARDED, GUARDED_BODY, Problem, not_found, responses
from app.core.security import new_secret
from app.core.state import AppState, Reading, Writing
from app.hooks.jobs import HOOK
from app.hooks.records import seal_secret
from app.hooks.tables import Webhook
from app.jobs.service import Presentation, present
from app.webhooks.schemas import MadeWebhook, NewWebhook, WebhookDetails, WebhookList

present(Presentation(HOOK, hidden=lambda session, principal, job: False))

router = APIRouter(tags=["results"], route_class=GuardedRoute)

ONE = {**GUARDED, **responses(404)}


@router.get("/projects/{project_id}/webhooks", responses=ONE)
def list_webhooks(project_id: UUID, principal: Admin, session: Reading) -> WebhookList:
    """The addresses that are told of a project's events."""
    query = select(Webhook).where(Webhook.project_id == project_id).order_by(Webhook.id)
    items = [
        WebhookDetails(id=row.id, url=row.url, events=row.events) for row in session.scalars(query)
    ]
    return WebhookList(items=items)


@router.post(
    "/projects/{project_id}/webhooks", status_code=201, responses=GUARDED_BODY | responses(404)
)
def create_webhook(
    project_id: UUID, body: NewWebhook, principal: Admin, session: Writing, state: AppState
) -> MadeWebhook:
    """Tell an address of events. Messages hold ids, never anything of a patient.

    422 `host-not-allowed` where `SONOLOOP_WEBHOOK_HOSTS` does not name its host.
    """
    try:
        require_allowed(state.settings, body.url)
    except NotAllowedError as error:
        raise Problem(422, "host-not-allowed", str(error)) from None
    made, secret = new_id(), new_secret()
    events = list(dict.fromkeys(body.events))
    session.add(
        Webhook(
            id=made,
            project_id=project_id,
            url=body.url,
            events=events,
            sealed_secret=seal_secret(state.site_key, made, secret),
            created_by_id=principal.user.id,
        )
    )
    audit.record(
        session, state.site_key, principal.actor, "webhook.created", "webhook", made, events=events
    )
    return MadeWebhook(id=made, url=body.url, events=events, secret=secret)


@router.delete("/projects/{project_id}/webhooks/{webhook_id}", status_code=204, responses=ONE)
def delete_webhook(
    project_id: UUID, webhook_id: UUID, principal: Admin, session: Writing, state: AppState
) -> None:
    """Tell an address nothing any more."""
    row = session.get(Webhook, webhook_id)
    if row is None or row.project_id != project_id:
        raise not_found("webhook")
    session.delete(row)
    audit.record(session, state.site_key, principal.actor, "webhook.deleted", "webhook", webhook_id)
