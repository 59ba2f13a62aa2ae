"""Waiting for work: a part that few sites need all day starts when a message waits for it."""

import asyncio

import redis

LOOK_SECONDS = 0.3
"""Pause between two checks of about 0.2 ms each: the most by which it delays a job that starts its
worker."""


async def message_in(url: str, queue: str) -> None:
    """Return once a message waits in a queue of the broker, however long that takes.

    If the broker cannot be reached, it is asked again: the sweeper resends lost messages.
    """
    client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
    try:
        while not await asyncio.to_thread(_holds, client, queue):
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        client.close()


def _holds(client: redis.Redis, queue: str) -> bool:
    try:
        return bool(client.llen(queue))
    except redis.RedisError:
        return False
