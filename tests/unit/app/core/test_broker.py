"""The message that announces a waiting job is the one that Celery would send."""

import base64
import json
from pathlib import Path
from typing import Any

import redis

from app.core.broker import BACKGROUND_QUEUE, LONG_JOB_TASK, BrokerClient, celery_app
from tests.processes import Processes


def _comparable(message: dict[str, Any]) -> dict[str, Any]:
    """Return the message without what differs per message or matters only if a result is sent."""
    assert message["headers"]["id"] == message["headers"]["root_id"]
    assert message["headers"]["id"] == message["properties"]["correlation_id"]
    hidden = ("id", "root_id", "ignore_result")
    properties = message["properties"]
    return {
        **message,
        "body": json.loads(base64.b64decode(message["body"])),
        "headers": {k: v for k, v in message["headers"].items() if k not in hidden},
        "properties": {
            name: value
            for name, value in properties.items()
            if name not in ("correlation_id", "delivery_tag", "reply_to")
        },
    }


def test_a_message_is_as_celery_makes_it_and_has_an_id_of_its_own(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    processes.start_broker()
    settings = processes.settings
    client, celery = BrokerClient(settings), celery_app(settings)
    try:
        with redis.Redis.from_url(settings.redis_url) as broker:
            celery.send_task(LONG_JOB_TASK, queue=BACKGROUND_QUEUE)
            for _ in range(2):
                assert client.notify(BACKGROUND_QUEUE)
            theirs, ours, next_one = (
                json.loads(broker.rpop(BACKGROUND_QUEUE))  # type: ignore[arg-type]
                for _ in range(3)
            )
        assert _comparable(ours) == _comparable(theirs)
        assert len({m["headers"]["id"] for m in (theirs, ours, next_one)}) == 3
    finally:
        client.close()
        celery.close()
        processes.close()
