"""Signed notification of another system about an event, repeated until it answers."""

import hashlib
import hmac
import json
import logging
import time

from app.core.calling import NotAllowedError, post
from app.core.problems import Problem
from app.core.settings import VERSION
from app.hooks.jobs import HOOK
from app.hooks.records import secret_of
from app.hooks.tables import Webhook
from app.jobs.tables import JobState
from worker.runtime import Runtime
from worker.tasks.later import try_later
from worker.tasks.lease import JobFailedError, Lease, Progress

log = logging.getLogger(__name__)

ANSWER_SECONDS = 15


def call(runtime: Runtime, lease: Lease, progress: Progress) -> None:
    """Post the job's message; any status from 200 to 299 ends the job.

    Raises:
        JobFailedError: the host is no longer allowed, or all attempts were used.
        LostLeaseError: another worker has the job now.
    """
    wanted = HOOK.read(lease.job)
    with runtime.database.read() as session:
        webhook = session.get(Webhook, wanted.webhook_id)
    secret = secret_of(runtime.site_key, webhook) if webhook else None
    if webhook is None or secret is None:
        with runtime.database.write() as session:
            lease.end(session, JobState.DONE)  # the hook or its secret was removed
        return
    if webhook.paused:
        detail = "The webhook was paused before this was told; have it told again from its page."
        raise JobFailedError(Problem(409, "webhook-paused", detail), retryable=True)
    progress("sending", 0.5)
    body = json.dumps(wanted.message, separators=(",", ":")).encode()
    try:
        status = post(
            runtime.settings,
            webhook.url,
            body,
            _headers(secret, wanted.message, body),
            ANSWER_SECONDS,
        )
        reason, code = f"The address answered {status}.", "address-answered"
    except NotAllowedError as error:
        raise JobFailedError(Problem(422, "host-not-allowed", str(error))) from None
    except OSError:
        status, reason, code = 0, "The address does not answer.", "address-silent"
    if not 200 <= status < 300:
        log.warning("job %s: try %d of a webhook failed", lease.job.id, wanted.tries + 1)
        values = {"status": str(status)} if status else {}
        try_later(lease, HOOK, wanted.tries + 1, reason, code, values)
        return
    with runtime.database.write() as session:
        lease.end(session, JobState.DONE, problem=None)


def _headers(secret: bytes, message: dict[str, object], body: bytes) -> dict[str, str]:
    at = str(int(time.time()))
    signed = hmac.new(secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "User-Agent": f"sonoloop/{VERSION}",
        "Sonoloop-Event": str(message["event"]),
        "Sonoloop-Delivery": str(message["id"]),
        "Sonoloop-Signature": f"t={at},v1={signed}",
    }
