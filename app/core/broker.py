"""The broker: wakes workers and carries progress to browsers. It holds no truth."""

import base64
import json
import logging
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

import redis
from celery import Celery
from kombu.entity import Exchange, Queue

from app.core.queues import BACKGROUND_QUEUE as BACKGROUND_QUEUE
from app.core.queues import INTERACTIVE_QUEUE as INTERACTIVE_QUEUE
from app.core.queues import QUEUES as QUEUES
from app.core.queues import SEGMENT_QUEUE as SEGMENT_QUEUE
from app.core.queues import TRAIN_QUEUE as TRAIN_QUEUE
from app.core.settings import Settings

log = logging.getLogger(__name__)

JOB_TASK = "sonoloop.job"
LONG_JOB_TASK = "sonoloop.long-job"
"""Like ``JOB_TASK`` but without a time limit: only the lease shows that the job is still alive."""
TRAIN_TASK = "sonoloop.train"
INTERACTIVE_TASK = "sonoloop.interactive"
TASKS = {BACKGROUND_QUEUE: LONG_JOB_TASK, TRAIN_QUEUE: TRAIN_TASK}
"""Tasks of the queues whose jobs may take long."""
CHANNEL = "sonoloop.events"
SOCKET_SECONDS = 2


def celery_app(settings: Settings) -> Celery:
    """Return the Celery application, the same for senders and for workers.

    Results are not kept (the job's row is the result), messages name no job, and a message that is
    lost or delivered twice does no harm.
    """
    app = Celery("sonoloop", broker=settings.redis_url)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        # The anonymous exchange routes by queue name without a binding table, so nothing has to be
        # declared again after the broker's memory was flushed.
        task_queues=[Queue(name, Exchange(""), routing_key=name) for name in QUEUES.values()],
        task_default_queue=SEGMENT_QUEUE,
        task_default_exchange="",
        task_default_routing_key=SEGMENT_QUEUE,
        task_publish_retry=False,
        worker_prefetch_multiplier=1,
        worker_concurrency=settings.worker_concurrency,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        task_acks_late=False,
        # No time limit here: billiard applies the pool's limit to tasks that set none, so a global
        # limit would end exports and imports too. Tasks set their own.
        worker_proc_alive_timeout=120,  # loading a network on a busy machine is slow
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "socket_timeout": 30,
            "socket_connect_timeout": SOCKET_SECONDS,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "retry_on_timeout": True,
        },
        enable_utc=True,
    )
    return app


def bare_message(app: Celery, task: str, queue: str, message_id: str) -> dict[str, Any]:
    """Return the message that Celery sends for a task without arguments."""
    made = app.amqp.as_task_v2(message_id, task)
    body = json.dumps(made.body, separators=(",", ":")).encode()
    return {
        "body": base64.b64encode(body).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": made.headers,
        "properties": {
            **made.properties,
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": message_id,
        },
    }


_PLACE = "the id of the message"


class BrokerClient:
    """Sends messages to workers and publishes events.

    If the broker is unreachable, work is delayed but never lost.
    """

    def __init__(self, settings: Settings) -> None:
        self._celery = celery_app(settings)
        self._redis = redis_client(settings)
        self._bare: dict[str, str] = {}
        """By queue, the message that a job waits, with a placeholder for its id. Making a new one
        takes Celery longer than any other part of accepting an upload except the database."""

    def notify(self, queue: str) -> bool:
        """Tell a worker that one more job waits; return whether the broker took the message.

        The worker itself finds the job that is next.
        """
        if queue not in self._bare:
            message = bare_message(self._celery, TASKS.get(queue, JOB_TASK), queue, _PLACE)
            self._bare[queue] = json.dumps(message)
        try:
            self._redis.lpush(queue, self._bare[queue].replace(_PLACE, str(uuid4())))
        except redis.RedisError as error:
            log.warning("the broker did not take a message (%s); the sweeper will", type(error))
            return False
        return True

    def ask(self, request_id: UUID, question: dict[str, Any], seconds: float, most: int) -> bool:
        """Send a question of somebody who draws; return whether it was taken.

        The answer comes as an event of :func:`answer_topic`. A question that no worker takes within
        ``seconds`` is discarded, and the question is refused if ``most`` of them are already
        waiting.
        """
        if self.queue_length(INTERACTIVE_QUEUE) >= most:
            return False
        try:
            self._celery.send_task(
                INTERACTIVE_TASK,
                args=[str(request_id), question],
                queue=INTERACTIVE_QUEUE,
                expires=seconds,
            )
        except Exception as error:  # kombu raises transport errors of many classes
            log.warning("the broker did not take a question (%s)", type(error))
            return False
        return True

    def publish(self, *events: tuple[str, dict[str, Any]]) -> None:
        """Send events, each a topic and its data, to every api process.

        They travel as one message, in this order, and are lost if the broker is unreachable.
        """
        if not events:
            return
        try:
            self._redis.publish(CHANNEL, json.dumps(events))
        except redis.RedisError as error:
            log.warning("the broker did not take an event (%s)", type(error))

    def queue_length(self, queue: str) -> int:
        """Return the number of waiting messages, only a hint: rows are the truth. Raises
        RedisError."""
        return int(self._redis.llen(queue))

    def ping(self) -> None:
        """Raise :class:`redis.RedisError` if the broker does not answer."""
        self._redis.ping()

    def workers(self, seconds: float = 1.0) -> list[str]:
        """Return the names of workers for uploads that answer within that time, stopping at the
        first.

        `worker.main.start` names workers after their queues, uploads first.
        """
        ask = self._celery.control.ping
        replies = ask(timeout=seconds, limit=1, pattern="segment*", matcher="glob") or []
        return [name for reply in replies for name in reply]

    def close(self) -> None:
        """Close connections."""
        self._redis.close()
        self._celery.close()


def answer_topic(request_id: UUID) -> str:
    """Return the topic of the one event that answers a question; nobody can guess it."""
    return f"answer:{request_id}"


@lru_cache(maxsize=4)
def _pool(url: str) -> redis.ConnectionPool:
    return redis.ConnectionPool.from_url(
        url, socket_timeout=SOCKET_SECONDS, socket_connect_timeout=SOCKET_SECONDS
    )


def redis_client(settings: Settings) -> redis.Redis:
    """Return a client of the broker with short time-outs."""
    return redis.Redis(connection_pool=_pool(settings.redis_url))
