"""Fair queueing between people, however many jobs each of them has sent.

A job's ``turn`` is its place on a virtual clock, set when it is queued; workers take the lowest.
Self-clocked fair queueing (Golestani 1994): the clock shows the turn of the job that was taken
last, and a new job comes one step after the clock or after the last job of its own flow, whichever
is later. So a person who sends one image while another's thousands wait comes next, and people who
all have many jobs alternate. Each person has two flows, of jobs that somebody waits for and of
others: a person's bulk jobs do not delay the image they look at. Steps of the first are shorter.
"""

from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Table,
    Uuid,
    bindparam,
    func,
    insert,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from app.core.database import insert_row
from app.jobs.tables import Job, JobState

AWAITED_STEP = 1
OTHER_STEP = 4
"""Four jobs that somebody waits for run for each one that nobody waits for."""


def _next_turn(queue: Any, owner: Any, awaited: Any, step: Any) -> ColumnElement[int]:
    """Return the turn of a job that is queued now; each argument is a value or a parameter."""
    others = cast(Table, Job.__table__).alias("others")
    own = (others.c.owner_id == owner, others.c.awaited == awaited)

    def end(state: JobState, *conditions: ColumnElement[bool], last: bool = True) -> Select[Any]:
        turn = others.c.turn
        ours = (others.c.state == state, others.c.queue == queue)
        order = turn.desc() if last else turn
        return select(turn).where(*ours, *conditions).order_by(order).limit(1)

    clock = func.coalesce(
        end(JobState.RUNNING).scalar_subquery(),
        end(JobState.QUEUED, last=False).scalar_subquery(),
        literal(0),
    )
    starts = union_all(
        select(clock.label("at")),
        select(end(JobState.RUNNING, *own).scalar_subquery()),
        select(end(JobState.QUEUED, *own).scalar_subquery()),
    ).subquery()
    return select(func.max(starts.c.at) + step).scalar_subquery()


_NEXT_TURN = _next_turn(
    bindparam("turn_queue"),
    bindparam("turn_owner", type_=Uuid),
    bindparam("turn_awaited"),
    bindparam("turn_step", type_=Integer),
)
_INSERT = insert(cast(Table, Job.__table__)).values(turn=_NEXT_TURN)
"""Built once: building takes nine tenths of its cost."""


def _step(job: Job) -> int:
    return AWAITED_STEP if job.awaited else OTHER_STEP


def next_turn(job: Job) -> Any:
    """Return an SQL expression for the turn of such a job (queue, owner and ``awaited``) if it is
    queued now; the row's ``turn`` may be set to it.
    """
    return _next_turn(job.queue, job.owner_id, job.awaited, _step(job))


def insert_in_turn(session: Session, job: Job) -> None:
    """Insert a job with its turn; see :func:`app.core.database.insert_row`."""
    insert_row(
        session,
        job,
        _INSERT,
        computed=("turn",),
        turn_queue=job.queue,
        turn_owner=job.owner_id,
        turn_awaited=job.awaited,
        turn_step=_step(job),
    )
