"""``/projects/{id}/webhooks``: the systems that receive a project's events."""

from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import select

from app.accounts.access import Admin, GuardedRoute
from app.core import audit
from app.core.calling import NotAllowedError, require_allowed
from app.core.ids import new_id
from app.core.problems import GUARDED, GUARDED_BODY, Problem, responses
from app.core.security import new_secret
from app.core.state import AppState, DatabaseRead, DatabaseWrite
from app.hooks.jobs import HOOK
from app.hooks.records import queue, seal_secret
from app.hooks.tables import Webhook
from app.jobs.service import Presentation, present
from app.webhooks import service
from app.webhooks.schemas import (
    MadeWebhook,
    NewWebhook,
    WebhookChange,
    WebhookDelivery,
    WebhookDeliveryList,
    WebhookDetails,
    WebhookList,
)

present(Presentation(HOOK, hidden=lambda session, principal, job: False))

router = APIRouter(tags=["results"], route_class=GuardedRoute)

ONE = {**GUARDED, **responses(404)}
CHANGE = {**GUARDED_BODY, **responses(404)}
PATH = "/projects/{project_id}/webhooks"


@router.get(PATH, responses=ONE)
def list_webhooks(project_id: UUID, principal: Admin, session: DatabaseRead) -> WebhookList:
    """The addresses that receive a project's events."""
    query = select(Webhook).where(Webhook.project_id == project_id).order_by(Webhook.id)
    return WebhookList(items=[service.details(row) for row in session.scalars(query)])


@router.post(PATH, status_code=201, responses=CHANGE)
def create_webhook(
    project_id: UUID, body: NewWebhook, principal: Admin, session: DatabaseWrite, state: AppState
) -> MadeWebhook:
    """Send events to an address. Messages contain ids, never anything about a patient.

    422 `host-not-allowed` if `SONOLOOP_WEBHOOK_HOSTS` does not name its host.
    """
    try:
        require_allowed(state.settings, body.url)
    except NotAllowedError as error:
        raise Problem(422, "host-not-allowed", str(error)) from None
    made, secret = new_id(), new_secret()
    events = list(dict.fromkeys(body.events))
    row = Webhook(
        id=made,
        project_id=project_id,
        url=body.url,
        events=events,
        sealed_secret=seal_secret(state.site_key, made, secret),
        created_by_id=principal.user.id,
    )
    session.add(row)
    session.flush()
    audit.record(
        session, state.site_key, principal.actor, "webhook.created", "webhook", made, events=events
    )
    return service.with_secret(row, secret)


@router.patch(f"{PATH}/{{webhook_id}}", responses=CHANGE)
def change_webhook(
    project_id: UUID,
    webhook_id: UUID,
    body: WebhookChange,
    principal: Admin,
    session: DatabaseWrite,
    state: AppState,
) -> WebhookDetails:
    """Change the events that an address receives, or pause it."""
    row = service.one(session, project_id, webhook_id)
    if body.events is not None:
        row.events = list(dict.fromkeys(body.events))
    if body.paused is not None:
        row.paused = body.paused
    told = body.model_dump(mode="json", exclude_none=True)
    audit.record(
        session, state.site_key, principal.actor, "webhook.changed", "webhook", row.id, **told
    )
    return service.details(row)


@router.delete(f"{PATH}/{{webhook_id}}", status_code=204, responses=ONE)
def delete_webhook(
    project_id: UUID, webhook_id: UUID, principal: Admin, session: DatabaseWrite, state: AppState
) -> None:
    """Stop sending events to an address."""
    row = service.one(session, project_id, webhook_id)
    session.delete(row)
    audit.record(session, state.site_key, principal.actor, "webhook.deleted", "webhook", webhook_id)


@router.post(f"{PATH}/{{webhook_id}}/secret", responses=ONE)
def rotate_secret(
    project_id: UUID, webhook_id: UUID, principal: Admin, session: DatabaseWrite, state: AppState
) -> MadeWebhook:
    """Sign with a new secret from the next message on; the old secret is deleted."""
    row = service.one(session, project_id, webhook_id)
    secret = new_secret()
    row.sealed_secret = seal_secret(state.site_key, row.id, secret)
    audit.record(session, state.site_key, principal.actor, "webhook.secret", "webhook", row.id)
    return service.with_secret(row, secret)


@router.post(f"{PATH}/{{webhook_id}}/test", status_code=202, responses={**ONE, **responses(409)})
def test_webhook(
    project_id: UUID, webhook_id: UUID, principal: Admin, session: DatabaseWrite, state: AppState
) -> WebhookDelivery:
    """Send a message of the event `test`, signed like any other. 409 while it is paused."""
    row = service.one(session, project_id, webhook_id)
    if row.paused:
        raise Problem(409, "webhook-paused", "The webhook is paused; let it go on first.")
    return service.delivery(queue(session, state.broker, row, "test"))


@router.get(f"{PATH}/{{webhook_id}}/deliveries", responses=ONE)
def list_webhook_deliveries(
    project_id: UUID, webhook_id: UUID, principal: Admin, session: DatabaseRead
) -> WebhookDeliveryList:
    """The last messages to an address and what became of them, newest first."""
    row = service.one(session, project_id, webhook_id)
    return WebhookDeliveryList(items=service.deliveries(session, row))
