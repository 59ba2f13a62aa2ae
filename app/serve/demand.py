"""Waiting for work: a part that few sites need all day is started when a message waits for it."""

import asyncio

import redis

LOOK_SECONDS = 0.3
"""Between two looks, each of some 0.2 ms: so much later a job begins that starts its worker."""


async def message_in(url: str, queue: str) -> None:
    """Return once a message waits in a queue of the broker, for as long as that takes.

    A broker that is away is asked again: the sweeper sends lost messages anew.
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
