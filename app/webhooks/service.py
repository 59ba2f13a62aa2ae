"""Finding webhooks and their messages, and showing them."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.problems import ProblemDetails, not_found
from app.hooks.jobs import HOOK
from app.hooks.tables import Webhook
from app.jobs.tables import Job, JobKind, JobState
from app.webhooks.schemas import MadeWebhook, WebhookDelivery, WebhookDetails

MOST_DELIVERIES = 50


def one(session: Session, project_id: UUID, webhook_id: UUID) -> Webhook:
    """Return a webhook of a project.

    Raises:
        Problem: 404.
    """
    found = session.get(Webhook, webhook_id)
    if found is None or found.project_id != project_id:
        raise not_found("webhook")
    return found


def details(row: Webhook) -> WebhookDetails:
    """Return a webhook as JSON, without its secret."""
    return WebhookDetails(
        id=row.id,
        url=row.url,
        events=row.events,
        paused=row.paused,
        created_at=row.created_at,
    )


def with_secret(row: Webhook, secret: str) -> MadeWebhook:
    """Return a webhook as JSON with its secret, for the one time that it is shown."""
    return MadeWebhook(**details(row).model_dump(), secret=secret)


def deliveries(session: Session, row: Webhook) -> list[WebhookDelivery]:
    """Return the last messages to an address, newest first."""
    query = (
        select(Job)
        .where(
            Job.kind == JobKind.HOOK,
            Job.owner_id == row.created_by_id,
            Job.parameters["webhook_id"].as_string() == str(row.id),
        )
        .order_by(Job.id.desc())
        .limit(MOST_DELIVERIES)
    )
    return [delivery(job) for job in session.scalars(query)]


def delivery(job: Job) -> WebhookDelivery:
    """Return a message and what became of it."""
    wanted = HOOK.read(job)
    over = job.state in (JobState.FAILED, JobState.CANCELLED)
    done = job.state == JobState.DONE
    return WebhookDelivery(
        id=UUID(wanted.message["id"]),
        event=wanted.message["event"],
        at=wanted.message["at"],
        state="delivered" if done else "failed" if over else "waiting",
        tries=wanted.tries,
        ended_at=job.finished_at,
        next_at=job.lease_until if job.state == JobState.QUEUED else None,
        detail=None if done else (job.problem or {}).get("detail"),
        problem=None if done or not job.problem else ProblemDetails(**job.problem),
    )
