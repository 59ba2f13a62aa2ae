"""Questions to a worker while somebody waits: a message that expires, an answer as an event.

There is no job row. A late answer is useless, so a question that is not taken in time is discarded.
"""

from typing import Any

from starlette.concurrency import run_in_threadpool

from app.core.broker import answer_topic
from app.core.ids import new_id
from app.core.problems import Problem, unavailable
from app.core.state import State

MOST_WAITING = 64
"""Questions in the queue from which on further ones are refused: nobody would wait that long."""


async def ask(state: State, question: dict[str, Any], kept: str) -> dict[str, Any]:
    """Send a question and wait for the answer.

    Args:
        question: the validated message; `kind` says who answers.
        kept: a sentence that says what remains unchanged if no worker answers.

    Raises:
        Problem: the problem that the worker reports; 503 if no worker answers in time.
    """
    seconds = state.settings.interactive_seconds
    request_id = new_id()
    async with state.events.subscribe(answer_topic(request_id)) as subscription:
        sent = await run_in_threadpool(
            state.broker.ask, request_id, question, seconds, most=MOST_WAITING
        )
        if not sent:
            raise unavailable("worker for drawing")
        answer = await subscription.next(seconds)
    if answer is None:
        raise Problem(
            503,
            "no-worker",
            f"No worker answered within {seconds:g} seconds. {kept} If this continues, ask your "
            "administrator to start `sonoloop worker --queue interactive`.",
            headers={"Retry-After": "5"},
        )
    if "problem" in answer:
        problem = answer["problem"]
        raise Problem(problem["status"], problem["code"], problem["detail"])
    return answer
