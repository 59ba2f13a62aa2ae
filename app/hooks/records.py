"""Record events: a job for each address that subscribes to one. For the api and for workers."""

from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from app.core.broker import BrokerClient
from app.core.database import WriteSession, after_commit
from app.core.ids import new_id, now
from app.core.security import SealBrokenError, SiteKey
from app.hooks.jobs import HOOK, HookParameters
from app.hooks.tables import HookEvent, Webhook
from app.jobs.tables import Job, JobKind, JobState
from app.jobs.turns import insert_in_turn

PURPOSE = "webhook"
_ANSWERS = (JobKind.INGEST, JobKind.PREDICT, JobKind.SEGMENT)
_ENDS = {JobState.DONE: HookEvent.DONE, JobState.FAILED: HookEvent.FAILED}


def seal_secret(key: SiteKey, webhook_id: UUID, secret: str) -> bytes:
    """Return the secret that signs messages, sealed."""
    return key.seal(PURPOSE, secret.encode(), webhook_id.bytes)


def secret_of(key: SiteKey, webhook: Webhook) -> bytes | None:
    """Return the secret, or None if it cannot be opened."""
    try:
        return key.open(PURPOSE, webhook.sealed_secret, webhook.id.bytes)
    except SealBrokenError:
        return None


_LISTENING = select(Webhook).where(
    Webhook.project_id == bindparam("project", type_=Uuid), ~Webhook.paused
)


def note(
    session: WriteSession, broker: BrokerClient, project_id: UUID, event: HookEvent, **ids: Any
) -> None:
    """Queue a message to each address that subscribes to an event, in the event's transaction.

    Args:
        ids: ids of the objects concerned, and numbers of revisions.
    """
    for hook in session.scalars(_LISTENING, {"project": project_id}):
        if event in hook.events:
            queue(session, broker, hook, event, **ids)


def queue(
    session: WriteSession, broker: BrokerClient, hook: Webhook, event: str, **ids: Any
) -> Job:
    """Queue one message to one address."""
    message = {
        "id": str(new_id()),
        "event": event,
        "at": now().isoformat(),
        "project_id": str(hook.project_id),
        **{name: _plain(value) for name, value in ids.items()},
    }
    parameters = HookParameters(webhook_id=hook.id, message=message)
    job = Job(
        id=new_id(),
        kind=HOOK.name,
        queue=HOOK.queue,
        parameters=parameters.model_dump(mode="json"),
        owner_id=hook.created_by_id,
        project_id=hook.project_id,
        awaited=False,
    )
    session.flush()
    insert_in_turn(session, job)
    after_commit(session, partial(broker.notify, job.queue))
    return job


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def note_end(
    session: WriteSession, broker: BrokerClient, job: Job, state: JobState, **changes: Any
) -> None:
    """Queue the messages for a job that ends, if it answers an upload or another run.

    Args:
        job: the row as it was last read.
        changes: columns written since.
    """
    event = _ENDS.get(state)
    if event is None or job.kind not in _ANSWERS:
        return
    image_id = changes.get("image_id", job.image_id)
    problem = changes.get("problem", job.problem) or {}
    more = {"code": problem.get("code")} if event is HookEvent.FAILED else {}
    note(session, broker, job.project_id, event, job_id=job.id, image_id=image_id, **more)
