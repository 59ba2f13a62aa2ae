"""An event stream that has missed events ends, so that the client reconnects and reads the lists
instead of showing stale data."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress

import httpx
import pytest
import redis

from app.core.broker import CHANNEL
from app.core.events import BACKLOG
from app.projects.tables import DEFAULT_PROJECT
from tests.running_site import Site


def fall_behind(site: Site, broker: redis.Redis) -> None:
    topic = f"user:{site.person('annotator').id}"
    event = {"event": "image", "data": {"project_id": str(DEFAULT_PROJECT)}}
    broker.publish(CHANNEL, json.dumps([(topic, event)] * (BACKLOG + 1)))


def lose_the_broker(site: Site, broker: redis.Redis) -> None:
    broker.client_kill_filter(_type="pubsub")


@pytest.mark.parametrize("gap", [fall_behind, lose_the_broker])
def test_a_stream_that_missed_events_ends(
    site: Site, gap: Callable[[Site, redis.Redis], None]
) -> None:
    began, over = threading.Event(), threading.Event()

    def listen(client: httpx.Client) -> None:
        with suppress(httpx.HTTPError), client.stream("GET", "/events") as stream:
            for _ in stream.iter_raw():
                began.set()
        over.set()

    client = site.script("annotator", "read")
    threading.Thread(target=listen, args=(client,), daemon=True).start()
    assert began.wait(60)
    with redis.Redis.from_url(site.settings.redis_url) as broker:
        gap(site, broker)
    assert over.wait(20)
