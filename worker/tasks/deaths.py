"""Handling, in the parent process, of a worker process that dies during a job.

Without this, the job would wait until its lease expires.
"""

import logging
from uuid import UUID

from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from sqlalchemy.exc import DBAPIError

# A column with a foreign key has no type until the table that it references is imported.
import app.tables  # noqa: F401
from app.core.broker import BrokerClient
from app.core.database import Database
from app.core.settings import Settings
from app.hooks.records import note_end
from app.jobs.records import fail, running, take_back
from worker.tasks.run import too_long

log = logging.getLogger(__name__)


def died(settings: Settings, message_id: UUID, cause: BaseException) -> None:
    """Requeue the job of a dead process at once, or end it.

    If it ran out of time the job ends; after any other death it is tried once more.

    Args:
        message_id: id of the message that started the job.
    """
    if not isinstance(cause, WorkerLostError | TimeLimitExceeded):
        return
    log.error("a process that works on jobs is gone: %s", type(cause).__name__)
    # Opened only for this: processes that are forked later must not share a connection.
    database, broker = Database(settings.database), BrokerClient(settings)
    try:
        with database.write() as session:
            job = running(session, message_id)
            if job is None:
                return
            log.error("it worked on job %s", job.id)
            if isinstance(cause, TimeLimitExceeded):
                fail(session, broker, job, too_long(settings, job))
            else:
                take_back(session, broker, job)
            note_end(session, broker, job, job.state)
    except DBAPIError:
        log.warning("the database is away; the job waits until its lease runs out")
    finally:
        broker.close()
        database.dispose()
