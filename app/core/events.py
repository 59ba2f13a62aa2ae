"""Events from workers to whoever waits in this process: browsers (SSE) and waiting requests."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import redis.asyncio
from redis.exceptions import RedisError

from app.core.broker import CHANNEL
from app.core.settings import Settings

log = logging.getLogger(__name__)

RECONNECT_SECONDS = 0.5
BACKLOG = 200


class Subscription:
    """A bounded queue of events of some topics.

    A subscription that falls behind, or whose broker was away, is marked as such (`missed`); its
    reader then reads the rows, which are authoritative anyway.
    """

    def __init__(self) -> None:
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(BACKLOG)
        self.missed = False
        self.ended = False
        """Set when another subscription took its place; its reader should stop."""

    def offer(self, data: dict[str, Any]) -> None:
        """Add an event, dropping the oldest if there is no room."""
        if self._queue.full():
            self._queue.get_nowait()
            self.missed = True
        self._queue.put_nowait(data)

    async def next(self, seconds: float) -> dict[str, Any] | None:
        """Return the next event, or None after that time."""
        try:
            return await asyncio.wait_for(self._queue.get(), seconds)
        except TimeoutError:
            return None


class EventHub:
    """One subscription to the broker per process, fanned out by topic."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.redis_url
        self._topics: dict[str, dict[Subscription, None]] = {}
        self._task: asyncio.Task[None] | None = None
        self.closing = asyncio.Event()

    async def start(self) -> None:
        """Start listening; reconnects automatically for as long as the process lives."""
        self._task = asyncio.create_task(self._listen(), name="event-hub")

    async def stop(self) -> None:
        """Stop listening and let every stream end."""
        self.closing.set()
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @contextlib.asynccontextmanager
    async def subscribe(self, *topics: str, most: int | None = None) -> AsyncIterator[Subscription]:
        """Subscribe to the events of these topics for the duration of the block.

        Args:
            most: if a topic already has this many subscriptions, the oldest ends.
        """
        subscription = Subscription()
        for topic in topics:
            listeners = self._topics.setdefault(topic, {})
            open_ones = [one for one in listeners if not one.ended]
            if most is not None and len(open_ones) >= most:
                open_ones[0].ended = True
            listeners[subscription] = None
        try:
            yield subscription
        finally:
            for topic in topics:
                listeners = self._topics[topic]
                listeners.pop(subscription, None)
                if not listeners:
                    del self._topics[topic]

    async def _listen(self) -> None:
        again = False
        while True:
            try:
                async with (
                    redis.asyncio.from_url(
                        self._url, health_check_interval=10, socket_connect_timeout=2
                    ) as client,
                    client.pubsub() as channel,
                ):
                    await channel.subscribe(CHANNEL)
                    async for message in channel.listen():
                        if message["type"] == "message":
                            self._deliver(message["data"])
                        elif message["type"] == "subscribe":
                            if again:
                                self._note_gap()
                            again = True
            except (RedisError, OSError) as error:
                log.warning("event channel lost (%s); reconnecting", type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)

    def _note_gap(self) -> None:
        """Mark all subscriptions: the broker was away and kept no events."""
        for listeners in self._topics.values():
            for subscription in listeners:
                subscription.missed = True

    def _deliver(self, payload: bytes) -> None:
        for topic, data in json.loads(payload):
            for subscription in self._topics.get(topic, ()):
                subscription.offer(data)
